"""The POST of one leg: what the caller hears, in chunks."""

import asyncio

import h11

from threecx_pbx.media.wire import Stream, StreamEnd

_STUCK_S = 5.0
"""A connection that takes nothing for so long is dead; another one is tried."""
_LAST = b"0\r\n\r\n"
_HEADS = {size: b"%x\r\n" % size for size in (320, 960)}


class SpeakStream(Stream):
    """Chunks go out while `ready`; the response may come at once or at the end (api.md 2.1)."""

    def __init__(self, head: h11.Request) -> None:
        super().__init__(head)
        self.ready = False
        """Whether the network takes more: not before it is connected, nor while a second waits to go."""
        self._stuck: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.ready = True

    def write(self, block: bytes | memoryview) -> None:
        """One chunk. Only while `ready`."""
        assert self._wire is not None
        self._wire.write(b"".join((_HEADS.get(len(block)) or b"%x\r\n" % len(block), block, b"\r\n")))

    def pause_writing(self) -> None:
        self.ready = False
        self._stuck = asyncio.get_running_loop().call_later(_STUCK_S, self.abort)

    def resume_writing(self) -> None:
        self._free()
        self.ready = self.open

    def _free(self) -> None:
        if self._stuck is not None:
            self._stuck.cancel()
            self._stuck = None

    def _over(self, why: StreamEnd) -> None:
        self.ready = False
        self._free()
        super()._over(why)

    def finish(self) -> None:
        """Ends the body as HTTP wants it, and the connection."""
        wire, self._wire = self._wire, None
        self.ready = False
        if wire is not None:
            wire.write(_LAST)
            wire.close()
