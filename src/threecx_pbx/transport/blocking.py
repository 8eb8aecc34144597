"""`requests` towards the PBX, in a named executor: token, XAPI, downloads."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import Executor
from typing import Any, TypeVar
from urllib.parse import urljoin, urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from threecx_pbx.account import Account
from threecx_pbx.errors import PbxUnreachable, ThreeCxError, TlsFailed
from threecx_pbx.transport.answer import Answer
from threecx_pbx.transport.trust import tls

_TIMEOUT_S = (5.0, 30.0)
_POOL = 16
_CHUNK = 65_536
_BODY = 1 << 20
_REDIRECTS = 3
T = TypeVar("T")


class _Trusting(HTTPAdapter):
    """Believes what a context believes, beside what `requests` believes by itself."""

    def __init__(self, context: ssl.SSLContext | None, **how: Any) -> None:
        self._context = context
        super().__init__(**how)

    def init_poolmanager(self, *args: Any, **how: Any) -> None:
        super().init_poolmanager(*args, **how, ssl_context=self._context)


class Blocking:
    """One pooled session per account. Only GETs are repeated here, and only where no answer has come."""

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
            total=2,
            connect=1,
            status=0,
            backoff_factor=0.3,
            # how long a 429 may be waited for is the asker's to know: a thread that sleeps cannot be cancelled
            respect_retry_after_header=False,
            allowed_methods=("GET",),
            raise_on_status=False,
        )
        adapter = _Trusting(
            tls(account), pool_connections=2, pool_maxsize=_POOL, pool_block=True, max_retries=retry
        )
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)

    async def read(
        self, path: str, token: str, params: Mapping[str, str] | None, of: Callable[[Answer], T]
    ) -> tuple[Answer, T | None]:
        """A GET, and what `of` makes of an answer that is fine, in the same thread. Raises PbxUnreachable, TlsFailed, what it raises."""
        headers = {"Authorization": f"Bearer {token}"}

        def work() -> tuple[Answer, T | None]:
            answer = self._send("GET", path, headers, {"params": params})
            return answer, of(answer) if answer.ok else None

        return await self.aside(work)

    async def post(self, path: str, token: str, json: Any = None) -> Answer:
        """Raises PbxUnreachable, TlsFailed."""
        return await self._call("POST", path, token=token, json=json)

    async def send(self, method: str, path: str, token: str, json: Any, headers: Mapping[str, str]) -> Answer:
        """Any method, once. Raises PbxUnreachable, TlsFailed."""
        return await self._call(method, path, token=token, json=json, extra=headers)

    async def aside(self, work: Callable[[], T]) -> T:
        """What `work` gives, done in the executor: parsing a page would hold the loop for milliseconds."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, work)

    async def download(self, path: str, token: str, begin: int = 0) -> tuple[Answer, AsyncIterator[bytes]]:
        """Status and headers, and the body from byte `begin` on, as it comes; of a failure the whole body stands in the Answer.

        The body must be read to its end or closed (`aclose`). Raises PbxUnreachable, TlsFailed, here and while reading.
        """
        got = await self.aside(lambda: self._open(path, token, begin))
        headers = {key.lower(): value for key, value in got.headers.items()}
        if not got.ok:
            return Answer(got.status_code, await self.aside(lambda: got.content), headers), _nothing()
        # a server that knows no ranges sends all of it again
        skip = begin if got.status_code != 206 else 0
        return Answer(got.status_code, b"", headers), self._chunks(got, skip)

    async def _chunks(self, got: requests.Response, skip: int) -> AsyncIterator[bytes]:
        parts = got.iter_content(_CHUNK)
        try:
            while chunk := await self.aside(lambda: next(parts, b"")):
                if len(chunk) > skip:
                    yield chunk[skip:]
                skip = max(0, skip - len(chunk))
        except requests.RequestException as error:
            raise unreachable(self._account.origin, error) from error
        finally:
            got.close()

    def _open(self, path: str, token: str, begin: int) -> requests.Response:
        """Follows redirects; the token goes to the PBX's own origin only (api.md 7.6)."""
        url = self._account.origin + path
        for _ in range(_REDIRECTS):
            own = _origin(url) == _origin(self._account.origin)
            headers = {"Authorization": f"Bearer {token}"} if own else {}
            if begin:
                headers["Range"] = f"bytes={begin}-"
            try:
                got = self._session.get(
                    url,
                    headers=headers,
                    timeout=_TIMEOUT_S,
                    verify=self._account.verify_tls,
                    allow_redirects=False,
                    stream=True,
                )
            except requests.RequestException as error:
                raise unreachable(self._account.origin, error) from error
            if not got.is_redirect:
                return got
            url = urljoin(url, got.headers["location"])
            got.close()
        return got

    async def post_form(self, path: str, form: Mapping[str, str]) -> Answer:
        """Without a token, urlencoded. Raises PbxUnreachable, TlsFailed."""
        return await self._call("POST", path, data=form)

    async def _call(self, method: str, path: str, token: str | None = None, **how: Any) -> Answer:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        headers |= how.pop("extra", {})
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, lambda: self._send(method, path, headers, how))

    def _send(self, method: str, path: str, headers: dict[str, str], how: dict[str, Any]) -> Answer:
        url = self._account.origin + path
        try:
            got = self._session.request(
                method,
                url,
                headers=headers,
                timeout=_TIMEOUT_S,
                verify=self._account.verify_tls,
                allow_redirects=False,
                stream=True,
                **how,
            )
            # `content` would read a page of the call log in pieces of 10 KB, each for a turn at the interpreter
            body = b"".join(got.iter_content(_BODY))
        except requests.RequestException as error:
            raise unreachable(self._account.origin, error) from error
        return Answer(got.status_code, body, {key.lower(): value for key, value in got.headers.items()})

    async def close(self) -> None:
        """Ends the pooled connections."""
        await asyncio.get_running_loop().run_in_executor(self._executor, self._session.close)


async def _nothing() -> AsyncIterator[bytes]:
    nothing: tuple[bytes, ...] = ()
    for chunk in nothing:
        yield chunk


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port


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
