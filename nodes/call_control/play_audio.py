"""Plays a sound to the caller."""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from threecx_pbx.errors import Superseded
from threecx_pbx.media import ALL_KEYS, Played, PlayEnd, keys_of
from threecx_runner.sdk import (
    CallParams,
    CallResult,
    Context,
    Effect,
    Field,
    KeyText,
    Located,
    Locator,
    operation,
)


class Params(CallParams):
    """Parameters of Play Audio."""

    audio_file: Located = Locator()
    repeat: Annotated[int, Field(ge=1, le=1000)] = 1
    interruptible: bool = True
    interrupt_keys: KeyText = ""
    background: bool = False


class PlayStatus(StrEnum):
    """How the sound ended."""

    COMPLETED = "completed"
    INTERRUPTED = "interrupted"
    STOPPED = "stopped"
    BACKGROUND = "background"


class PlayResult(CallResult):
    """What was heard. `key` interrupted it, and waits for the next operation that reads keys."""

    status: PlayStatus
    key: str
    seconds_heard: float


@operation(result=PlayResult, effect=Effect.CALL, lasts=timedelta(hours=4))
async def play_audio(on: Context, ask: Params) -> PlayResult:
    """Plays the sound to its end, or until a key is pressed; the newest sound wins, and the older one fails as superseded."""
    media = await on.voice("Play Audio")
    sound = await media.meanwhile(on.sounds.of(ask.audio_file, "Audio File"))
    if ask.background:
        media.background(sound)
        return PlayResult(call_id=on.call_id, status=PlayStatus.BACKGROUND, key="", seconds_heard=0)
    keys = frozenset(keys_of(ask.interrupt_keys)) or ALL_KEYS
    played = await media.play(sound, stop_on=keys if ask.interruptible else frozenset(), repeat=ask.repeat)
    return heard(on, played)


def heard(on: Context, played: Played) -> PlayResult:
    """The item that tells of it. Raises Superseded."""
    if played.end is PlayEnd.SUPERSEDED:
        raise Superseded("Another prompt began on this call before this one was over.")
    ends = {PlayEnd.KEY: PlayStatus.INTERRUPTED, PlayEnd.STOPPED: PlayStatus.STOPPED}
    return PlayResult(
        call_id=on.call_id,
        status=ends.get(played.end, PlayStatus.COMPLETED),
        key=played.key or "",
        seconds_heard=round(played.heard.total_seconds(), 3),
    )
