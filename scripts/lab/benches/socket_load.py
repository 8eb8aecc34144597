"""Readers for the simulator's socket, a process of its own: `socket_load.py URL TOKEN SOCKETS SECONDS`.

Prints "ready", waits for a line on its standard input, counts frames and prints one JSON object.
"""

import asyncio
import json
import re
import sys

import uvloop
from websockets.asyncio.client import ClientConnection, connect

_SEQUENCE = re.compile(r'"sequence":(\d+)')


class Reader:
    """One socket: frames counted, and gaps in `sequence`."""

    def __init__(self) -> None:
        self.count = 0
        self.missing = 0
        self._last = 0

    async def read(self, socket: ClientConnection) -> None:
        """Until cancelled."""
        async for frame in socket:
            found = _SEQUENCE.search(str(frame))
            number = int(found[1]) if found else 0
            self.missing += number - self._last - 1
            self._last = number
            self.count += 1


async def _main(url: str, token: str, sockets: str, seconds: str) -> None:
    address = url.replace("http", "ws", 1) + "/callcontrol/ws"
    headers = {"Authorization": f"Bearer {token}"}
    readers = [Reader() for _ in range(int(sockets))]
    async with asyncio.TaskGroup() as tasks:
        running = []
        for reader in readers:
            socket = await connect(address, additional_headers=headers, compression=None)
            running.append(tasks.create_task(reader.read(socket)))
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        before = [reader.count for reader in readers]
        await asyncio.sleep(float(seconds))
        slowest = min(reader.count - count for reader, count in zip(readers, before, strict=True))
        missing = sum(reader.missing for reader in readers)
        print(json.dumps({"slowest_per_second": slowest / float(seconds), "missing": missing}), flush=True)
        for task in running:
            task.cancel()


if __name__ == "__main__":
    uvloop.run(_main(*sys.argv[1:]))
