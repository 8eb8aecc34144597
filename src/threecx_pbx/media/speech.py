"""Text → spoken sound, by espeak-ng when it is installed."""

import asyncio
import re
import shutil
from asyncio.subprocess import DEVNULL, PIPE

from threecx_pbx.errors import AudioTooLong, BadParameter, SpeechMissing

_PROGRAM = "espeak-ng"
_WORDS_A_MINUTE = 165
_LONGEST = 5000
_WITHIN_S = 30.0
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
_VARIANT = re.compile(r"!v/(\S+)")


async def spoken(text: str, language: str, voice: str, speed: float) -> bytes:
    """A WAV file. `voice` is a variant of the language's own (f2, m3, whisper, …) or empty; `speed` 1.0 is natural.

    Raises SpeechMissing, BadParameter, AudioTooLong.
    """
    words = text.strip()
    if not words:
        raise BadParameter("There is no text to say.")
    if len(words) > _LONGEST:
        raise AudioTooLong(f"The text is longer than {_LONGEST} characters.")
    program = shutil.which(_PROGRAM)
    if program is None:
        raise SpeechMissing("Text cannot be spoken here: espeak-ng is not installed.")
    if voice:
        voice = await _variant(program, voice)
    rate = str(round(_WORDS_A_MINUTE * max(0.5, min(2.5, speed))))
    return await _said(
        program, ["--stdout", "--stdin", "-b", "1", "-v", _voice(language, voice), "-s", rate], words
    )


async def _variant(program: str, voice: str) -> str:
    """As espeak-ng spells it: one that it does not know it leaves out without a word. Raises BadParameter."""
    process = await asyncio.create_subprocess_exec(program, "--voices=variant", stdout=PIPE, stderr=DEVNULL)
    listed, _ = await process.communicate()
    names: list[str] = _VARIANT.findall(listed.decode(errors="replace"))
    known = {name.casefold(): name for name in names}
    if known and voice.casefold() not in known:
        raise BadParameter(
            f"espeak-ng has no voice '{voice}'.",
            hint="Voices are f1 to f5, m1 to m8, whisper and others; `espeak-ng --voices=variant` lists them as !v/….",
        )
    return known.get(voice.casefold(), voice)


async def _said(program: str, how: list[str], words: str) -> bytes:
    # the text goes by the standard input: a process list shows arguments to everybody
    process = await asyncio.create_subprocess_exec(program, *how, stdin=PIPE, stdout=PIPE, stderr=PIPE)
    try:
        async with asyncio.timeout(_WITHIN_S):
            wav, _ = await process.communicate(words.encode())
    except TimeoutError as error:
        raise AudioTooLong(f"The text could not be spoken within {_WITHIN_S:g} seconds.") from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0 or not wav:
        raise BadParameter(
            f"espeak-ng has no voice '{how[how.index('-v') + 1]}'.",
            hint="Languages are written like en, en-us, de, es, fr; `espeak-ng --voices` lists them.",
        )
    return wav


def _voice(language: str, voice: str) -> str:
    for name in (language, voice or language):
        if not _NAME.fullmatch(name):
            raise BadParameter(f"'{name}' is not the name of a language or voice.")
    return f"{language}+{voice}" if voice else language
