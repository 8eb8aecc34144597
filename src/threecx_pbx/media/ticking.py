"""One clock for the sound of all legs: each is asked every 60 ms, a third of them every tick."""

import asyncio
from datetime import datetime
from typing import Protocol

from threecx_pbx.clock import Clock
from threecx_pbx.media.pacing import TICK

_SLOTS = 3


class Ticked(Protocol):
    """What wants to be asked."""

    def tick(self, now: datetime) -> None:
        """Writes what is due; must not raise, wait, or take long."""


class Ticker:
    """Rests while nobody wants to be asked."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._slots: tuple[set[Ticked], ...] = tuple(set() for _ in range(_SLOTS))
        self._some = asyncio.Event()

    def add(self, one: Ticked) -> None:
        """Into the slot that has the fewest."""
        min(self._slots, key=len).add(one)
        self._some.set()

    def remove(self, one: Ticked) -> None:
        for slot in self._slots:
            slot.discard(one)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self._some.wait()
            await self._beat()
            self._some.clear()

    async def _beat(self) -> None:
        """Until nobody is left. A beat that comes late serves the slots that it missed, each once."""
        began, done = self._clock.now(), 0
        while any(self._slots):
            await self._clock.sleep(((done + 1) * TICK - (self._clock.now() - began)).total_seconds())
            now = self._clock.now()
            due = max(done + 1, (now - began) // TICK)
            for slot in range(max(done, due - _SLOTS), due):
                for one in tuple(self._slots[slot % _SLOTS]):
                    one.tick(now)
            done = due
