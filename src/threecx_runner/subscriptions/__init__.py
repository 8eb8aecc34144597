"""Triggers' subscriptions: desired state that outlives n8n and the runner, kept alive by leases."""
