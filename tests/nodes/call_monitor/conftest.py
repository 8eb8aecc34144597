"""A runner, a PBX and n8n around the operation: the office of tests/care."""

from tests.care.conftest import closed, n8n, office

__all__ = ["closed", "n8n", "office"]
