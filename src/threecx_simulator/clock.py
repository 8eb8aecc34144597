"""Time, injected: the system's (which may run faster than the wall's) or one that a test moves by hand."""

import asyncio
import heapq
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """What the simulator knows of time."""

    def now(self) -> datetime:
        """The PBX's time of day, in UTC."""

    def monotonic(self) -> float:
        """Seconds that never go back."""

    async def sleep(self, seconds: float) -> None:
        """Wait so many of this clock's seconds."""


class SystemClock:
    """The machine's clock; with `scale` 10 the PBX lives ten seconds in each second of ours."""

    def __init__(self, scale: float = 1.0) -> None:
        self._scale = scale
        self._began = datetime.now(UTC)
        self._zero = time.monotonic()

    def now(self) -> datetime:
        """See `Clock`; derived from the monotonic clock, so that a step of the wall clock moves no timer."""
        return self._began + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        """See `Clock`."""
        return (time.monotonic() - self._zero) * self._scale

    async def sleep(self, seconds: float) -> None:
        """See `Clock`."""
        await asyncio.sleep(max(0.0, seconds) / self._scale)


class ManualClock:
    """A clock that stands still until `advance`."""

    _TURNS = (
        25  # turns of the loop granted to whoever was woken, so that it can sleep again before time goes on
    )

    def __init__(self, start: datetime = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)) -> None:
        self._start = start
        self._elapsed = 0.0
        self._count = 0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        """See `Clock`."""
        return self._start + timedelta(seconds=self._elapsed)

    def monotonic(self) -> float:
        """See `Clock`."""
        return self._elapsed

    async def sleep(self, seconds: float) -> None:
        """See `Clock`."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        wake: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._count += 1
        heapq.heappush(self._sleepers, (self._elapsed + seconds, self._count, wake))
        await wake

    async def advance(self, seconds: float) -> None:
        """Let `seconds` pass: each sleeper wakes at its own time, the earliest first."""
        end = self._elapsed + seconds
        await self._settle()
        while self._sleepers and self._sleepers[0][0] <= end:
            due, _, wake = heapq.heappop(self._sleepers)
            if not wake.done():
                self._elapsed = max(self._elapsed, due)
                wake.set_result(None)
                await self._settle()
        self._elapsed = end
        await self._settle()

    async def _settle(self) -> None:
        for _ in range(self._TURNS):
            await asyncio.sleep(0)
