"""How much may be written when. Pure: times are handed in.

The PBX plays 16 000 bytes a second whatever it is sent; what was written ahead cannot be taken back, so the lead is
the price of every interruption and the reserve against every delay (api.md 4).
"""

from dataclasses import dataclass, field
from datetime import timedelta

from threecx_pbx.media.sound import BYTES_PER_S, bytes_in

TICK = timedelta(milliseconds=20)
BLOCK = 960
"""Prompts are written in blocks of 60 ms: three ticks."""
LEAD = timedelta(milliseconds=190)
"""Prompts are at most this far ahead, block included: 200 ms at the PBX, to whom the network may hurry some of it."""
SILENT_LEAD = timedelta(milliseconds=140)
"""Silence runs less far ahead: the next prompt waits behind it."""

_WINDOW = timedelta(seconds=10)
_FEWEST = 3
_JUMP_S = 0.05
_STEEPEST = 300e-6
"""Clocks of telephone systems differ by 100 ppm at most; more than thrice that is a gap in the sound, no drift."""


def due_bytes(sent: int, playing_for: timedelta, lead: timedelta) -> int:
    """How many bytes may be written now so that never more than `lead` is written ahead of what has been played.

    `sent` bytes were written since playing began `playing_for` ago. Always even, never negative.
    """
    return max(0, bytes_in(playing_for + lead) - sent)


@dataclass(slots=True)
class Drift:
    """How fast the PBX's clock runs against ours, learnt from when the bytes of its GET came.

    Within each window of 10 s only the earliest bytes count: bursts and delays make bytes late, nothing makes them early.
    What is learnt goes on to hold when nobody listens any more.
    """

    rate: float = 0.0
    """Seconds that the PBX gains on us in a second of ours."""
    _learnt: timedelta = timedelta(0)
    _anchor: timedelta = timedelta(0)
    _gained: float = 0.0
    _heard: int = 0
    _began: timedelta | None = None
    _early: float = field(default=float("-inf"))
    _closes: timedelta = timedelta(0)
    _first: float = 0.0
    _last: float = 0.0
    _windows: int = 0

    def listen(self) -> None:
        """A GET opens: its bytes count from zero."""
        self._began, self._heard, self._windows = None, 0, 0

    def heard(self, count: int, at: timedelta) -> None:
        """`count` bytes came; `at` is a time that only grows."""
        if self._began is None:
            self._began, self._closes, self._early = at, at + _WINDOW, float("-inf")
        self._heard += count
        self._early = max(self._early, self._heard / BYTES_PER_S - (at - self._began).total_seconds())
        if at >= self._closes:
            self._close_window(at)

    def gained(self, at: timedelta) -> timedelta:
        """What the PBX's clock has gained on ours by then; differences count, not the value itself."""
        return timedelta(seconds=self._gained + self.rate * (at - self._anchor).total_seconds())

    def _close_window(self, at: timedelta) -> None:
        assert self._began is not None
        if self._windows == 0:
            self._first = self._early
        elif abs(self._early - self._last) > _JUMP_S:
            self._first += self._early - self._last
        self._last = self._early
        self._windows += 1
        known = at - self._began
        if self._windows >= _FEWEST and known >= min(self._learnt, timedelta(minutes=5)):
            self._steer((self._last - self._first) / (known - _WINDOW).total_seconds(), at, known)
        self._early, self._closes = float("-inf"), at + _WINDOW

    def _steer(self, rate: float, at: timedelta, known: timedelta) -> None:
        self._gained, self._anchor = self.gained(at).total_seconds(), at
        self.rate = max(-_STEEPEST, min(_STEEPEST, rate))
        self._learnt = known
