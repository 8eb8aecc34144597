"""Who we are at which PBX."""

from dataclasses import dataclass
from typing import NewType
from urllib.parse import urlsplit

from pydantic import SecretStr

from threecx_pbx.errors import BadParameter

PbxId = NewType("PbxId", str)
"""Origin and client id: `https://pbx.example.com|8001`."""


@dataclass(frozen=True, slots=True)
class Account:
    """One API client of one PBX. `origin` is scheme, host and port only."""

    origin: str
    client_id: str
    secret: SecretStr
    extension: str = ""
    verify_tls: bool = True
    ca_file: str | None = None
    reports: bool = False
    """The credential's second API client, whose fields have other names."""

    @property
    def pbx(self) -> PbxId:
        """The PBX as this client sees it: origin and client id."""
        return PbxId(f"{self.origin}|{self.client_id}")


def origin_of(server_url: str) -> str:
    """`https://pbx.example.com:5001` from whatever a person typed. Raises BadParameter."""
    text = server_url.strip()
    parts = urlsplit(text if "://" in text else f"https://{text}")
    try:
        port = parts.port
    except ValueError as error:
        raise BadParameter("Server URL has a port that is not a number.", hint=_URL_HINT) from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadParameter("Server URL is not the address of a PBX.", hint=_URL_HINT)
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}" + (f":{port}" if port else "")


_URL_HINT = "Write it like https://pbx.example.com:5001, the address of the 3CX web client."
