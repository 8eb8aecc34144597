"""Call Receiver: starts a workflow for each call that reaches the route point."""
