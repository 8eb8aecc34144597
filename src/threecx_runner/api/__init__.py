"""The runner's HTTP API under /v1."""
