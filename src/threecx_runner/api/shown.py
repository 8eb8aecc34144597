"""Calls and events as /v1/calls and /v1/events show them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from threecx_pbx.calls.model import Call, Leg, PbxId
from threecx_runner.journal import Told
from threecx_runner.naming import field_camel
from threecx_runner.sdk import Wire


class ShownLeg(Wire):
    """One leg that the runner sees."""

    participant_id: int
    dn: str
    state: str
    own: bool
    party_number: str
    party_name: str


class ShownCall(Wire):
    """One call that is up."""

    pbx: str
    call_id: str
    direction: str
    began: datetime
    connected_at: datetime | None
    answered_at: datetime | None
    legs: list[ShownLeg]


class CallsAnswer(Wire):
    """GET /v1/calls."""

    calls: list[ShownCall]


class EventsAnswer(Wire):
    """GET /v1/events: each with `pbx`, `eventId`, `type`, `callId` and the event's own facts."""

    events: list[dict[str, Any]]


class ReadyAnswer(Wire):
    """GET /readyz: the runner serves; `troubles` says in sentences what else is wrong."""

    ready: bool
    troubles: list[str]


def shown_call(pbx: PbxId, call: Call) -> ShownCall:
    return ShownCall(
        pbx=pbx,
        call_id=call.id,
        direction=call.direction,
        began=call.began,
        connected_at=call.connected_at,
        answered_at=call.answered_at,
        legs=[_shown_leg(leg) for leg in call.legs.values()],
    )


def shown_event(told: Told) -> dict[str, Any]:
    facts = _JSON.dump_python(told.event, mode="json")
    call = facts.pop("call")
    return {
        "pbx": told.pbx,
        "eventId": told.event.id,
        "type": told.event.type,
        "callId": call,
        **_camel(facts),
    }


_JSON: TypeAdapter[Any] = TypeAdapter(Any)


def _camel(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {field_camel(key): _camel(inner) for key, inner in value.items()}
    return value


def _shown_leg(leg: Leg) -> ShownLeg:
    return ShownLeg(
        participant_id=leg.participant,
        dn=leg.dn,
        state=leg.state,
        own=leg.ours,
        party_number=leg.party.number,
        party_name=leg.party.name,
    )
