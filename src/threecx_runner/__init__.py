"""The runner: the one process that owns a PBX login and serves n8n's nodes, in all of n8n's processes."""
