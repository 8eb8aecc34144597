"""How loud a sound is and how it becomes as loud as the others: numpy arrays of float64 samples, -1 to 1, 8 kHz.

Loudness is that of ITU-R BS.1770-4 (K-weighted, gated). At 8 kHz its filters act on the spectrum of each block rather
than sample by sample, which needs no loop and differs by less than 0.1 dB.
"""

import math

import numpy as np
from numpy.typing import NDArray

from threecx_pbx.media.sound import RATE

Samples = NDArray[np.float64]

TARGET_LUFS = -19.0
PEAK = 10 ** (-3 / 20)
"""-3 dBFS: what telephone codecs carry without harm."""
FADE = 64
"""Samples of a fade at a cut: 8 ms, too short to be heard as one, long enough not to click."""

_STEP = RATE // 10
_BLOCK = 4 * _STEP
_MOST_GAIN = 10 ** (24 / 20)
_LIMIT_BLOCK = 40


def samples_of(data: bytes | memoryview) -> Samples:
    return np.frombuffer(data, dtype="<i2").astype(np.float64) / 32768.0


def bytes_of(samples: Samples) -> bytes:
    """Rounded, and clipped where it must be."""
    return bytes(np.clip(np.rint(samples * 32768.0), -32768, 32767).astype("<i2").tobytes())


def loudness(samples: Samples) -> float:
    """Integrated loudness in LUFS; minus infinity for silence and for sounds too quiet to count."""
    powers = _block_powers(samples)
    loud = powers[powers > _power(-70.0)]
    if not loud.size:
        return -math.inf
    gated = loud[loud > loud.mean() * 0.1]
    return _lufs(float(gated.mean()))


def levelled(samples: Samples) -> Samples:
    """At -19 LUFS and with no peak above -3 dBFS. What is nearly silent stays so: noise is not blown up."""
    measured = loudness(samples)
    if measured == -math.inf:
        return limited(samples)
    gain = min(10 ** ((TARGET_LUFS - measured) / 20), _MOST_GAIN)
    return limited(samples * gain)


def limited(samples: Samples, peak: float = PEAK) -> Samples:
    """No sample above `peak`; the gain moves in straight lines over 5 ms, so nothing clicks."""
    if not samples.size or float(np.abs(samples).max()) <= peak:
        return samples
    padded = np.pad(samples, (0, -len(samples) % _LIMIT_BLOCK))
    peaks = np.abs(padded.reshape(-1, _LIMIT_BLOCK)).max(axis=1)
    wanted = np.minimum(1.0, peak / np.maximum(peaks, 1e-9))
    # the gain at a block's border suits both neighbours, so the line between two borders suits the block
    borders = np.minimum(np.append(wanted, wanted[-1]), np.insert(wanted, 0, wanted[0]))
    gain = np.interp(np.arange(len(samples)), np.arange(len(borders)) * _LIMIT_BLOCK, borders)
    return np.asarray(np.clip(samples * gain, -peak, peak), dtype=np.float64)


def faded(samples: Samples, fade: int = FADE) -> Samples:
    """Begins and ends in silence."""
    fade = min(fade, len(samples) // 2)
    if not fade:
        return samples
    ramp = (np.arange(fade) + 0.5) / fade
    shaped = samples.copy()
    shaped[:fade] *= ramp
    shaped[-fade:] *= ramp[::-1]
    return shaped


def fade_out(data: bytes | memoryview) -> bytes:
    """All of it is the fade."""
    count = len(data) // 2
    return bytes_of(samples_of(data) * (1 - (np.arange(count) + 0.5) / max(1, count)))


def fade_in(data: bytes | memoryview) -> bytes:
    """All of it is the fade."""
    count = len(data) // 2
    return bytes_of(samples_of(data) * ((np.arange(count) + 0.5) / max(1, count)))


def _lufs(power: float) -> float:
    return -0.691 + 10 * math.log10(power)


def _power(lufs: float) -> float:
    return float(10 ** ((lufs + 0.691) / 10))


def _block_powers(samples: Samples) -> Samples:
    """K-weighted mean square of each 400 ms, every 100 ms; a shorter sound is one block."""
    if len(samples) < _BLOCK:
        samples = np.pad(samples, (0, _BLOCK - len(samples))) * math.sqrt(_BLOCK / max(1, len(samples)))
    starts = range(0, len(samples) - _BLOCK + 1, _STEP)
    return np.array([_weighted_power(samples[start : start + _BLOCK]) for start in starts])


def _weighted_power(block: Samples) -> float:
    spectrum = np.abs(np.fft.rfft(block)) ** 2 * _K_WEIGHTS
    return float(2 * spectrum[1:-1].sum() + spectrum[0] + spectrum[-1]) / _BLOCK**2


def _k_weights() -> Samples:
    """|H(f)|² of the two filters of BS.1770 at the frequencies of a block's spectrum."""
    shelf = _response(1681.9744509555319, 0.7071752369554196, 3.99984385397)
    high_pass = _response(38.13547087613982, 0.5003270373253953, None)
    return np.asarray(shelf * high_pass, dtype=np.float64)


def _response(f0: float, q: float, gain_db: float | None) -> Samples:
    """Of one second-order filter as BS.1770's reference implementations derive it for any sample rate."""
    k = math.tan(math.pi * f0 / RATE)
    a0 = 1 + k / q + k * k
    a = np.array([1.0, 2 * (k * k - 1) / a0, (1 - k / q + k * k) / a0])
    if gain_db is None:
        b = np.array([1.0, -2.0, 1.0])
    else:
        vh = 10 ** (gain_db / 20)
        vb = vh**0.499666774155
        b = np.array([vh + vb * k / q + k * k, 2 * (k * k - vh), vh - vb * k / q + k * k]) / a0
    z = np.exp(-1j * np.linspace(0, math.pi, _BLOCK // 2 + 1))
    powers = np.stack([np.ones_like(z), z, z * z])
    return np.asarray(np.abs((b @ powers) / (a @ powers)) ** 2, dtype=np.float64)


_K_WEIGHTS = _k_weights()
