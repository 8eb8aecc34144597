"""Refuses a ringing call, or sends it elsewhere."""

from enum import StrEnum

from threecx_pbx.errors import Impossible
from threecx_runner.sdk import CallParams, CallResult, Context, Effect, Located, Locator, operation


class How(StrEnum):
    """What the caller gets instead."""

    DROP = "drop"
    DIVERT = "divert"


class Params(CallParams):
    """Parameters of Reject."""

    how: How = How.DROP
    target: Located = Locator()


class RejectResult(CallResult):
    """How the call was refused."""

    how: How
    target: str


@operation(result=RejectResult, effect=Effect.DIAL)
async def reject_call(on: Context, ask: Params) -> RejectResult:
    """Drops a ringing leg of the route point, or diverts it to a number. 3CX has no way to answer "busy"."""
    call = on.call()
    if ask.how is How.DROP:
        await on.session.reject(call)
        return RejectResult(call_id=call.id, how=ask.how, target="")
    target = await on.guard.check(ask.target.value)
    routed = await on.session.divert(call, target)
    if not routed.connected:
        raise Impossible(
            f"The call could not be diverted to {target}: {routed.reason}.",
            hint="Choose another target, or use Divert, which has an output for calls that are not connected.",
        )
    return RejectResult(call_id=call.id, how=ask.how, target=target)
