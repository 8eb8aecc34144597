"""What one leg hears, paced: takes from the playout what is due and writes it to whichever POST is open."""

from collections.abc import Callable
from datetime import datetime, timedelta

from threecx_pbx.media.pacing import BLOCK, LEAD, SILENT_LEAD, Drift, due_bytes
from threecx_pbx.media.playout import Playout
from threecx_pbx.media.sound import bytes_in, time_of
from threecx_pbx.media.speaking import SpeakStream

_ZERO = timedelta(0)
_REST_AFTER = timedelta(seconds=30)
_REST = timedelta(seconds=1)
"""In a long silence nothing is sent for so long, now and then. A PBX whose clock is slower plays out what it has left, a faster one waits: both count alike again, though no GET tells of the drift."""
_FIRST_REST = timedelta(milliseconds=500)
"""Silence is not sent at once on a new stream: a PBX that is slow to take it up would stay behind us by as much."""


class Mouth:
    """Survives its streams: what a lost one took with it is played again on the next."""

    __slots__ = (
        "_base",
        "_began",
        "_gained",
        "_sounded",
        "_stream",
        "_zero",
        "drift",
        "heard_out",
        "playout",
    )

    def __init__(self, now: datetime, heard_out: Callable[[], None]) -> None:
        self.playout = Playout()
        self.drift = Drift()
        self.heard_out = heard_out
        """Called when the last of a prompt has been heard."""
        self._stream: SpeakStream | None = None
        self._base = 0
        self._zero = self._began = self._sounded = now
        self._gained = _ZERO

    @property
    def open(self) -> bool:
        return self._stream is not None

    def attach(self, stream: SpeakStream, now: datetime) -> None:
        """A stream has opened: the PBX plays from now on what is written to it."""
        self._stream, self._base, self._began = stream, self.playout.written, now
        self._gained = self._clock_gain(now)
        self._sounded = now + _FIRST_REST - _REST_AFTER - _REST
        self.tick(now)

    def detach(self, now: datetime, *, unheard: bool) -> None:
        """The stream is over. `unheard`: it was refused, so nothing of what went to it was played."""
        if self._stream is None:
            return
        sent = self.playout.written - self._base
        played = 0 if unheard else bytes_in(self._playing(now))
        self._stream = None
        self.playout.lost(max(0, sent - played))

    def listened(self, count: int, now: datetime) -> None:
        """So many bytes of the GET came: they tell how fast the PBX's clock runs."""
        self.drift.heard(count, now - self._zero)

    def finish(self) -> None:
        """Ends the stream in good order."""
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.finish()

    def tick(self, now: datetime) -> None:
        """Writes what is due."""
        stream = self._stream
        if stream is None or not stream.ready:
            return
        playout = self.playout
        if self._resting(now):
            return
        playing = self._caught_up(self._playing(now))
        sent = playout.written - self._base
        while due_bytes(sent, playing, LEAD if playout.sounding else SILENT_LEAD) >= BLOCK:
            stream.write(playout.take(BLOCK))
            sent += BLOCK
        end = playout.prompt.ended_at if playout.prompt is not None else None
        if end is not None and end - self._base <= bytes_in(playing):
            self.heard_out()

    def _resting(self, now: datetime) -> bool:
        playout, silent = self.playout, now - self._sounded
        if playout.sounding or playout.prompt is not None or silent >= _REST_AFTER + _REST:
            self._sounded = now
            return False
        return silent >= _REST_AFTER

    def _caught_up(self, playing: timedelta) -> timedelta:
        """A PBX that ran dry waited for us: its place in the sound is where the sound broke off."""
        over = playing - time_of(self.playout.written - self._base)
        if over <= _ZERO:
            return playing
        self._began += over
        return playing - over

    def _playing(self, now: datetime) -> timedelta:
        return now - self._began + self._clock_gain(now) - self._gained

    def _clock_gain(self, now: datetime) -> timedelta:
        return self.drift.gained(now - self._zero) if self.drift.rate else _ZERO
