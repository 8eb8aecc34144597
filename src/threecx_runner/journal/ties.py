"""What belongs together: executions and their calls, calls and their owners; and how often was dialled."""

from datetime import datetime

from sqlalchemy import Connection, func, insert, select

from threecx_pbx.calls.model import CallId, EventId, PbxId
from threecx_runner.journal import tables
from threecx_runner.subscriptions.model import SubscriptionId


def calls_of_execution(on: Connection, pbx: PbxId, execution: str) -> tuple[CallId, ...]:
    """The oldest first."""
    of = tables.executions.c
    query = select(of.call).where(of.pbx == pbx, of.execution == execution).order_by(of.at, of.call)
    return tuple(CallId(call) for call in on.execute(query).scalars())


def claim(on: Connection, event: EventId, call: CallId, subscription: SubscriptionId, at: datetime) -> bool:
    """Whether this is the first claim of this arrival: a second starts nothing, not even by the same subscription."""
    of = tables.claims.c
    if on.execute(select(of.event).where(of.event == event)).first() is not None:
        return False
    on.execute(insert(tables.claims).values(call=call, event=event, subscription=subscription, at=at))
    return True


def owner(on: Connection, arrival: EventId) -> SubscriptionId | None:
    """Who claimed this arrival."""
    of = tables.claims.c
    row = on.execute(select(of.subscription).where(of.event == arrival)).scalar()
    return None if row is None else SubscriptionId(row)


def note_dial(on: Connection, pbx: PbxId, at: datetime) -> None:
    on.execute(insert(tables.dials).values(pbx=pbx, at=at))


def count_dials(on: Connection, pbx: PbxId, since: datetime) -> int:
    of = tables.dials.c
    return on.execute(select(func.count()).where(of.pbx == pbx, of.at > since)).scalar_one()
