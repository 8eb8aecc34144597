"""What a caller heard, as names of prompts: recognised by their sound, not by what the runner says it played."""

import io
import wave
from pathlib import Path

import av
import numpy as np

from lab.bootstrap import ROOT

PROMPTS = ROOT / "src/threecx_runner/prompts/en"
RATE = 8000
_OPENING = RATE
"""The first second tells a prompt, so that one which a key has cut short is known too."""
_ALIKE = 0.8

Samples = np.ndarray[tuple[int], np.dtype[np.float64]]


def heard_prompts(wav: bytes) -> list[str]:
    """The shipped prompts in what was heard, in their order, as often as they were heard: `["welcome", "main-menu"]`."""
    with wave.open(io.BytesIO(wav)) as source:
        have = np.frombuffer(source.readframes(source.getnframes()), "<i2").astype(np.float64)
    found = [
        (at, path.stem) for path in sorted(PROMPTS.glob("*.wav")) for at in _places(have, _opening(path))
    ]
    return [name for _, name in sorted(found)]


def _opening(path: Path) -> Samples:
    with av.open(str(path), mode="r") as source:
        resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
        parts = [part for frame in [*source.decode(audio=0), None] for part in resampler.resample(frame)]
    sound = np.concatenate([part.to_ndarray()[0] for part in parts]).astype(np.float64)
    begin = int(np.argmax(np.abs(sound) > 0.05 * np.abs(sound).max()))
    return sound[begin : begin + _OPENING]


def _places(have: Samples, wanted: Samples) -> list[int]:
    """Where it stands in what was heard: peaks of the normalised cross-correlation, a second apart at least."""
    if len(have) < len(wanted):
        return []
    size = 1 << (len(have) + len(wanted)).bit_length()
    product = np.fft.irfft(np.fft.rfft(have, size) * np.conj(np.fft.rfft(wanted, size)), size)
    product = product[: len(have) - len(wanted) + 1]
    power = np.concatenate(([0.0], np.cumsum(have**2)))
    energy = power[len(wanted) :] - power[: -len(wanted)]
    alike = product / np.sqrt(np.maximum(energy, 1.0) * float(np.sum(wanted**2)))
    places: list[int] = []
    for at in np.argsort(alike)[::-1][:2000]:
        if alike[at] < _ALIKE:
            break
        if all(abs(int(at) - other) > RATE for other in places):
            places.append(int(at))
    return places
