"""One thread that owns the database connection and commits what is due together."""

import asyncio
import queue
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

import structlog
from sqlalchemy import Connection, Engine, Table

from threecx_runner.journal import tables

_log = structlog.get_logger(__name__)

T = TypeVar("T")
_Job = tuple[Callable[[Connection], Any], "Future[Any]"]

MOST_TOGETHER = 256


class Writer:
    """Runs jobs in the order they were given; one transaction for all that waited meanwhile (group commit).

    Each of several has a savepoint, so one that fails takes nothing of its neighbours with it. A job's answer comes after the
    commit: what was awaited is durable.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._rows: deque[tuple[Table, dict[str, Any]]] = deque()
        """Filled by the loop, emptied by the thread; while it holds something, a job of `_jobs` is to come for it."""
        self._thread = threading.Thread(target=self._work, name="journal", daemon=True)
        self._closed = False

    def start(self) -> None:
        self._thread.start()

    async def do(self, job: Callable[[Connection], T]) -> T:
        """Cancelling the wait does not take the job back."""
        if self._closed:
            raise RuntimeError("the journal is closed")
        answer: Future[T] = Future()
        self._jobs.put((job, answer))
        return await asyncio.shield(asyncio.wrap_future(answer))

    def put_soon(self, table: Table, row: dict[str, Any]) -> None:
        """`tables.put` that nobody waits for: whatever is asked later finds it done, but it is durable only a moment from now.

        Rows of a table that gather meanwhile are written as one.
        """
        if self._closed:
            raise RuntimeError("the journal is closed")
        self._rows.append((table, row))
        if len(self._rows) == 1:
            answer: Future[None] = Future()
            answer.add_done_callback(_say_failed)
            self._jobs.put((self._put_rows, answer))

    def _put_rows(self, on: Connection) -> None:
        gathered: dict[Table, list[dict[str, Any]]] = {}
        while self._rows:
            table, row = self._rows.popleft()
            gathered.setdefault(table, []).append(row)
        for table, rows in gathered.items():
            tables.put(on, table, rows)

    async def close(self) -> None:
        """After all jobs given so far."""
        self._closed = True
        self._jobs.put(None)
        await asyncio.to_thread(self._thread.join)

    def _work(self) -> None:
        with self._engine.connect() as connection:
            while (first := self._jobs.get()) is not None:
                together, last = self._waiting(first)
                _commit(connection, together)
                if last:
                    return

    def _waiting(self, first: _Job) -> tuple[list[_Job], bool]:
        """The jobs that wait now, and whether the writer is to end after them."""
        together = [first]
        while len(together) < MOST_TOGETHER:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                break
            if job is None:
                return together, True
            together.append(job)
        return together, False


def _commit(connection: Connection, together: list[_Job]) -> None:
    if len(together) == 1:
        _commit_alone(connection, *together[0])
    else:
        _commit_several(connection, together)


def _commit_alone(connection: Connection, job: Callable[[Connection], Any], answer: "Future[Any]") -> None:
    try:
        with connection.begin():
            value = job(connection)
    except Exception as error:  # noqa: BLE001  # the asker gets it
        answer.set_exception(error)
    else:
        answer.set_result(value)


def _commit_several(connection: Connection, together: list[_Job]) -> None:
    done: list[tuple[Future[Any], Any]] = []
    try:
        with connection.begin():
            for job, answer in together:
                try:
                    with connection.begin_nested():
                        done.append((answer, job(connection)))
                except Exception as error:  # noqa: BLE001  # the asker gets it, the neighbours go on
                    answer.set_exception(error)
    except Exception as error:  # noqa: BLE001  # the commit itself failed: nobody's work is durable
        for answer, _ in done:
            answer.set_exception(error)
        return
    for answer, value in done:
        answer.set_result(value)


def _say_failed(answer: "Future[None]") -> None:
    if error := answer.exception():
        _log.error("what had happened could not be written down", exc_info=error)
