"""The journal's tables, in SQL that SQLite and PostgreSQL share."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Dialect,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    bindparam,
    delete,
    insert,
)

SCHEMA = 1
"""Version of these tables; a journal of a newer version is refused."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Moment(TypeDecorator[datetime]):
    """UTC, as microseconds since 1970: exact, and sorted alike everywhere."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else (value - _EPOCH) // timedelta(microseconds=1)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return None if value is None else _EPOCH + timedelta(microseconds=value)


metadata = MetaData()

about = Table("about", metadata, Column("version", Integer, primary_key=True, autoincrement=False))

calls = Table(
    "calls",
    metadata,
    Column("id", Text, primary_key=True),
    Column("pbx", Text, nullable=False, index=True),
    Column("body", Text, nullable=False),
)

events = Table(
    "events",
    metadata,
    Column("number", Integer, primary_key=True),  # the order in which they were told
    Column("id", Text, nullable=False, unique=True),
    Column("pbx", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("at", Moment, nullable=False, index=True),
    Column("body", Text, nullable=False),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("number", Integer, primary_key=True),  # the order in which they were promised
    Column("id", Text, nullable=False, unique=True),
    Column("subscription", Text, nullable=False, index=True),
    Column("call", Text, nullable=False, index=True),
    Column("event", Text, nullable=False),
    Column("item", Text, nullable=False),
    Column("created", Moment, nullable=False),
    Column("due", Moment, nullable=False),
    Column("expires", Moment),
    Column("batch", Boolean, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("dead", Text),  # null while it is on its way, else why it was given up
)

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("id", Text, primary_key=True),
    Column("body", Text, nullable=False),
    Column("login", Text, nullable=False),  # sealed by the state folder's key
)

logins = Table(
    "logins",
    metadata,
    Column("pbx", Text, primary_key=True),
    Column("at", Moment, nullable=False, index=True),
    Column("login", Text, nullable=False),  # sealed by the state folder's key; empty: not needed any more
)

once = Table(
    "once",
    metadata,
    Column("key", Text, primary_key=True),
    Column("at", Moment, nullable=False, index=True),
    Column("outcome", Text, nullable=False),
)

intentions = Table(
    "intentions",
    metadata,
    Column("key", Text, primary_key=True),
    Column("at", Moment, nullable=False, index=True),
)

executions = Table(
    "executions",
    metadata,
    Column("pbx", Text, primary_key=True),
    Column("execution", Text, primary_key=True),
    Column("call", Text, primary_key=True),
    Column("at", Moment, nullable=False, index=True),
)

claims = Table(
    "claims",
    metadata,
    Column("event", Text, primary_key=True),  # of an arrival: a call that comes back is offered anew
    Column("call", Text, nullable=False, index=True),
    Column("subscription", Text, nullable=False),
    Column("at", Moment, nullable=False, index=True),
)

dials = Table(
    "dials",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("pbx", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Index("dials_of_a_pbx", "pbx", "at"),
)


def put(on: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    """Writes rows by their primary key, replacing what was there; of several with one key the last."""
    if not rows:
        return
    keys = list(table.primary_key.columns)
    rows = list({tuple(row[key.name] for key in keys): row for row in rows}.values())
    same = (key == bindparam(f"old_{key.name}") for key in keys)
    on.execute(
        delete(table).where(*same), [{f"old_{key.name}": row[key.name] for key in keys} for row in rows]
    )
    on.execute(insert(table), rows)
