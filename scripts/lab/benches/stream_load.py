"""Load for the simulator's streams, a process of its own: `stream_load.py URL CA_FILE|- TOKEN FRAME_MS SECONDS`.

For every leg of the route point it opens one POST (a prompt, 200 ms ahead) and one GET, prints "ready" and waits for a
line on its standard input; then it runs and prints one JSON object.
"""

import asyncio
import gc
import json
import ssl
import sys
import time
import urllib.request
from typing import Any
from urllib.parse import urlsplit

import uvloop

_TICK = 0.02  # seconds
_LEAD_MS = 200
_AT_ONCE = 16  # connections opened side by side
_BYTES_PER_MS = 16


class Stream(asyncio.Protocol):
    """One connection with one request, and what came back."""

    def __init__(self, head: bytes) -> None:
        self._head = head
        self.transport: asyncio.Transport | None = None
        self.received = 0

    def connection_made(self, transport: Any) -> None:
        """Ask."""
        self.transport = transport
        transport.write(self._head)

    def data_received(self, data: bytes) -> None:
        """Count."""
        self.received += len(data)

    def write(self, data: bytes) -> None:
        """More of the body."""
        assert self.transport is not None
        self.transport.write(data)


class Load:
    """Both directions of every leg."""

    def __init__(self, url: str, context: ssl.SSLContext | None, token: str, frame_ms: int) -> None:
        address = urlsplit(url)
        self._host, self._port = str(address.hostname), int(address.port or 443)
        self._context, self._token, self._url = context, token, url
        self._frame_ms = frame_ms
        size = _BYTES_PER_MS * frame_ms
        self.frame = b"%x\r\n%b\r\n" % (size, b"\x01\x02" * (size // 2))
        self.posts: list[Stream] = []
        self.gets: list[Stream] = []

    def legs(self) -> list[int]:
        """Participants of the route point."""
        asked = urllib.request.Request(f"{self._url}/callcontrol/8001/participants")  # noqa: S310 (our own simulator)
        asked.add_header("Authorization", f"Bearer {self._token}")
        with urllib.request.urlopen(asked, context=self._context) as answer:  # noqa: S310 (as above)
            return [int(leg["id"]) for leg in json.load(answer)]

    async def open(self, legs: list[int]) -> None:
        """All streams, a few at a time."""
        room = asyncio.Semaphore(_AT_ONCE)

        async def both(leg: int) -> None:
            async with room:
                self.posts.append(await self._open(leg, "POST", "Transfer-Encoding: chunked\r\n"))
                self.gets.append(await self._open(leg, "GET", ""))

        await asyncio.gather(*(both(leg) for leg in legs))

    async def _open(self, leg: int, method: str, more: str) -> Stream:
        head = (
            f"{method} /callcontrol/8001/participants/{leg}/stream HTTP/1.1\r\nHost: {self._host}\r\n"
            f"Authorization: Bearer {self._token}\r\n{more}\r\n"
        ).encode()
        name = "localhost" if self._context else None
        loop = asyncio.get_running_loop()
        _, stream = await loop.create_connection(
            lambda: Stream(head), self._host, self._port, ssl=self._context, server_hostname=name
        )
        return stream

    async def run(self, seconds: float) -> dict[str, float]:
        """Send in real time, spread over the frame; lateness of this program itself in ms, and cores."""
        phases = max(1, round(self._frame_ms / 1000 / _TICK))
        groups = [self.posts[phase::phases] for phase in range(phases)]
        for post in self.posts:
            post.write(self.frame * (_LEAD_MS // self._frame_ms))
        used, began, worst, turn = time.process_time(), time.monotonic(), 0.0, 0
        heard = [get.received for get in self.gets]
        while (due := began + turn * _TICK) < began + seconds:
            await asyncio.sleep(due - time.monotonic())
            worst = max(worst, time.monotonic() - due)
            for post in groups[turn % phases]:
                post.write(self.frame)
            turn += 1
        took = time.monotonic() - began
        share = len(self.frame) / (_BYTES_PER_MS * self._frame_ms)  # chunk lines count as well
        least = min(get.received - before for get, before in zip(self.gets, heard, strict=True)) / share
        return {
            "load_cores": (time.process_time() - used) / took,
            "load_late_ms": worst * 1000,
            "get_behind_ms": took * 1000 - least / _BYTES_PER_MS,
        }


async def _main(url: str, ca_file: str, token: str, frame_ms: str, seconds: str) -> None:
    context = None if ca_file == "-" else ssl.create_default_context(cafile=ca_file)
    load = Load(url, context, token, int(frame_ms))
    legs = await asyncio.to_thread(load.legs)
    await load.open(legs)
    gc.disable()  # a run of seconds: whatever is late is late by the machine or the simulator, not by our collector
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    print(json.dumps(await load.run(float(seconds))), flush=True)
    await asyncio.to_thread(sys.stdin.readline)  # the streams stay open until they have been counted


if __name__ == "__main__":
    uvloop.run(_main(*sys.argv[1:]))
