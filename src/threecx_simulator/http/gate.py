"""In front of every route: remembers what was asked (never a secret), and answers for a PBX that is unwell."""

from asyncio import Transport
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from threecx_simulator.http.refusals import page

Peer = tuple[str, int]
_KEPT = 100_000  # requests remembered


@dataclass(frozen=True, slots=True)
class Asked:
    """One request. `status` 101 = a socket was opened; 0 = the client left before the answer."""

    at: datetime
    method: str
    path: str
    status: int


@dataclass(slots=True)
class Illness:
    """The next `count` requests whose path contains `path` are answered with `status` by the web server itself."""

    status: int
    count: int = 1
    path: str = ""
    method: str = ""
    retry_after: int | None = None
    html: bool = False

    def strikes(self, method: str, path: str) -> bool:
        """Whether this request is one of them."""
        return self.count > 0 and self.path in path and self.method in {"", method}

    def answer(self) -> Response:
        """What the client gets."""
        self.count -= 1
        made = page(self.status, "Error") if self.html else PlainTextResponse("", self.status)
        if self.retry_after is not None:
            made.headers["Retry-After"] = str(self.retry_after)
        return made


class Gate:
    """ASGI middleware."""

    def __init__(
        self,
        app: ASGIApp,
        now: Callable[[], datetime],
        transport_of: Callable[[Peer], Transport | None] = lambda _: None,
    ) -> None:
        self._app = app
        self._now = now
        self._transport_of = transport_of
        self._pending: list[tuple[str, Peer]] = []
        self.asked: deque[Asked] = deque(maxlen=_KEPT)
        self.counts: Counter[str] = Counter()
        self.ill: list[Illness] = []
        self.on_asked: list[Callable[[Asked], None]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See the ASGI specification."""
        if scope["type"] not in {"http", "websocket"}:
            return
        method = scope.get("method", "GET")
        path = _path(scope)
        status = 0

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] in {"http.response.start", "websocket.http.response.start"}:
                status = message["status"]
            elif message["type"] == "websocket.accept":
                status = 101
                self.note(method, path, status)
            await send(message)

        app = self._ill(method, path)
        pending = (path, scope.get("client") or ("", 0))
        if scope["type"] == "http":
            self._pending.append(pending)
        try:
            await (app or self._app)(scope, receive, watched)
        finally:
            if scope["type"] == "http":
                self._pending.remove(pending)
            if status != 101:
                self.note(method, path, status)

    def cut(self, path: str) -> int:
        """Break the connections of requests that wait for their answer and whose path contains `path`; how many."""
        peers = [peer for asked, peer in self._pending if path in asked]
        transports = [found for peer in peers if (found := self._transport_of(peer)) is not None]
        for transport in transports:
            transport.abort()
        return len(transports)

    def strike(self, method: str, path: str) -> int | None:
        """The status that an illness gives to this request; for routes that answer past ASGI."""
        struck = self._ill(method, path)
        return struck.status_code if struck else None

    def _ill(self, method: str, path: str) -> Response | None:
        struck = next((one for one in self.ill if one.strikes(method, path)), None)
        return struck.answer() if struck else None

    def note(self, method: str, path: str, status: int) -> None:
        """Remember a request and its answer."""
        asked = Asked(self._now(), method, path, status)
        self.asked.append(asked)
        self.counts[f"{method} {path} {status}"] += 1
        for listener in self.on_asked:
            listener(asked)


def _path(scope: Scope) -> str:
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    return raw.decode("ascii", "replace").partition("?")[0]
