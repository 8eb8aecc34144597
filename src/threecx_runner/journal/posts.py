"""Deliveries, until they are delivered or given up."""

from collections.abc import Sequence
from dataclasses import fields

from sqlalchemy import Connection, Row, Update, delete, insert, select, update

from threecx_pbx.calls.model import CallId
from threecx_runner.journal import tables
from threecx_runner.outbox.delivery import Dead, Delivery, DeliveryId
from threecx_runner.subscriptions.model import SubscriptionId

_FIELDS = tuple(field.name for field in fields(Delivery))
_columns = tables.deliveries.c


def write(on: Connection, due: Sequence[Delivery]) -> None:
    """New ones. One that was promised before is promised anew."""
    if due:
        on.execute(delete(tables.deliveries).where(_columns.id.in_([one.id for one in due])))
        on.execute(insert(tables.deliveries), [{name: getattr(one, name) for name in _FIELDS} for one in due])


def due(on: Connection) -> tuple[Delivery, ...]:
    """All that are on their way, in the order in which they were promised."""
    query = select(tables.deliveries).where(_columns.dead.is_(None)).order_by(_columns.number)
    return tuple(_delivery(row) for row in on.execute(query))


def dead(on: Connection, most: int) -> tuple[Dead, ...]:
    """The newest that were given up."""
    query = (
        select(tables.deliveries)
        .where(_columns.dead.is_not(None))
        .order_by(_columns.number.desc())
        .limit(most)
    )
    return tuple(Dead(_delivery(row), row.dead) for row in on.execute(query))


def settle(
    on: Connection, delivered: Sequence[DeliveryId], later: Sequence[Delivery], given_up: Sequence[Dead]
) -> None:
    """What came of one post. A delivery that was cancelled meanwhile stays cancelled."""
    if delivered:
        on.execute(delete(tables.deliveries).where(_columns.id.in_(delivered)))
    for one in later:
        on.execute(_of(one.id).values(due=one.due, attempt=one.attempt))
    for lost in given_up:
        on.execute(_of(lost.delivery.id).values(dead=lost.reason, attempt=lost.delivery.attempt + 1))


def cancel_claims(on: Connection, call: CallId) -> None:
    """A Receiver's deliveries of a call whose leg is gone (features.md 1.4)."""
    on.execute(delete(tables.deliveries).where(_columns.call == call, _columns.expires.is_not(None)))


def forget(on: Connection, subscription: SubscriptionId) -> None:
    on.execute(delete(tables.deliveries).where(_columns.subscription == subscription))


def _of(wanted: DeliveryId) -> Update:
    return update(tables.deliveries).where(_columns.id == wanted)


def _delivery(row: Row[tuple[object, ...]]) -> Delivery:
    return Delivery(**{name: row._mapping[name] for name in _FIELDS})
