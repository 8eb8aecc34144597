"""Starts an execution for the events of calls, on all DNs that the API client may see."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from threecx_pbx.calls.events import CallAnswered, CallEnded, CallEvent, CallMissed
from threecx_pbx.calls.model import Call, Direction, Party
from threecx_pbx.errors import BadParameter
from threecx_runner.sdk import Field, NumberList, Params, Result, Wire, trigger


class EventType(StrEnum):
    """What a workflow may be told."""

    CALL_STARTED = "call_started"
    CALL_ANSWERED = "call_answered"
    CALL_ENDED = "call_ended"
    CALL_MISSED = "call_missed"


class Filters(Wire):
    """Keeps events that match all that is set."""

    extensions: NumberList = []
    directions: list[Direction] = []
    min_duration: Annotated[int, Field(ge=0, le=86_400)] = 0


class CallEventsParams(Params):
    """Parameters of the Call Monitor."""

    event_types: list[EventType] = [EventType.CALL_STARTED, EventType.CALL_ANSWERED, EventType.CALL_ENDED]
    filters: Filters = Filters()
    batch_mode: bool = False

    def check(self) -> None:
        """Raises BadParameter for what can never work."""
        if not self.event_types:
            raise BadParameter(
                "The parameter eventTypes is empty, so no event would ever start the workflow.",
                hint="Choose at least one event type.",
            )
        wrong = next((number for number in self.filters.extensions if "*" in number and number != "*"), None)
        if wrong is not None:
            raise BadParameter(
                f"The parameter filters.extensions has '{wrong}', which is no extension.",
                hint="Write whole numbers with commas between them, or leave it empty for all.",
            )


class AnsweredBy(Result):
    """Who or what answered."""

    type: str
    number: str


class MonitoredEvent(Result):
    """One event, flat. What does not belong to its type is null."""

    event_id: str
    type: EventType
    timestamp: datetime
    call_id: str
    direction: Direction
    from_: Annotated[str, Field(alias="from")]
    from_name: str
    to: str
    extension: str
    queue: str | None
    did: str
    connected_at: datetime | None
    answered_at: datetime | None
    duration_seconds: float | None
    talk_seconds: float | None
    answered_by: AnsweredBy | None
    outcome: str | None
    source: str
    inferred: str | None


@trigger(output=MonitoredEvent)
def matches(want: CallEventsParams, seen: CallEvent, call: Call) -> MonitoredEvent | None:
    """An event of a wanted type that passes the filters."""
    if seen.type not in want.event_types or not _passes(want.filters, seen, call):
        return None
    answered = seen if isinstance(seen, CallAnswered) else None
    ended = seen if isinstance(seen, CallEnded) else None
    by = answered.by if answered else ended.answered_by if ended else None
    return MonitoredEvent(
        event_id=seen.id,
        type=EventType(seen.type),
        timestamp=seen.at,
        call_id=seen.call,
        direction=seen.direction,
        from_=seen.caller.number,
        from_name=seen.caller.name,
        to=seen.called.number,
        extension=seen.extension,
        queue=_queue(call),
        did=seen.caller.did,
        connected_at=_known(answered, ended, "connected_at"),
        answered_at=_known(answered, ended, "answered_at"),
        duration_seconds=seen.duration_seconds if isinstance(seen, CallEnded | CallMissed) else None,
        talk_seconds=ended.talk_seconds if ended else None,
        answered_by=None if by is None else AnsweredBy(type=by.kind, number=by.number or by.dn),
        outcome=ended.outcome if ended else None,
        source=seen.evidence.source,
        inferred=seen.evidence.inferred,
    )


def _known(answered: CallAnswered | None, ended: CallEnded | None, field: str) -> datetime | None:
    holder = answered or ended
    return None if holder is None else getattr(holder, field)


def _queue(call: Call) -> str | None:
    return next((leg.on_behalf_of for leg in call.legs.values() if leg.on_behalf_of), None)


def _passes(by: Filters, seen: CallEvent, call: Call) -> bool:
    if by.directions and seen.direction not in by.directions:
        return False
    if isinstance(seen, CallEnded) and seen.duration_seconds < by.min_duration:
        return False
    return not by.extensions or "*" in by.extensions or bool(_touched(seen, call) & set(by.extensions))


def _touched(seen: CallEvent, call: Call) -> set[str]:
    """Every number that the call has touched so far."""
    parties: list[Party] = [seen.caller, seen.called, *(leg.party for leg in call.legs.values())]
    numbers = {number for party in parties for number in (party.number, party.dn) if number}
    return numbers | {seen.extension} | set(call.been_at)
