"""The GET of one leg: the caller's voice, as frames of 20 ms, for as many as listen."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable

import h11

from threecx_pbx.errors import ThreeCxError
from threecx_pbx.media.sound import FRAME
from threecx_pbx.media.wire import Stream, StreamEnd

_KEPT = 500
"""Frames that a slow listener may fall behind: ten seconds; then it misses the eldest."""


class ListenStream(Stream):
    """Hands every piece of the body on."""

    def __init__(self, head: h11.Request, received: Callable[[bytes], None]) -> None:
        super().__init__(head)
        self._hand_on = received

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._http.send(h11.EndOfMessage())

    def received(self, data: bytes | bytearray) -> None:
        self._hand_on(bytes(data))

    def response_ended(self) -> None:
        self.abort(StreamEnd(self.status))


class Frames(AsyncIterator[bytes]):
    """One listener's frames; ends with the leg, raises when the PBX gives no audio."""

    def __init__(self) -> None:
        self._frames: deque[bytes] = deque(maxlen=_KEPT)
        self._some = asyncio.Event()
        self._over = False
        self._why: ThreeCxError | None = None

    def put(self, frame: bytes) -> None:
        self._frames.append(frame)
        self._some.set()

    def end(self, why: ThreeCxError | None) -> None:
        self._over, self._why = True, why
        self._some.set()

    async def __anext__(self) -> bytes:
        while not self._frames:
            if self._over:
                raise self._why or StopAsyncIteration
            self._some.clear()
            await self._some.wait()
        return self._frames.popleft()


class Ear:
    """What came of the caller's voice, cut into frames: pieces may be odd (api.md 4), their rest waits for the next."""

    def __init__(self) -> None:
        self._listeners: set[Frames] = set()
        self._rest = b""

    @property
    def wanted(self) -> bool:
        return bool(self._listeners)

    def join(self) -> Frames:
        frames = Frames()
        self._listeners.add(frames)
        return frames

    def leave(self, frames: Frames) -> None:
        self._listeners.discard(frames)

    def feed(self, data: bytes) -> None:
        data = self._rest + data
        whole = len(data) // FRAME * FRAME
        self._rest = data[whole:]
        for at in range(0, whole, FRAME):
            for listener in self._listeners:
                listener.put(data[at : at + FRAME])

    def restart(self) -> None:
        """A new stream begins with a whole sample."""
        self._rest = b""

    def end(self, why: ThreeCxError | None = None) -> None:
        """Nothing more comes: the leg is gone, or `why`, which the listeners raise."""
        for listener in self._listeners:
            listener.end(why)
