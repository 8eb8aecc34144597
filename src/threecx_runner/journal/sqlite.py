"""What only SQLite needs: the one place with SQL of its own."""

import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, event


def prepare(engine: Engine) -> None:
    """A private file in WAL, so that readers and the writer do not wait for each other; NORMAL, which kill -9 cannot hurt.

    Python's sqlite3 opens transactions late and drops savepoints; so BEGIN is ours (SQLAlchemy's docs, "pysqlite").

    Raises OSError.
    """
    _make_private(engine)

    @event.listens_for(engine, "connect")
    def connected(connection: sqlite3.Connection, _: Any) -> None:
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=5000"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def began(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _make_private(engine: Engine) -> None:
    """Only the owner reads it; SQLite gives its -wal and -shm the same mode."""
    if engine.url.database not in (None, "", ":memory:"):
        path = Path(str(engine.url.database))
        path.touch(mode=0o600)
        path.chmod(0o600)
