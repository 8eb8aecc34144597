"""Who may ask the runner (architecture 6)."""

import hmac
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from pydantic import SecretStr

from threecx_runner.errors import OriginRefused, RunnerTokenMissing, RunnerTokenWrong

ALWAYS_OPEN = frozenset({"/healthz"})
NO_TOKEN = frozenset({"/readyz", "/docs", "/openapi.json"})
"""They hold no calls and no numbers; yet a stranger's web page may not read them over loopback."""
_PAGE_PARTS = "/static-offline-docs/"
"""Script and style of /docs, served by ourselves: the machine need not reach a CDN."""
ALWAYS_TOKEN = frozenset({"/v1/calls", "/v1/events", "/metrics"})


@dataclass(frozen=True, slots=True)
class Gate:
    """The rules of one listener."""

    token: SecretStr
    token_configured: bool
    loopback: bool

    def check(self, path: str, headers: Mapping[str, str]) -> None:
        """`headers` in lower case. Raises RunnerTokenMissing, RunnerTokenWrong, OriginRefused."""
        if path in ALWAYS_OPEN:
            return
        given = _bearer(headers.get("authorization", ""))
        if given:
            self._compare(given)
        elif not _open_page(path) and self._token_needed(path):
            raise RunnerTokenMissing("The runner wants its token, and the request has none.")
        elif self.loopback:
            _refuse_strangers(headers)

    def _token_needed(self, path: str) -> bool:
        return not self.loopback or self.token_configured or path in ALWAYS_TOKEN

    def _compare(self, given: str) -> None:
        if not hmac.compare_digest(given.encode(), self.token.get_secret_value().encode()):
            raise RunnerTokenWrong("The Runner Token is not the runner's own.")


def _open_page(path: str) -> bool:
    return path in NO_TOKEN or path.startswith(_PAGE_PARTS)


def _bearer(authorization: str) -> str:
    scheme, _, token = authorization.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _refuse_strangers(headers: Mapping[str, str]) -> None:
    """A web page in a browser on this machine is no n8n: neither by a foreign origin nor by a rebound name."""
    host = headers.get("host", "")
    if not _is_loopback(host):
        raise OriginRefused("The runner listens to this machine only and was called by another name.")
    origin = headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != host:
        raise OriginRefused("The runner does not answer web pages of other origins.")


def _is_loopback(host: str) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
