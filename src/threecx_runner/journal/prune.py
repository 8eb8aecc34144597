"""How long the journal keeps what is done with."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete

from threecx_runner.journal import tables
from threecx_runner.journal.once import REPLAYED_FOR

EVERY = timedelta(minutes=10)

_KEPT = (
    (tables.events, tables.events.c.at, timedelta(days=7)),
    (tables.once, tables.once.c.at, REPLAYED_FOR),
    (tables.intentions, tables.intentions.c.at, REPLAYED_FOR),
    (tables.logins, tables.logins.c.at, timedelta(days=7)),
    (tables.executions, tables.executions.c.at, timedelta(days=7)),
    (tables.claims, tables.claims.c.at, timedelta(days=7)),
    (tables.dials, tables.dials.c.at, timedelta(days=1)),
)
_DEAD_LETTERS_KEPT = timedelta(days=30)


def prune(on: Connection, now: datetime) -> None:
    for table, at, kept in _KEPT:
        on.execute(delete(table).where(at < now - kept))
    of = tables.deliveries.c
    on.execute(delete(tables.deliveries).where(of.dead.is_not(None), of.created < now - _DEAD_LETTERS_KEPT))
