"""The audio of the Call Control API (signed 16-bit little-endian, 8000 Hz, mono) as bytes, and WAV files of it."""

import io
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, pairwise
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

SAMPLES = 8000  # samples a second
RATE = 2 * SAMPLES  # bytes a second
FRAME = RATE // 50  # bytes in 20 ms
_AUDIBLE = 10 ** (-50 / 20)  # -50 dBFS: quieter frames count as silence


class NotAudio(ValueError):
    """The file is not a WAV that the PBX could play."""


def whole(seconds: float) -> int:
    """Bytes of so many seconds; never part of a sample."""
    return max(0, round(seconds * SAMPLES)) * 2


def tone(hertz: float, seconds: float, level: float = 0.3) -> bytes:
    """A sine, faded over 5 ms at both ends."""
    count = round(seconds * SAMPLES)
    wave_ = level * np.sin(2 * np.pi * hertz * np.arange(count) / SAMPLES)
    edge = min(count // 2, SAMPLES // 200)
    wave_[:edge] *= np.linspace(0, 1, edge)
    wave_[count - edge :] *= np.linspace(1, 0, edge)
    return _packed(wave_)


def _packed(samples: NDArray[np.float64]) -> bytes:
    return bytes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())


def samples(pcm: bytes) -> NDArray[np.float64]:
    """As numbers from -1 to 1; an odd byte at the end is left out."""
    whole = pcm[: len(pcm) // 2 * 2]
    return np.frombuffer(whole, dtype="<i2").astype(np.float64) / 32768


def read_wav(source: Path | bytes) -> bytes:
    """A WAV of any coding (16 bit, µ-law, A-law …), mixed to mono and brought to 8000 Hz."""
    try:
        opened = io.BytesIO(source) if isinstance(source, bytes) else str(source)
        with av.open(opened, mode="r", format="wav") as file:
            resampler = av.AudioResampler(format="s16", layout="mono", rate=SAMPLES)
            frames = chain(file.decode(audio=0), [None])
            parts = [part for frame in frames for part in resampler.resample(frame)]
    except (av.FFmpegError, IndexError) as wrong:
        raise NotAudio(f"Not a WAV file: {getattr(wrong, 'strerror', wrong)}") from wrong
    return b"".join(part.to_ndarray().tobytes() for part in parts)


def to_wav(pcm: bytes) -> bytes:
    """A WAV file."""
    kept = io.BytesIO()
    with wave.open(kept, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLES)
        file.writeframes(pcm)
    return kept.getvalue()


def levels(pcm: bytes) -> NDArray[np.float64]:
    """Root mean square of each 20 ms, 0 to 1; an incomplete last frame is filled with silence."""
    numbers = samples(pcm)
    frames = -(-len(numbers) // (FRAME // 2))
    padded = np.zeros(frames * (FRAME // 2))
    padded[: len(numbers)] = numbers
    return np.asarray(np.sqrt((padded.reshape(frames, -1) ** 2).mean(axis=1))) if frames else np.zeros(0)


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of sound or silence; seconds. `level`: its loudest 20 ms, 0 to 1."""

    start: float
    end: float
    sound: bool
    level: float


def spans(pcm: bytes, bridge: float = 0.2) -> Iterator[Span]:
    """Sound and silence in turn. Silences shorter than `bridge` seconds belong to the sound around them."""
    loud = levels(pcm)
    audible = loud > _AUDIBLE
    hold = round(bridge * 50)
    for at in np.flatnonzero(audible[:-1] & ~audible[1:]):
        following = np.flatnonzero(audible[at + 1 : at + 1 + hold])
        if len(following):
            audible[at : at + 1 + following[0]] = True
    edges = [0, *(np.flatnonzero(audible[1:] != audible[:-1]) + 1), len(audible)]
    for start, end in pairwise(edges):
        if end > start:
            yield Span(start / 50, end / 50, bool(audible[start]), float(loud[start:end].max()))
