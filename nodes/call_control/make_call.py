"""Places a call from the route point, or from an extension's phone."""

import re
from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from threecx_pbx.calls.routing import Dialled, DialOrder, Outcome
from threecx_pbx.errors import BadParameter
from threecx_runner.sdk import CallResult, Context, Effect, Field, Located, Locator, Params, operation

_NUMBER = re.compile(r"[0-9]{1,20}")


class From(StrEnum):
    """Who calls."""

    ROUTE_POINT = "routePoint"
    EXTENSION = "extension"


class DialParams(Params):
    """Parameters of Make Call. There is no call yet, so none is asked for."""

    target: Located = Locator()
    call_from: From = From.ROUTE_POINT
    from_extension: Located = Locator()
    timeout: Annotated[int, Field(ge=5, le=300)] = 30
    include_input: bool = False


class Ending(StrEnum):
    """What came of the call."""

    ANSWERED = "answered"
    BUSY = "busy"
    NO_ANSWER = "noAnswer"
    FAILED = "failed"


class MakeCallResult(CallResult):
    """The placed call. `callId` is empty when it is over already."""

    answered: bool
    outcome: Ending
    target: str
    participant_id: int | None
    reason: str


OUTPUTS = {
    "answered": lambda result: result.answered,
    "notAnswered": lambda result: not result.answered,
}


@operation(result=MakeCallResult, effect=Effect.DIAL, outputs=OUTPUTS)
async def make_call(on: Context, ask: DialParams) -> MakeCallResult:
    """Calls the target once, and waits until it is answered or cannot be reached; an execution that stops meanwhile ends the call."""
    source = _extension(ask.from_extension.value) if ask.call_from is From.EXTENSION else ""
    await on.guard.room()
    target = await on.guard.check(ask.target.value)
    dialled = await on.session.dial(DialOrder(target, source, timedelta(seconds=ask.timeout)))
    return MakeCallResult(
        call_id=dialled.call.id if dialled.call else "",
        answered=dialled.connected,
        outcome=_ending(dialled),
        target=target,
        participant_id=dialled.leg.participant if dialled.leg else None,
        reason=dialled.reason,
    )


def _extension(value: str) -> str:
    """Raises BadParameter."""
    number = value.strip()
    if not number:
        raise BadParameter(
            "The parameter From Extension is empty.",
            hint="Choose the extension whose phone calls, or call from the route point.",
        )
    if not _NUMBER.fullmatch(number):
        raise BadParameter(
            f"The parameter From Extension is '{number}', which is no extension.",
            hint="Choose one from the list, or enter its number, such as 101.",
        )
    return number


def _ending(dialled: Dialled) -> Ending:
    if dialled.connected:
        return Ending.ANSWERED
    ends = {Outcome.BUSY: Ending.BUSY, Outcome.NO_ANSWER: Ending.NO_ANSWER}
    return ends.get(dialled.outcome, Ending.FAILED)
