"""Any audio file → sound that suits the phone. Blocking: for an executor.

FFmpeg works frame by frame and numpy on a second at a time, so the interpreter is never held for long (architecture 4).
"""

import io

import av
import av.container
import av.error
import numpy as np
from av.audio.resampler import AudioResampler

from threecx_pbx.errors import AudioTooLong, AudioUnreadable
from threecx_pbx.media.levels import Samples, bytes_of, faded, levelled, samples_of
from threecx_pbx.media.sound import BYTES_PER_S, RATE, Pcm

LONGEST_S = 20 * 60
"""Callers do not listen longer, and memory is bounded by it: 19 MB."""

_FORMATS = "wav,w64,mp3,ogg,flac,mov,matroska,aac,aiff,au,amr,caf,asf,ac3,gsm,wv"
"""Formats that hold sound themselves. Playlists would make FFmpeg open whatever address stands in them."""
_BATCH = RATE * 10


def decoded(data: bytes, name: str) -> Pcm:
    """The first audio track, 8 kHz mono, as loud as all others. `name` is for people.

    Raises AudioUnreadable, AudioTooLong.
    """
    if not data:
        raise AudioUnreadable(f"{name} is empty.")
    try:
        raw = _resampled(data, name)
    except (av.error.FFmpegError, ValueError, IndexError) as error:
        raise AudioUnreadable(f"{name} is not audio that can be decoded.") from error
    if not raw:
        raise AudioUnreadable(f"{name} holds no sound.")
    return Pcm(bytes_of(faded(levelled(_as_samples(raw)))))


def _resampled(data: bytes, name: str) -> bytes:
    options = {"format_whitelist": _FORMATS, "protocol_whitelist": "none"}
    with av.open(io.BytesIO(data), mode="r", options=options) as container:
        if not container.streams.audio:
            raise AudioUnreadable(f"{name} holds no sound.")
        return _first_track(container, name)


def _first_track(container: av.container.InputContainer, name: str) -> bytes:
    resampler = AudioResampler(format="s16", layout="mono", rate=RATE)
    found = bytearray()
    for frame in container.decode(audio=0):
        for part in resampler.resample(frame):
            found += bytes(part.planes[0])[: part.samples * 2]
        if len(found) > LONGEST_S * BYTES_PER_S:
            raise AudioTooLong(f"{name} is longer than {LONGEST_S // 60} minutes.")
    for part in resampler.resample(None):
        found += bytes(part.planes[0])[: part.samples * 2]
    return bytes(found)


def _as_samples(raw: bytes) -> Samples:
    view = memoryview(raw)
    return np.concatenate([samples_of(view[at : at + 2 * _BATCH]) for at in range(0, len(raw), 2 * _BATCH)])
