"""The calls that are up now, on the whole PBX."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from threecx_pbx.errors import Forbidden
from threecx_pbx.reports.active_calls import ActiveCall, active_calls
from threecx_pbx.reports.queues import queue_numbers, waits
from threecx_runner.sdk import Context, Effect, NumberList, Params, Result, Wire, operation

_ANSWERED = ("Connected", "Talking")


class Status(StrEnum):
    """Coarse states, over 3CX's own open set (api.md 7.2)."""

    RINGING = "ringing"
    ANSWERED = "answered"
    OTHER = "other"


class FilterBy(Wire):
    """Keeps calls that match all that is set."""

    status: list[Status] = []
    extensions: NumberList = []


class GetActiveCallsParams(Params):
    """Parameters of Get Active Calls."""

    include_details: bool = False
    filter_by: FilterBy = FilterBy()


class Seen(Result):
    """One leg of the call that this API client may see."""

    participant_id: int
    dn: str
    state: str
    party_number: str
    party_name: str


class ActiveCallResult(Result):
    """One call."""

    id: int
    call_id: str | None
    status: Status
    pbx_status: str
    caller: str
    caller_number: str
    callee: str
    callee_number: str
    established_at: datetime | None
    duration_seconds: float | None
    legs: list[Seen] | None = None


@operation(result=ActiveCallResult, effect=Effect.READ)
async def get_active_calls(on: Context, ask: GetActiveCallsParams) -> list[ActiveCallResult]:
    """Reads the PBX's active calls; each is joined with the callId of the live call, where the client sees it."""
    calls = await active_calls(on.reports, on.session.calls_now())
    queues = await _queues(on, calls)
    found = [_row(call, queues, ask.include_details) for call in calls]
    return [row for row in found if _wanted(row, ask.filter_by)]


async def _queues(on: Context, calls: Sequence[ActiveCall]) -> frozenset[str]:
    """Where callers wait although 3CX calls them connected; not read when nobody is, or by a client that may not."""
    if all(call.status not in _ANSWERED for call in calls):
        return frozenset()
    try:
        return await queue_numbers(on.reports)
    except Forbidden:
        return frozenset()


def _row(call: ActiveCall, queues: frozenset[str], details: bool) -> ActiveCallResult:
    seen = [] if call.seen is None else list(call.seen.legs.values())
    legs = [
        Seen(
            participant_id=leg.participant,
            dn=leg.dn,
            state=leg.state,
            party_number=leg.party.number,
            party_name=leg.party.name,
        )
        for leg in seen
    ]
    return ActiveCallResult(
        id=call.id,
        call_id=None if call.seen is None else call.seen.id,
        status=Status.RINGING if waits(call, queues) else _status(call.status),
        pbx_status=call.status,
        caller=call.caller,
        caller_number=call.caller_number,
        callee=call.callee,
        callee_number=call.callee_number,
        established_at=call.established_at,
        duration_seconds=call.duration_seconds,
        legs=legs if details else None,
    )


def _status(pbx: str) -> Status:
    if pbx in _ANSWERED:
        return Status.ANSWERED
    return Status.RINGING if pbx in ("Ringing", "Routing") else Status.OTHER


def _wanted(row: ActiveCallResult, by: FilterBy) -> bool:
    status = not by.status or row.status in by.status
    numbers = {row.caller_number, row.callee_number}
    return status and (not by.extensions or "*" in by.extensions or bool(numbers & set(by.extensions)))
