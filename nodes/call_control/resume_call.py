"""Takes the caller from hold."""

from threecx_runner.sdk import CallParams, CallResult, Context, Effect, operation


class Params(CallParams):
    """Parameters of Resume."""


class ResumeResult(CallResult):
    """Whether the caller was on hold before."""

    was_held: bool


@operation(result=ResumeResult, effect=Effect.CALL)
async def resume_call(on: Context, ask: Params) -> ResumeResult:
    """The music ends and keys count again."""
    media = await on.voice("Resume")
    was_held = media.held
    media.resume()
    return ResumeResult(call_id=on.call_id, was_held=was_held)
