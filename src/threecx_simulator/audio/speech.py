"""Text to sound with espeak-ng, when it is installed."""

import asyncio
import shutil

from threecx_simulator.audio.pcm import NotAudio, read_wav

SPOKEN = "text:"  # before words that are to be spoken


def speaker() -> str:
    """The program that speaks; `NotAudio` when it is not installed."""
    program = shutil.which("espeak-ng")
    if program is None:
        raise NotAudio("Spoken text needs espeak-ng, which is not installed (Debian: apt install espeak-ng)")
    return program


async def speech(text: str, voice: str = "en") -> bytes:
    """The text as PCM. `NotAudio` when espeak-ng is not installed or does not know the voice."""
    program = speaker()
    running = await asyncio.create_subprocess_exec(
        program,
        "--stdout",
        "-v",
        voice,
        "--stdin",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    wav, complaint = await running.communicate(text.encode())
    if running.returncode != 0 or not wav:
        raise NotAudio(f"espeak-ng cannot say that: {complaint.decode(errors='replace').strip()}")
    return read_wav(_sized(wav))


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
