"""A TCP proxy with the round-trip time of a network: `python -m lab.delay HOST:PORT RTT_MS` prints its own port.

A connection costs one round trip before the first byte passes, as TCP's handshake would; every byte is half a round trip late.
It is a process of its own, so that nothing else on its loop makes it later than that.
"""

import asyncio
import sys
from dataclasses import dataclass

_CHUNK = 65_536


@dataclass(frozen=True)
class Delay:
    """Where to, and how far away it shall seem."""

    host: str
    port: int
    rtt_s: float

    async def serve(self) -> None:
        """Listens on a free loopback port until cancelled."""
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        print(server.sockets[0].getsockname()[1], flush=True)
        async with server:
            await server.serve_forever()

    async def _accept(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        await asyncio.sleep(self.rtt_s)
        far, out = await asyncio.open_connection(self.host, self.port)
        await asyncio.gather(self._carry(near, out), self._carry(far, back), return_exceptions=True)

    async def _carry(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        """Passes each piece on half a round trip after it came; the end of the stream as well."""
        loop = asyncio.get_running_loop()
        pieces: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        reading = asyncio.create_task(self._read(source, pieces), name="delay: read")
        try:
            while True:
                came, piece = await pieces.get()
                await asyncio.sleep(came + self.rtt_s / 2 - loop.time())
                if not piece:
                    break
                target.write(piece)
                await target.drain()
        finally:
            reading.cancel()
            target.close()

    async def _read(self, source: asyncio.StreamReader, pieces: "asyncio.Queue[tuple[float, bytes]]") -> None:
        piece = b"-"
        while piece:
            try:
                piece = await source.read(_CHUNK)
            except ConnectionError:
                piece = b""
            pieces.put_nowait((asyncio.get_running_loop().time(), piece))


def main() -> None:
    """Entry of `python -m lab.delay`."""
    host, _, port = sys.argv[1].rpartition(":")
    asyncio.run(Delay(host, int(port), float(sys.argv[2]) / 1000).serve())


if __name__ == "__main__":
    main()
