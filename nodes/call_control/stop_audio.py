"""Ends what the caller hears."""

from threecx_runner.sdk import CallParams, CallResult, Context, Effect, operation


class Params(CallParams):
    """Parameters of Stop Audio."""


class StopResult(CallResult):
    """Whether a prompt was cut off; background audio ends in any case."""

    prompt_stopped: bool


@operation(result=StopResult, effect=Effect.CALL)
async def stop_audio(on: Context, ask: Params) -> StopResult:
    """Ends the background audio, and a prompt that another branch plays."""
    media = await on.voice("Stop Audio")
    media.background(None)
    return StopResult(call_id=on.call_id, prompt_stopped=media.stop())
