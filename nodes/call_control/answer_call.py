"""Answers a ringing call at the route point."""

from datetime import timedelta
from typing import Annotated

from threecx_pbx.calls.model import LegState
from threecx_pbx.errors import NotOwnLeg
from threecx_runner.sdk import CallParams, CallResult, Context, Effect, Field, operation


class Params(CallParams):
    """Parameters of Answer."""

    timeout: Annotated[int, Field(ge=1, le=120)] = 10


class AnswerResult(CallResult):
    """The answered call."""

    participant_id: int
    already_connected: bool
    from_number: str
    to_number: str


@operation(result=AnswerResult, effect=Effect.CALL)
async def answer_call(on: Context, ask: Params) -> AnswerResult:
    """Connects a ringing leg of the route point; one that the PBX has connected already counts as success."""
    call = on.call()
    leg = call.own_leg
    if leg is None:
        raise NotOwnLeg(
            "This call does not ring at the client's route point, so it cannot be answered from here."
        )
    connected = leg.state is LegState.CONNECTED
    if not connected:
        leg = await on.session.answer(call, within=timedelta(seconds=ask.timeout))
    return AnswerResult(
        call_id=call.id,
        participant_id=leg.participant,
        already_connected=connected,
        from_number=leg.party.number,
        to_number=leg.dn,
    )
