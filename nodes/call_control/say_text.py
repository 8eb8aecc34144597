"""Speaks a text to the caller."""

from datetime import timedelta
from typing import Annotated

from threecx_pbx.errors import BadParameter
from threecx_pbx.media import ALL_KEYS
from threecx_runner.sdk import CallParams, Context, Effect, Field, operation

from .play_audio import PlayResult, heard


class Params(CallParams):
    """Parameters of Say Text."""

    text: Annotated[str, Field(max_length=5000)] = ""
    interruptible: bool = True
    language: Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")] = "en"
    voice: Annotated[str, Field(pattern=r"^[A-Za-z0-9+_-]{0,40}$")] = ""
    speed: Annotated[float, Field(ge=0.5, le=2.5)] = 1.0


@operation(result=PlayResult, effect=Effect.CALL, lasts=timedelta(hours=1))
async def say_text(on: Context, ask: Params) -> PlayResult:
    """Speaks the text with espeak-ng, to its end or until a key is pressed."""
    if not ask.text.strip():
        raise BadParameter("The parameter Text is empty.", hint="Enter what the caller shall hear.")
    media = await on.voice("Say Text")
    sound = await media.meanwhile(on.sounds.spoken(ask.text, ask.language, ask.voice, ask.speed))
    stop_on = ALL_KEYS if ask.interruptible else frozenset()
    return heard(on, await media.play(sound, stop_on=stop_on))
