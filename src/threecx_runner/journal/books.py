"""Calls and their events: the book of a PBX as it was last told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, get_args

import structlog
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Connection, delete, insert, select

from threecx_pbx.calls.events import AnyEvent, CallReceived
from threecx_pbx.calls.model import Call, CallId, EventId, PbxId
from threecx_runner.journal import tables

_log = structlog.get_logger(__name__)

_CALL: TypeAdapter[Call] = TypeAdapter(Call)
_EVENTS: dict[str, TypeAdapter[Any]] = {kind.type: TypeAdapter(kind) for kind in get_args(AnyEvent)}


@dataclass(frozen=True, slots=True)
class Told:
    """An event that was told of a PBX's call."""

    pbx: PbxId
    event: AnyEvent


def write(
    on: Connection, pbx: PbxId, changed: Sequence[Call], gone: Sequence[CallId], told: Sequence[AnyEvent]
) -> None:
    """What one sighting changed. An event id that was told before is an error of ours, and raises."""
    tables.put(on, tables.calls, [_call_row(pbx, call) for call in changed])
    if gone:
        on.execute(delete(tables.calls).where(tables.calls.c.id.in_(gone)))
    if told:
        on.execute(insert(tables.events), [_event_row(pbx, event) for event in told])


def restore(on: Connection, pbx: PbxId) -> tuple[Call, ...]:
    """The calls that were up. A row that this version cannot read is left out: the snapshot tells it anew."""
    rows = on.execute(select(tables.calls.c.body).where(tables.calls.c.pbx == pbx)).scalars()
    return tuple(call for row in rows if (call := _call(row)) is not None)


def latest(on: Connection, most: int, since: datetime | None) -> tuple[Told, ...]:
    """The newest events of all PBXs, oldest first."""
    query = select(tables.events).order_by(tables.events.c.number.desc()).limit(most)
    if since is not None:
        query = query.where(tables.events.c.at > since)
    rows = on.execute(query).all()
    return tuple(Told(PbxId(row.pbx), _EVENTS[row.type].validate_json(row.body)) for row in reversed(rows))


def event(on: Connection, wanted: EventId) -> Told | None:
    """One event, while it is kept."""
    row = on.execute(select(tables.events).where(tables.events.c.id == wanted)).first()
    return None if row is None else Told(PbxId(row.pbx), _EVENTS[row.type].validate_json(row.body))


def arrival(on: Connection, call: CallId) -> CallReceived | None:
    """The last event that told of the call at the route point."""
    of = tables.events.c
    ours = (of.id.startswith(f"{call}:", autoescape=True), of.type == CallReceived.type)
    row = on.execute(select(of.body).where(*ours).order_by(of.number.desc()).limit(1)).scalar()
    return None if row is None else _EVENTS[CallReceived.type].validate_json(row)


def _call_row(pbx: PbxId, call: Call) -> dict[str, Any]:
    return {"id": call.id, "pbx": pbx, "body": _CALL.dump_json(call).decode()}


def _event_row(pbx: PbxId, told: AnyEvent) -> dict[str, Any]:
    body = _EVENTS[told.type].dump_json(told).decode()
    return {"id": told.id, "pbx": pbx, "type": told.type, "at": told.at, "body": body}


def _call(row: str) -> Call | None:
    try:
        return _CALL.validate_json(row)
    except ValidationError as error:
        _log.warning(
            "a stored call cannot be read", fields=[".".join(map(str, e["loc"])) for e in error.errors()]
        )
        return None
