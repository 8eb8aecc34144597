"""A 3CX V20 PBX as Python sees it: one login, its legs as calls and events, and the verbs that act on them.

Knows nothing of n8n, of serving HTTP, or of storage.
"""
