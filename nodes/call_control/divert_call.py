"""Sends a ringing call elsewhere before anyone answers it here."""

from datetime import timedelta
from typing import Annotated

from threecx_pbx.calls.routing import Outcome
from threecx_runner.sdk import CallParams, CallResult, Context, Effect, Field, Located, Locator, operation


class Params(CallParams):
    """Parameters of Divert."""

    target: Located = Locator()
    timeout: Annotated[int, Field(ge=1, le=300)] = 30


class DivertResult(CallResult):
    """Where the caller is now."""

    connected: bool
    outcome: Outcome
    target: str
    answered_by: str
    reason: str


OUTPUTS = {
    "connected": lambda result: result.connected,
    "notConnected": lambda result: not result.connected,
    "hungUp": lambda _: False,
}


@operation(result=DivertResult, effect=Effect.DIAL, outputs=OUTPUTS)
async def divert_call(on: Context, ask: Params) -> DivertResult:
    """Replaces the ringing leg of the route point by the target; the answer comes when the target was reached or could not be."""
    call = on.call()
    target = await on.guard.check(ask.target.value)
    routed = await on.session.divert(call, target, within=timedelta(seconds=ask.timeout))
    return DivertResult(
        call_id=call.id,
        connected=routed.connected,
        outcome=routed.outcome,
        target=target,
        answered_by=routed.answered_by,
        reason=routed.reason,
    )
