"""One audio POST: what an application says to its party. Arrival decides when it is heard."""

from array import array
from dataclasses import dataclass, field

from threecx_simulator.audio.track import Track
from threecx_simulator.pbx.ids import ParticipantId


@dataclass(frozen=True, slots=True)
class Gap:
    """Nothing was left to play. `underrun`: so short that it was meant to be continuous."""

    at: float
    seconds: float
    underrun: bool


_PAUSE = 0.5  # seconds: a longer silence is a pause between prompts, not an underrun
_ARRIVALS = 10_000  # remembered of each POST: more than three minutes in frames of 20 ms
_LATE = 0.001  # seconds: shorter gaps cannot be heard


@dataclass(slots=True)
class Post:
    """Counters of one POST; all times in seconds of the PBX's clock."""

    leg: ParticipantId
    uid: str
    opened: float
    track: Track
    rate: float
    unheard: bool = False
    burst: float = 0.0
    """A proxy holds sound back and passes it on every so many seconds."""
    hold: float = 0.0
    """The jitter buffer: what comes while nothing is left to play waits so many seconds before it is heard."""
    last: float = 0.0
    """When something arrived last."""
    received: int = 0
    max_ahead: float = 0.0
    underruns: int = 0
    longest_gap: float = 0.0
    gaps: list[Gap] = field(default_factory=list)
    ended: float | None = None
    times: "array[float]" = field(default_factory=lambda: array("d"))
    """When something arrived, and in `sizes` how many bytes of it: the first so many times."""
    sizes: "array[int]" = field(default_factory=lambda: array("L"))
    _odd: bytes = b""

    def feed(self, now: float, data: bytes) -> float:
        """Bytes arrived; how many seconds are now waiting to be heard."""
        self.received += len(data)
        self.last = now
        if len(self.times) < _ARRIVALS:
            self.times.append(now)
            self.sizes.append(len(data))
        if self.burst:
            now = (now // self.burst + 1) * self.burst
        if self.unheard:
            return 0.0
        if self._odd or len(data) % 2:
            data = self._odd + data
            self._odd = data[len(data) // 2 * 2 :]
            data = data[: len(data) // 2 * 2]
        track = self.track
        dry = now > track.end
        starts = now + self.hold if dry else now
        if self.received > len(data) and dry:
            self._gap(starts, starts - track.end)
        track.add(starts, data, len(data) / self.rate)
        ahead = track.end - now - self.hold
        self.max_ahead = max(self.max_ahead, ahead)
        return ahead

    def _gap(self, now: float, seconds: float) -> None:
        if seconds < _LATE:
            return
        underrun = seconds < _PAUSE
        if underrun:
            self.underruns += 1
            self.longest_gap = max(self.longest_gap, seconds)
        if len(self.gaps) < 1000:
            self.gaps.append(Gap(now - seconds, seconds, underrun))
