"""The journal: all that must outlive the runner, behind one writer thread."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TypeVar

from pydantic import TypeAdapter
from sqlalchemy import URL, Connection, Engine, create_engine, insert, make_url, select
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from threecx_credentials.threecx_call_control_api import Login
from threecx_pbx.calls.events import AnyEvent, CallReceived
from threecx_pbx.calls.model import Call, CallId, EventId, PbxId
from threecx_pbx.clock import Clock
from threecx_runner.errors import SettingWrong
from threecx_runner.journal import books, logins, posts, sqlite, tables, ties, wishes
from threecx_runner.journal.books import Told
from threecx_runner.journal.once import ItemKey, Once
from threecx_runner.journal.prune import EVERY, prune
from threecx_runner.journal.writer import Writer
from threecx_runner.outbox.delivery import Dead, Delivery, DeliveryId
from threecx_runner.sdk import Effect
from threecx_runner.state_folder import Cipher
from threecx_runner.subscriptions.model import Subscription, SubscriptionId

T = TypeVar("T")


class Journal:
    """The store. What is true together is written together; what was awaited is durable."""

    def __init__(self, writer: Writer, cipher: Cipher, clock: Clock) -> None:
        self._writer = writer
        self._cipher = cipher
        self._clock = clock
        self._once = Once(writer, clock)

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str, cipher: Cipher, clock: Clock) -> "AsyncIterator[Journal]":
        """Raises SettingWrong when the database cannot be used."""
        engine = await asyncio.to_thread(_opened, url)
        writer = Writer(engine)
        writer.start()
        journal = cls(writer, cipher, clock)
        pruning = asyncio.create_task(journal._prune_for_ever(), name="journal pruning")
        try:
            await journal._once.restore()
            yield journal
        finally:
            pruning.cancel()
            await asyncio.wait({pruning})
            await writer.close()
            engine.dispose()

    async def commit(
        self,
        pbx: PbxId,
        changed: Sequence[Call],
        gone: Sequence[CallId],
        events: Sequence[AnyEvent],
        due: Sequence[Delivery],
    ) -> None:
        """One transaction: the book's changes, what was told of them, and who is to hear it."""

        def write(on: Connection) -> None:
            books.write(on, pbx, changed, gone, events)
            posts.write(on, due)

        await self._writer.do(write)

    async def restore(self, pbx: PbxId) -> tuple[Call, ...]:
        """The calls of a PBX as they were last committed."""
        return await self._writer.do(lambda on: books.restore(on, pbx))

    async def events(self, most: int = 100, since: datetime | None = None) -> tuple[Told, ...]:
        """The newest events of the last seven days, oldest first."""
        return await self._writer.do(lambda on: books.latest(on, most, since))

    async def event(self, wanted: EventId) -> Told | None:
        return await self._writer.do(lambda on: books.event(on, wanted))

    async def once(
        self,
        key: ItemKey,
        effect: Effect,
        act: Callable[[], Awaitable[T]],
        form: TypeAdapter[T],
        *,
        places: bool = False,
    ) -> T:
        """See `Once.run`."""
        return await self._once.run(key, effect, act, form, places=places)

    def learn_execution(self, pbx: PbxId, execution: str, call: CallId) -> None:
        """An execution acts on a call. Does nothing without an execution id. Durable a moment from now."""
        if execution:
            row = {"pbx": pbx, "execution": execution, "call": call, "at": self._clock.now()}
            self._writer.put_soon(tables.executions, row)

    async def calls_of_execution(self, pbx: PbxId, execution: str) -> tuple[CallId, ...]:
        """The calls that it has acted on, the oldest first."""
        return await self._writer.do(lambda on: ties.calls_of_execution(on, pbx, execution))

    async def claim(self, event: EventId, call: CallId, subscription: SubscriptionId) -> bool:
        """True once for each arrival of a call; every later claim of it is False."""
        at = self._clock.now()
        return await self._writer.do(lambda on: ties.claim(on, event, call, subscription, at))

    async def arrival(self, call: CallId) -> CallReceived | None:
        """The last event that told of the call at the route point."""
        return await self._writer.do(lambda on: books.arrival(on, call))

    async def owner(self, arrival: EventId) -> SubscriptionId | None:
        """Who claimed this arrival."""
        return await self._writer.do(lambda on: ties.owner(on, arrival))

    async def note_dial(self, pbx: PbxId, at: datetime) -> None:
        await self._writer.do(lambda on: ties.note_dial(on, pbx, at))

    async def count_dials(self, pbx: PbxId, since: datetime) -> int:
        """Those after `since`; a day's are kept."""
        return await self._writer.do(lambda on: ties.count_dials(on, pbx, since))

    async def put_subscription(self, wish: Subscription) -> None:
        await self._writer.do(lambda on: wishes.put(on, self._cipher, wish))

    async def subscriptions(self) -> tuple[Subscription, ...]:
        return await self._writer.do(lambda on: wishes.everything(on, self._cipher))

    def keep_login(self, pbx: PbxId, login: Login | None) -> None:
        """By which callers are looked after at this PBX; None: nobody is any more. Durable a moment from now."""
        self._writer.put_soon(tables.logins, logins.row(self._cipher, pbx, login, self._clock.now()))

    async def logins(self) -> tuple[Login, ...]:
        """Those by which an earlier life of the runner looked after callers."""
        return await self._writer.do(lambda on: logins.everything(on, self._cipher))

    async def forget_subscription(self, wanted: SubscriptionId) -> None:
        """With all that was on its way to it."""

        def forget(on: Connection) -> None:
            wishes.forget(on, wanted)
            posts.forget(on, wanted)

        await self._writer.do(forget)

    async def due(self) -> tuple[Delivery, ...]:
        """All deliveries on their way, oldest first."""
        return await self._writer.do(posts.due)

    async def dead(self, most: int = 100) -> tuple[Dead, ...]:
        """The newest deliveries that were given up."""
        return await self._writer.do(lambda on: posts.dead(on, most))

    async def settle(
        self, delivered: Sequence[DeliveryId], later: Sequence[Delivery], given_up: Sequence[Dead]
    ) -> None:
        """What came of one post."""
        await self._writer.do(lambda on: posts.settle(on, delivered, later, given_up))

    async def cancel_claims(self, call: CallId) -> None:
        """A Receiver's deliveries of this call are never sent again."""
        await self._writer.do(lambda on: posts.cancel_claims(on, call))

    async def _prune_for_ever(self) -> None:
        while True:
            now = self._clock.now()
            await self._writer.do(lambda on, now=now: prune(on, now))  # type: ignore[misc]  # bound per turn
            await self._clock.sleep(EVERY.total_seconds())


def _opened(url: str) -> Engine:
    try:
        engine = create_engine(_with_driver(url), hide_parameters=True)
    except (ArgumentError, NoSuchModuleError, ImportError) as error:
        raise SettingWrong(
            "N8N_3CX_STATE_URL names no database that the runner can use.",
            hint="Write it like postgresql://user:password@host/database, and install threecx-runner[postgresql].",
        ) from error
    try:
        _prepare(engine)
    except BaseException:
        engine.dispose()
        raise
    return engine


def _with_driver(url: str) -> URL:
    """PostgreSQL's address without a driver means the one that threecx-runner[postgresql] brings."""
    given = make_url(url)
    return given.set(drivername="postgresql+psycopg") if given.drivername == "postgresql" else given


def _prepare(engine: Engine) -> None:
    try:
        if engine.dialect.name == "sqlite":
            sqlite.prepare(engine)
        version = _made(engine)
    except (SQLAlchemyError, OSError) as error:
        raise SettingWrong(
            "The runner's journal cannot be opened.",
            hint="Check N8N_3CX_STATE_URL and that the database, or the disk under the state folder, can be written.",
        ) from error
    if version != tables.SCHEMA:
        raise SettingWrong(
            "The runner's journal was written by a newer runner.",
            hint="Update the runner with `uvx threecx-runner@latest serve`, or give it another state folder.",
        )


def _made(engine: Engine) -> int:
    """The version of the tables, which are made when there are none."""
    with engine.begin() as on:
        tables.metadata.create_all(on)
        version = on.execute(select(tables.about.c.version)).scalar()
        if version is None:
            on.execute(insert(tables.about).values(version=tables.SCHEMA))
    return version or tables.SCHEMA
