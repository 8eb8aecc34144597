"""Ends a call, or one leg of it."""

from enum import StrEnum

from threecx_pbx.calls.model import Call, Leg
from threecx_pbx.reports.active_calls import drop_whole
from threecx_runner.sdk import CallParams, CallResult, Context, Effect, operation


class Which(StrEnum):
    """What of the call ends."""

    OWN_LEG = "ownLeg"
    SEEN_LEG = "seenLeg"
    WHOLE_CALL = "wholeCall"


class Params(CallParams):
    """Parameters of Hang Up."""

    leg: Which = Which.OWN_LEG
    leg_extension: str = ""


class HangupResult(CallResult):
    """What was ended."""

    ended: Which
    legs: list[str]


@operation(result=HangupResult, effect=Effect.CALL)
async def hangup_call(on: Context, ask: Params) -> HangupResult:
    """Drops the own leg (which ends a call of two), the leg of an extension that the client may see, or the whole call."""
    call = on.call()
    match ask.leg:
        case Which.OWN_LEG:
            legs = await on.session.drop_own(call)
        case Which.SEEN_LEG:
            legs = await on.session.drop_seen(call, ask.leg_extension)
        case Which.WHOLE_CALL:
            legs = await _drop_all(on, call)
    return HangupResult(call_id=call.id, ended=ask.leg, legs=[leg.dn for leg in legs])


async def _drop_all(on: Context, call: Call) -> list[Leg]:
    """Through the XAPI, which ends legs that we cannot see as well; else every leg that we may touch."""
    legs = list(call.legs.values())
    if not await drop_whole(on.reports, call, on.session.calls_now()):
        for leg in legs:
            await on.session.drop(leg)
    return legs
