"""The runner's HTTP client towards n8n."""

import ssl
from pathlib import Path

from aiohttp import ClientSession, TCPConnector


def n8n_session(ca_file: Path | None = None) -> ClientSession:
    """Trusts what the system trusts, and the authority that N8N_3CX_CA_FILE names; knows no proxy."""
    context = ssl.create_default_context()
    if ca_file is not None:
        context.load_verify_locations(ca_file)
    return ClientSession(connector=TCPConnector(ssl=context), trust_env=False)
