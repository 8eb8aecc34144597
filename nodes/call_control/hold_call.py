"""Puts the caller on hold."""

from threecx_pbx.media import hold_music
from threecx_runner.sdk import CallParams, CallResult, Context, Effect, Located, Locator, operation


class Params(CallParams):
    """Parameters of Hold."""

    music: Located = Locator()


class HoldResult(CallResult):
    """Whether the caller is on hold now."""

    held: bool


@operation(result=HoldResult, effect=Effect.CALL)
async def hold_call(on: Context, ask: Params) -> HoldResult:
    """The caller hears music and the keys do not count, until Resume. 3CX itself has no hold for an API (api.md 6)."""
    media = await on.voice("Hold")
    music = media.meanwhile(on.sounds.of(ask.music, "Music")) if ask.music.value else None
    sound = hold_music() if music is None else await music
    media.hold(sound)
    return HoldResult(call_id=on.call_id, held=media.held)
