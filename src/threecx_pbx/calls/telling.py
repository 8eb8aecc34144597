"""What there is to tell when a call begins, is answered, moves or ends. Pure: each returns the call, one event further on."""

from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from threecx_pbx.calls.events import (
    AgentNoAnswer,
    AnyEvent,
    CallAnswered,
    CallEnded,
    CallEvent,
    CallLeftView,
    CallMerged,
    CallMissed,
    CallReceived,
    CallStarted,
    CallTransferred,
    DtmfReceived,
    Evidence,
)
from threecx_pbx.calls.model import Call, CallId, Direction, Dn, Leg, LegState, PartyKind, own_side

E = TypeVar("E", bound=CallEvent)

_HANDS_OUT = (PartyKind.QUEUE, PartyKind.RING_GROUP)
"""DNs whose legs give way to an agent's: that is their job, not a transfer."""


def started(call: Call, leg: Leg, at: datetime, how: Evidence) -> tuple[Call, list[AnyEvent]]:
    """The first leg of a call was seen."""
    call, event = _tell(CallStarted, call, at, how, leg.dn)
    return call, [event]


def received(call: Call, leg: Leg, at: datetime, how: Evidence) -> tuple[Call, list[AnyEvent]]:
    """A leg came to our own route point."""
    facts = {
        "originated_by": leg.originated_by,
        "referred_by": leg.referred_by,
        "on_behalf_of": leg.on_behalf_of,
    }
    call, event = _tell(CallReceived, call, at, how, leg.dn, participant=leg.participant, **facts)
    return call, [replace(event, caller=leg.party, called=own_side(leg), direction=_side(leg))]


def connected(call: Call, leg: Leg, at: datetime, how: Evidence) -> tuple[Call, list[AnyEvent]]:
    """A leg connected: an answer, and perhaps the end of a transfer."""
    by = leg.party if leg.calling else own_side(leg)
    told: list[AnyEvent] = []
    first = call.connected_at is None
    human = by.kind.human and call.answered_at is None
    call = replace(
        call,
        connected_at=call.connected_at or at,
        answered_at=at if human else call.answered_at,
        answered_by=by if human or first else call.answered_by,
        left_for=None if not leg.ours and not leg.calling else call.left_for,
    )
    if first:
        call, answered = _tell(
            CallAnswered, call, at, how, leg.dn, by=by, connected_at=at, answered_at=call.answered_at
        )
        told.append(answered)
    if call.moved_from and not leg.calling and call.moved_from != leg.dn:
        call, moved = _tell(
            CallTransferred, call, at, how, leg.dn, source_dn=call.moved_from, to=own_side(leg)
        )
        told.append(moved)
        call = replace(call, moved_from=Dn(""))
    return call, told


def new_party(call: Call, leg: Leg, at: datetime, how: Evidence) -> tuple[Call, list[AnyEvent]]:
    """A connected leg talks to somebody else now: the other side was transferred (architecture 5)."""
    if leg.party.kind.human and call.answered_at is None:
        call = replace(call, answered_at=at, answered_by=leg.party)
    call, event = _tell(CallTransferred, call, at, how, leg.dn, source_dn=leg.dn, to=leg.party)
    return call, [event]


def gone(call: Call, leg: Leg, at: datetime, how: Evidence) -> tuple[Call, list[AnyEvent]]:
    """A leg ended. If another, later one of a different DN is connected already, that is where the call went."""
    if leg.state is LegState.CONNECTED and not leg.calling and leg.dn_kind not in _HANDS_OUT:
        return _moved(call, leg, at, how)
    if leg.state is LegState.RINGING and not leg.calling and leg.dn_kind is PartyKind.EXTENSION and call.legs:
        call, event = _tell(AgentNoAnswer, call, at, how, leg.dn)
        return call, [event]
    return call, []


def _moved(call: Call, leg: Leg, at: datetime, how: Evidence) -> tuple[Call, list[AnyEvent]]:
    later = [
        other
        for other in call.legs.values()
        if other.dn != leg.dn
        and not other.calling
        and other.state is LegState.CONNECTED
        and other.first_seen > leg.first_seen
    ]
    if not later:
        return replace(call, moved_from=leg.dn), []
    call, event = _tell(CallTransferred, call, at, how, later[0].dn, source_dn=leg.dn, to=own_side(later[0]))
    return call, [event]


def merged(call: Call, other: CallId, leg: Leg, at: datetime, how: Evidence) -> tuple[Call, list[AnyEvent]]:
    """Two calls became one."""
    call, event = _tell(CallMerged, call, at, how, leg.dn, other=other)
    return call, [event]


def digits(call: Call, leg: Leg, pressed: str, at: datetime) -> tuple[Call, list[AnyEvent]]:
    """Keys pressed on an own leg."""
    call, event = _tell(DtmfReceived, call, at, Evidence(), leg.dn, digits=pressed)
    return call, [event]


def over(call: Call) -> list[AnyEvent]:
    """The grace has passed without a leg: an end, or gone where we cannot see."""
    at = call.empty_since or call.began
    if call.left_for is not None:
        why = Evidence(inferred="put through to a number that this API client does not see")
        _, left = _tell(CallLeftView, call, at, why, call.first.dn, to=call.left_for)
        return [left]
    told: list[AnyEvent] = []
    lasted = (at - call.began).total_seconds()
    outcome = "answered" if call.answered_at else "missed" if _missed(call) else "unanswered"
    if outcome == "missed":
        call, missed = _tell(CallMissed, call, at, Evidence(), call.first.dn, duration_seconds=lasted)
        told.append(missed)
    _, ended = _tell(
        CallEnded,
        call,
        at,
        Evidence(),
        call.first.dn,
        connected_at=call.connected_at,
        answered_at=call.answered_at,
        answered_by=call.answered_by,
        duration_seconds=lasted,
        talk_seconds=(at - call.answered_at).total_seconds() if call.answered_at else 0.0,
        outcome=outcome,
    )
    return [*told, ended]


def _missed(call: Call) -> bool:
    """api.md 3.1: inbound, an extension or queue rang, and no human answered."""
    return call.direction is Direction.INBOUND and bool(call.rang)


def _side(leg: Leg) -> Direction:
    return Direction.INBOUND if leg.party.kind is PartyKind.EXTERNAL else Direction.INTERNAL


def _tell(
    kind: type[E], call: Call, at: datetime, how: Evidence, seen_from: Dn, **facts: Any
) -> tuple[Call, E]:
    event = kind(
        call=call.id,
        number=call.events,
        at=at,
        evidence=how,
        direction=call.direction,
        caller=call.caller,
        called=call.called,
        extension=seen_from,
        **facts,
    )
    return replace(call, events=call.events + 1), event
