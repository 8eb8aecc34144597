"""How often we may ask the XAPI: a bucket, so that reports never crowd out calls (api.md 9: 3CX documents no limit)."""

from threecx_pbx.clock import Clock


class Budget:
    """`per_second` requests on average, `burst` at once. `per_second` 0 sets no limit. Belongs to the loop."""

    def __init__(self, clock: Clock, per_second: float = 20.0, burst: int = 40) -> None:
        self._clock = clock
        self._per_second = per_second
        self._burst = burst
        self._left = float(burst)
        self._at = clock.now()

    async def take(self) -> None:
        """Returns when one more request is allowed."""
        if not self._per_second:
            return
        now = self._clock.now()
        self._left = min(self._burst, self._left + (now - self._at).total_seconds() * self._per_second)
        self._at = now
        self._left -= 1
        if self._left < 0:
            await self._clock.sleep(-self._left / self._per_second)
