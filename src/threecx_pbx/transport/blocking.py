"""`requests` towards the PBX, in a named executor: token, XAPI, downloads."""

import asyncio
import ssl
from collections.abc import Mapping
from concurrent.futures import Executor
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from threecx_pbx.account import Account
from threecx_pbx.errors import PbxUnreachable, ThreeCxError, TlsFailed
from threecx_pbx.transport.answer import Answer

_TIMEOUT_S = (5.0, 30.0)
_POOL = 16


class Blocking:
    """One pooled session per account. Only GETs are repeated, `Retry-After` is obeyed (api.md 9)."""

    def __init__(self, account: Account, executor: Executor) -> None:
        self._account = account
        self._executor = executor
        self._session = requests.Session()
        # a REQUESTS_CA_BUNDLE or proxy of the environment would override `verify`: shims.md 3
        self._session.trust_env = False
        if not account.verify_tls:
            # Ignore TLS Errors is somebody's decision, not news for the log at each request
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        retry = Retry(
            total=3,
            connect=1,
            backoff_factor=0.3,
            status_forcelist=(429, 503),
            allowed_methods=("GET",),
            raise_on_status=False,
        )
        adapter = HTTPAdapter(pool_connections=2, pool_maxsize=_POOL, pool_block=True, max_retries=retry)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)

    async def get(self, path: str, token: str, params: Mapping[str, str] | None = None) -> Answer:
        """Raises PbxUnreachable, TlsFailed."""
        return await self._call("GET", path, token=token, params=params)

    async def post(self, path: str, token: str, json: Any = None) -> Answer:
        """Raises PbxUnreachable, TlsFailed."""
        return await self._call("POST", path, token=token, json=json)

    async def post_form(self, path: str, form: Mapping[str, str]) -> Answer:
        """Without a token, urlencoded. Raises PbxUnreachable, TlsFailed."""
        return await self._call("POST", path, data=form)

    async def _call(self, method: str, path: str, token: str | None = None, **how: Any) -> Answer:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, lambda: self._send(method, path, headers, how))

    def _send(self, method: str, path: str, headers: dict[str, str], how: dict[str, Any]) -> Answer:
        verify = (self._account.ca_file or True) if self._account.verify_tls else False
        url = self._account.origin + path
        try:
            got = self._session.request(
                method, url, headers=headers, timeout=_TIMEOUT_S, verify=verify, allow_redirects=False, **how
            )
        except requests.RequestException as error:
            raise unreachable(self._account.origin, error) from error
        return Answer(
            got.status_code, got.content, {key.lower(): value for key, value in got.headers.items()}
        )

    async def close(self) -> None:
        """Ends the pooled connections."""
        await asyncio.get_running_loop().run_in_executor(self._executor, self._session.close)


def unreachable(origin: str, error: Exception) -> ThreeCxError:
    """What a connection that did not come about means for a person; never quotes a URL's query or a header."""
    text = " ".join(str(each).lower() for each in _chain(error))
    if any(isinstance(each, _TLS) for each in _chain(error)):
        if "certificate" in text:
            return TlsFailed(f"The certificate of {origin} could not be verified{_because(text)}.")
        return TlsFailed(f"{origin} does not speak HTTPS as it should.", hint=_NO_TLS)
    if isinstance(error, requests.exceptions.Timeout | TimeoutError) or "timed out" in text:
        return PbxUnreachable(f"{origin} did not answer in time.")
    if "refused" in text or any(isinstance(each, ConnectionRefusedError) for each in _chain(error)):
        return PbxUnreachable(f"{origin} refused the connection: nothing listens at this address and port.")
    if "name or service" in text or "resolve" in text or "nodename" in text or "getaddrinfo" in text:
        return PbxUnreachable(f"The host name of {origin} is not known.")
    return PbxUnreachable(f"{origin} cannot be reached.")


_TLS = (ssl.SSLError, requests.exceptions.SSLError, urllib3.exceptions.SSLError)
_NO_TLS = "Check the port of Server URL, and whether it begins with https:// or http:// as the PBX expects."


def _chain(error: BaseException) -> list[BaseException]:
    """An error and what caused it; libraries put it as cause, context, `os_error` or argument."""
    found: list[BaseException] = []
    waiting: list[object] = [error]
    while waiting:
        each = waiting.pop(0)
        if isinstance(each, BaseException) and each not in found:
            found.append(each)
            waiting += [each.__cause__, each.__context__, getattr(each, "reason", None), *each.args]
    return found


def _because(text: str) -> str:
    reasons = {
        "self-signed": ": it is self-signed",
        "self signed": ": it is self-signed",
        "hostname mismatch": ": it is for another host name",
        "ip address mismatch": ": it is for another address",
        "has expired": ": it has expired",
        "unable to get local issuer": ": its authority is not trusted here",
    }
    return next((reason for sign, reason in reasons.items() if sign in text), "")
