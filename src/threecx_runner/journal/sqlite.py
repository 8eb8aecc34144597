"""What only SQLite needs: the one place with SQL of its own."""

import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, event


def prepare(engine: Engine) -> None:
    """WAL, so that readers and the writer do not wait for each other; NORMAL, which kill -9 cannot hurt.

    Python's sqlite3 opens transactions late and drops savepoints; so BEGIN is ours (SQLAlchemy's docs, "pysqlite").
    """

    @event.listens_for(engine, "connect")
    def connected(connection: sqlite3.Connection, _: Any) -> None:
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=5000"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def began(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def make_private(file: str) -> None:
    """Only the owner reads it; SQLite gives its -wal and -shm the same mode."""
    path = Path(file)
    path.touch(mode=0o600)
    path.chmod(0o600)
