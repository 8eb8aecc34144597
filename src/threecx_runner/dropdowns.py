"""The editor's dropdowns, kept for as long as somebody types in one: a PBX with 5,000 extensions is read once."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from threecx_pbx.clock import Clock
from threecx_runner.sdk import Choice

FRESH = timedelta(seconds=20)
"""So long a list is not read again."""
KEPT = timedelta(seconds=60)
"""So long it is still shown, while it is read again behind."""
_MOST = 200

Read = Callable[[], Awaitable[Sequence[Choice]]]


@dataclass(frozen=True, slots=True)
class Offered:
    """What matches, and how old the list is."""

    choices: Sequence[Choice]
    age_seconds: float


@dataclass(frozen=True, slots=True)
class _Kept:
    found: Sequence[tuple[str, Choice]]
    at: datetime


class Dropdowns:
    """Whole lists by login and name. Belongs to the loop."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: dict[Hashable, _Kept] = {}
        self._reading: dict[Hashable, asyncio.Task[_Kept]] = {}

    async def search(self, key: Hashable, read: Read, text: str) -> Offered:
        """Entries whose name holds the text, whatever its case. Raises what `read` raises."""
        kept = self._kept.get(key)
        age = self._clock.now() - kept.at if kept else KEPT
        if kept is None or age >= KEPT:
            kept = await asyncio.shield(self._read(key, read))
        elif age >= FRESH:
            self._read(key, read)
        wanted = text.casefold().strip()
        found = [choice for name, choice in kept.found if wanted in name]
        return Offered(found, (self._clock.now() - kept.at).total_seconds())

    def _read(self, key: Hashable, read: Read) -> "asyncio.Task[_Kept]":
        """One reading at a time for each list."""
        if key not in self._reading:
            task = asyncio.create_task(self._whole(key, read), name="read a dropdown")
            self._reading[key] = task
            task.add_done_callback(lambda done: self._ended(key, done))
        return self._reading[key]

    async def _whole(self, key: Hashable, read: Read) -> _Kept:
        found = [(choice.name.casefold(), choice) for choice in await read()]
        kept = self._kept[key] = _Kept(found, self._clock.now())
        while len(self._kept) > _MOST:
            del self._kept[next(iter(self._kept))]
        return kept

    def _ended(self, key: Hashable, task: "asyncio.Task[_Kept]") -> None:
        del self._reading[key]
        if not task.cancelled():
            task.exception()  # whoever waited was told; a reading behind that failed is made again when next needed

    async def close(self) -> None:
        """Ends what is being read."""
        for task in self._reading.values():
            task.cancel()
        await asyncio.gather(*self._reading.values(), return_exceptions=True)
