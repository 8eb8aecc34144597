"""A sound as a value, in the one form that 3CX's streams take: 8000 Hz, mono, signed 16 bit little-endian (api.md 4)."""

from dataclasses import dataclass
from datetime import timedelta

RATE = 8000
"""Samples in a second."""
SAMPLE = timedelta(microseconds=125)
"""How long one sample lasts: a whole number of microseconds, so that pacing needs no fractions."""
BYTES_PER_S = 16_000
FRAME = 320
"""Bytes of 20 ms: what one frame of a 3CX stream holds."""


def bytes_in(time: timedelta) -> int:
    """Bytes of so much sound, whole samples only."""
    return time // SAMPLE * 2


def time_of(count: int) -> timedelta:
    """How long so many bytes last."""
    return count // 2 * SAMPLE


@dataclass(frozen=True, slots=True)
class Pcm:
    """Whole samples of 8 kHz mono s16le."""

    data: bytes

    def __post_init__(self) -> None:
        if len(self.data) % 2:
            raise ValueError("a sound of 16 bit samples has an even number of bytes")

    @property
    def duration(self) -> timedelta:
        return time_of(len(self.data))

    @classmethod
    def silence(cls, time: timedelta) -> "Pcm":
        return cls(bytes(bytes_in(time)))

    def cut(self, begin: timedelta, end: timedelta | None = None) -> "Pcm":
        """The part from `begin` to `end` (or to the sound's own end); what lies outside is left out."""
        stop = len(self.data) if end is None else bytes_in(end)
        return Pcm(self.data[bytes_in(begin) : stop])

    def repeated(self, times: int, pause: timedelta = timedelta(0)) -> "Pcm":
        """So often in a row, with silence between."""
        return Pcm(bytes(bytes_in(pause)).join([self.data] * times))

    def __add__(self, other: "Pcm") -> "Pcm":
        return Pcm(self.data + other.data)

    def __repr__(self) -> str:
        return f"Pcm({self.duration.total_seconds():.3f} s)"
