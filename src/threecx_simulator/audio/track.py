"""What one side of a call says, laid on the PBX's time line. Nothing here is done by a clock: times are given."""

from dataclasses import dataclass, field

from threecx_simulator.audio.pcm import RATE

_TOUCHING = 1e-4  # seconds: sound that begins so soon after the last continues it


@dataclass(slots=True)
class Segment:
    """Sound without a gap. `start` in seconds of the PBX's clock."""

    start: float
    pcm: bytearray

    @property
    def end(self) -> float:
        """When it has been heard."""
        return self.start + len(self.pcm) / RATE


@dataclass(slots=True)
class Track:
    """Segments in order. `keep`: seconds of sound remembered (0 = only times count)."""

    keep: float = 600.0
    segments: list[Segment] = field(default_factory=list)
    end: float = 0.0
    """When the last sound ends (later than now while sound is queued)."""

    @property
    def size(self) -> int:
        """Bytes kept."""
        return sum(len(segment.pcm) for segment in self.segments)

    def add(self, start: float, pcm: bytes | bytearray, seconds: float) -> None:
        """Say `pcm`, which lasts `seconds`, from `start` (never before the end of what was said)."""
        start = max(start, self.end)
        touching = start - self.end < _TOUCHING
        self.end = start + seconds
        if self.keep <= 0:
            return
        if touching and self.segments:
            self.segments[-1].pcm += pcm
        else:
            self.segments.append(Segment(start, bytearray(pcm)))
        while self.segments and self.segments[0].end < self.end - self.keep:
            del self.segments[0]

    def cut(self, now: float) -> None:
        """Stop speaking: what was to come is dropped."""
        self.end = min(self.end, now)
        while self.segments and self.segments[-1].start >= now:
            del self.segments[-1]
        if self.segments:
            last = self.segments[-1]
            del last.pcm[_offset(now - last.start) :]

    def read(self, start: float, count: int) -> bytes | None:
        """`count` bytes from `start`; None = nothing but silence there."""
        if not self.segments or start >= self.segments[-1].end:
            return None
        heard: bytearray | None = None
        for segment in reversed(self.segments):
            if segment.end <= start:
                break
            at = _offset(segment.start - start)
            part = segment.pcm[-at : count - at] if at < 0 else segment.pcm[: max(0, count - at)]
            if part:
                heard = heard if heard is not None else bytearray(count)
                heard[max(0, at) : max(0, at) + len(part)] = part
        return bytes(heard) if heard is not None else None


def _offset(seconds: float) -> int:
    """Bytes, a whole number of samples."""
    return round(seconds * RATE / 2) * 2
