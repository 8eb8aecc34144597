"""Operations that must not happen twice: a running twin is joined, a success is replayed, a failure runs again.

A call that was being placed when the runner stopped is not placed again: who was called may have heard it ring.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NewType, TypeVar

from pydantic import TypeAdapter
from sqlalchemy import Connection, delete, select

from threecx_pbx.clock import Clock
from threecx_runner.errors import DialInterrupted
from threecx_runner.journal import tables
from threecx_runner.journal.writer import Writer
from threecx_runner.sdk import Effect

T = TypeVar("T")

ItemKey = NewType("ItemKey", str)
"""PBX, operation, n8n instance, workflow, call and the item's `execution:node:run:item`."""

REPLAYED_FOR = timedelta(hours=1)


@dataclass(slots=True)
class _Run:
    task: "asyncio.Task[Any]"
    waiting: int = 0


class Once:
    """Belongs to the loop."""

    def __init__(self, writer: Writer, clock: Clock) -> None:
        self._writer = writer
        self._clock = clock
        self._running: dict[ItemKey, _Run] = {}
        self._seen: OrderedDict[int, datetime] = OrderedDict()
        """When a key was last written, by its hash: what is not here need not be looked up."""
        self._interrupted: dict[ItemKey, datetime] = {}
        """What an earlier life of the runner began to dial, and when: what came of it is not known."""

    async def restore(self) -> None:
        """What an earlier life of the runner wrote. Before the first `run`."""
        for key, at in await self._writer.do(_stored_keys):
            self._seen[hash(key)] = at
        self._interrupted = await self._writer.do(_interrupted)

    async def run(
        self,
        key: ItemKey,
        effect: Effect,
        act: Callable[[], Awaitable[T]],
        form: TypeAdapter[T],
        *,
        places: bool = False,
    ) -> T:
        """The outcome of the first `act` under this key, for an hour. READ is always acted out. `places`: it places a new call, which an
        interruption by the runner's end must not double; raises DialInterrupted.

        `act` ends when the last of those who wait for it is cancelled.
        """
        if effect is Effect.READ:
            return await act()
        run = self._running.get(key) or self._start(key, act, form, places)
        run.waiting += 1
        try:
            outcome: T = await asyncio.shield(run.task)
        finally:
            run.waiting -= 1
            if run.waiting == 0:
                await self._leave(key, run)
        return outcome

    def _start(
        self, key: ItemKey, act: Callable[[], Awaitable[T]], form: TypeAdapter[T], places: bool
    ) -> _Run:
        run = _Run(asyncio.create_task(self._first(key, act, form, places), name=f"once {key}"))
        self._running[key] = run
        return run

    async def _first(
        self, key: ItemKey, act: Callable[[], Awaitable[T]], form: TypeAdapter[T], places: bool
    ) -> T:
        stored = await self._writer.do(lambda on: _stored(on, key)) if self._may_be_stored(key) else None
        if stored is not None and stored.at > self._clock.now() - REPLAYED_FOR:
            return form.validate_json(stored.outcome)
        outcome = await (self._place(key, act) if places else act())
        self._store(key, form.dump_json(outcome).decode())
        return outcome

    async def _place(self, key: ItemKey, act: Callable[[], Awaitable[T]]) -> T:
        """Written down before the first ring, and forgotten when it failed here: then it may be tried again."""
        now = self._clock.now()
        if self._interrupted.get(key, now - REPLAYED_FOR) > now - REPLAYED_FOR:
            raise DialInterrupted(
                "The runner stopped while this call was being placed: it is not placed twice."
            )
        row = {"key": key, "at": now}
        await self._writer.do(lambda on: tables.put(on, tables.intentions, [row]))
        try:
            return await act()
        except BaseException:
            await self._writer.do(lambda on: _forget_intention(on, key))
            raise

    def _may_be_stored(self, key: ItemKey) -> bool:
        while self._seen and next(iter(self._seen.values())) <= self._clock.now() - REPLAYED_FOR:
            self._seen.popitem(last=False)
        return hash(key) in self._seen

    def _store(self, key: ItemKey, outcome: str) -> None:
        """Not waited for: who has the outcome will not ask again, and who asks anew is answered after it."""
        at = self._clock.now()
        self._seen[hash(key)] = at
        self._seen.move_to_end(hash(key))
        self._writer.put_soon(tables.once, {"key": key, "at": at, "outcome": outcome})

    async def _leave(self, key: ItemKey, run: _Run) -> None:
        """Nobody waits any more: what still runs is cancelled and may clean up."""
        if self._running.get(key) is run:
            del self._running[key]
        if not run.task.done():
            run.task.cancel()
            await asyncio.wait({run.task})
        if not run.task.cancelled():
            run.task.exception()  # heard, also when every asker was cancelled before it came


def _stored(on: Connection, key: ItemKey) -> Any:
    return on.execute(select(tables.once).where(tables.once.c.key == key)).first()


def _stored_keys(on: Connection) -> list[tuple[str, datetime]]:
    of = tables.once.c
    return [(row.key, row.at) for row in on.execute(select(of.key, of.at).order_by(of.at))]


def _interrupted(on: Connection) -> dict[ItemKey, datetime]:
    """Intentions without an outcome."""
    of = tables.intentions.c
    outcomes = select(tables.once.c.key)
    rows = on.execute(select(of.key, of.at).where(of.key.not_in(outcomes)))
    return {ItemKey(row.key): row.at for row in rows}


def _forget_intention(on: Connection, key: ItemKey) -> None:
    on.execute(delete(tables.intentions).where(tables.intentions.c.key == key))
