"""HTTP/1.1 of one audio stream: h11 writes the head and reads the response, the chunk lines of a POST are ours.

Framing every chunk through h11 costs three times as much (architecture section 3).
"""

import asyncio
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar, cast
from urllib.parse import quote, urlsplit

import h11

CONNECT_S = 5.0
_BUFFERED = 16_000
"""A second of sound that the network does not take: more would only make it late."""


@dataclass(frozen=True, slots=True)
class Pbx:
    """Where the streams of a login are; one TLS context for all of them."""

    host: str
    port: int
    authority: str
    context: ssl.SSLContext | None

    @classmethod
    def of(cls, origin: str, context: ssl.SSLContext | None) -> "Pbx":
        parts = urlsplit(origin)
        return cls(
            parts.hostname or "", parts.port or (80 if context is None else 443), parts.netloc, context
        )


@dataclass(frozen=True, slots=True)
class Address:
    """One leg as 3CX's URLs name it now; another after some transfers (api.md 11.8)."""

    dn: str
    participant: int

    @property
    def path(self) -> str:
        return f"/callcontrol/{quote(self.dn, safe='')}/participants/{self.participant}/stream"


@dataclass(frozen=True, slots=True)
class StreamEnd:
    """Why a stream is over: the status that the PBX gave, if it gave one, and whether it came in place of the stream."""

    status: int | None = None
    refused: bool = False


class Stream(asyncio.Protocol):
    """One request on a connection of its own, until either side ends it. `ended` says how."""

    def __init__(self, head: h11.Request) -> None:
        self._http = h11.Connection(h11.CLIENT)
        self._head = head
        self._wire: asyncio.WriteTransport | None = None
        self.status: int | None = None
        self.ended: asyncio.Future[StreamEnd] = asyncio.get_running_loop().create_future()

    @property
    def open(self) -> bool:
        return self._wire is not None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._wire = cast("asyncio.WriteTransport", transport)
        self._wire.set_write_buffer_limits(high=_BUFFERED)
        self._wire.write(self._http.send(self._head) or b"")

    def data_received(self, data: bytes) -> None:
        try:
            self._http.receive_data(data)
            self._read()
        except h11.RemoteProtocolError:
            self.abort(StreamEnd(self.status))

    def eof_received(self) -> None:
        try:
            self._http.receive_data(b"")
            self._read()
        except h11.RemoteProtocolError:
            self.abort(StreamEnd(self.status))

    def connection_lost(self, exc: Exception | None) -> None:
        self._over(StreamEnd(self.status))

    def abort(self, why: StreamEnd = StreamEnd()) -> None:
        """At once, without a word to the PBX."""
        wire = self._wire
        self._over(why)
        if wire is not None:
            wire.abort()

    def _over(self, why: StreamEnd) -> None:
        self._wire = None
        if not self.ended.done():
            self.ended.set_result(why)

    def _read(self) -> None:
        while self.open:
            match self._http.next_event():
                case h11.Response(status_code=status):
                    self.status = status
                    if not 200 <= status < 300:
                        self.abort(StreamEnd(status, refused=True))
                case h11.Data(data=data):
                    self.received(data)
                case h11.EndOfMessage():
                    self.response_ended()
                case h11.InformationalResponse():
                    pass
                case _:
                    return

    def received(self, data: bytes | bytearray) -> None:
        """A part of the response's body."""

    def response_ended(self) -> None:
        """The response is complete."""


S = TypeVar("S", bound=Stream)


async def connected(pbx: Pbx, made: Callable[[], S]) -> S:
    """A stream whose request has been sent. Raises OSError, ssl.SSLError, TimeoutError."""
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(CONNECT_S):
        transport, stream = await loop.create_connection(made, pbx.host, pbx.port, ssl=pbx.context)
    wire = transport.get_extra_info("socket")
    if wire is not None:
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return stream


def head(method: str, pbx: Pbx, leg: Address, token: str) -> h11.Request:
    """The request's head as the official examples send it (api.md 4)."""
    headers = [("Host", pbx.authority), ("Authorization", f"Bearer {token}")]
    if method == "POST":
        headers += [("Content-Type", "application/octet-stream"), ("Transfer-Encoding", "chunked")]
    return h11.Request(method=method, target=leg.path, headers=headers)
