"""Text to sound with espeak-ng, when it is installed."""

import shutil
import subprocess  # a program of the machine's own, without a shell)
from functools import lru_cache

from threecx_simulator.audio.pcm import NotAudio, read_wav

SPOKEN = "text:"  # before words that are to be spoken
_KEPT = 256  # sentences: a scenario is read, then played


@lru_cache(maxsize=_KEPT)
def speech(text: str, voice: str = "en") -> bytes:
    """The text as PCM. `NotAudio` when espeak-ng is not installed or does not know the voice."""
    if not text.strip():
        raise NotAudio(f"there are no words behind {SPOKEN}")
    program = shutil.which("espeak-ng")
    if program is None:
        raise NotAudio("Spoken text needs espeak-ng, which is not installed (Debian: apt install espeak-ng)")
    command = [program, "--stdout", "-v", voice, "--stdin"]
    spoken = subprocess.run(command, input=text.encode(), capture_output=True, check=False)  # noqa: S603
    if spoken.returncode != 0 or not spoken.stdout:
        raise NotAudio(f"espeak-ng cannot say that: {spoken.stderr.decode(errors='replace').strip()}")
    return read_wav(_sized(spoken.stdout))


def _sized(wav: bytes) -> bytes:
    """espeak-ng streams, so that the sizes in its header are placeholders; here the true ones are known."""
    at = wav.index(b"data") + 4
    return (
        wav[:4]
        + (len(wav) - 8).to_bytes(4, "little")
        + wav[8:at]
        + (len(wav) - at - 4).to_bytes(4, "little")
        + wav[at + 4 :]
    )
