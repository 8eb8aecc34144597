"""The PBX logins of this runner: one session each, opened once, kept for its subscriptions, replaced by another secret."""

import asyncio
import hashlib
import logging
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

from threecx_credentials.threecx_call_control_api import Login
from threecx_pbx.account import Account
from threecx_pbx.calls.model import Call, EventId, PbxId
from threecx_pbx.errors import BadParameter, ThreeCxError, Unreachable
from threecx_pbx.ownership import own_route_point
from threecx_pbx.session import PbxSession, opened_session
from threecx_pbx.watching import backoff
from threecx_pbx.xapi.budget import Budget
from threecx_runner.api.wire import PbxFacts
from threecx_runner.dropdowns import Dropdowns, Offered
from threecx_runner.login import account_of, pbx_id
from threecx_runner.registry import Registry
from threecx_runner.report_clients import ReportClients
from threecx_runner.rights import check_rights
from threecx_runner.sdk import Choice, Context
from threecx_runner.subscriptions.model import Live, SubscriptionId
from threecx_runner.watch import Parts, Watch

_LINKED_WITHIN_S = 5.0
"""A session that was just opened has read all calls once by then, or says so."""

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Held:
    """An open session and the task that owns it."""

    digest: str
    session: PbxSession
    watch: Watch
    task: "asyncio.Task[None]"
    close: asyncio.Event


class Sessions:
    """Belongs to the loop. Implements the API's ports Accounts, OptionLists, Claims, Listening and View."""

    def __init__(self, parts: Parts, registry: Registry, ca_file: str | None) -> None:
        self._parts = parts
        self._registry = registry
        self._ca_file = ca_file
        self._held: dict[PbxId, Held] = {}
        self._opening: dict[tuple[PbxId, str], asyncio.Task[Held]] = {}
        self._wanted: dict[PbxId, Login] = {}
        self._insisting: dict[PbxId, asyncio.Task[None]] = {}
        self._executor = ThreadPoolExecutor(16, thread_name_prefix="xapi")
        self._dropdowns = Dropdowns(parts.clock)
        self._reports = ReportClients(parts.clock, self._executor, ca_file, parts.xapi_per_second)

    async def get(self, login: Login) -> Held:
        """The session of exactly this secret: an unknown one must first log in by itself. Raises WrongCredentials, …"""
        account = account_of(login, self._ca_file)
        digest = _digest(account)
        held = self._held.get(account.pbx)
        if held is not None and held.digest == digest and not held.task.done():
            return held
        key = (account.pbx, digest)
        if key not in self._opening:
            opening = asyncio.create_task(
                self._open(account, digest, login), name=f"log in {account.client_id}"
            )
            self._opening[key] = opening
            opening.add_done_callback(lambda _: self._opening.pop(key, None))
        return await asyncio.shield(self._opening[key])

    async def _open(self, account: Account, digest: str, login: Login) -> Held:
        old = self._held.get(account.pbx)
        if old is not None and not old.task.done():
            # a wrong secret must fail here, and leave the old session alone (architecture 5)
            async with opened_session(account, self._parts.clock, self._executor):
                pass
            await self._close(old)
        ready: asyncio.Future[Held] = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(
            self._hold(account, digest, login, ready), name=f"session {account.client_id}"
        )
        await asyncio.wait((task, ready), return_when=asyncio.FIRST_COMPLETED)
        if not ready.done():
            await task
        self._held[account.pbx] = ready.result()
        return ready.result()

    async def _hold(self, account: Account, digest: str, login: Login, ready: "asyncio.Future[Held]") -> None:
        """Owns the session from its first to its last moment."""
        watch = Watch(self._parts)
        calls = await self._parts.journal.restore(account.pbx)
        close = asyncio.Event()
        async with opened_session(account, self._parts.clock, self._executor, calls, watch.told) as session:
            task = asyncio.current_task()
            assert task is not None
            session.xapi.budget = Budget(self._parts.clock, self._parts.xapi_per_second)
            async with asyncio.TaskGroup() as tasks:
                watch.begin(session, tasks, login)
                telling = tasks.create_task(watch.keep_telling(), name="telling")
                with suppress(TimeoutError):
                    await asyncio.wait_for(session.watcher.linked.wait(), _LINKED_WITHIN_S)
                await watch.resume(now for call in calls if (now := session.look(call.id)) is not None)
                ready.set_result(Held(digest, session, watch, task, close))
                await close.wait()
                telling.cancel()
                watch.end()

    async def _close(self, held: Held) -> None:
        held.close.set()
        await asyncio.wait((held.task,))
        self._ended(held)

    def _ended(self, held: Held) -> None:
        if not held.task.cancelled() and held.task.exception() is not None:
            log.error("a PBX session ended by an error", exc_info=held.task.exception())

    # ports of the API

    async def prove(self, login: Login) -> None:
        """See `Accounts`."""
        await self.get(login)

    async def look(self, login: Login) -> PbxFacts:
        """See `Accounts`."""
        held = await self.get(login)
        if held.watch.session.watcher.trouble is not None:
            raise held.watch.session.watcher.trouble
        # a session that is open already says nothing of what the PBX allows now
        own_route_point(held.session.account, await held.session.rest.all())
        version = ""
        with suppress(ThreeCxError):
            version = await held.session.xapi.version()
        warning = await check_rights(held.session.xapi, self._reports.xapi(login, held.session.xapi))
        server = held.session.account.origin
        return PbxFacts(version=version, extension=held.session.own, server=server, warning=warning)

    async def options(self, login: Login, name: str, search: str) -> Offered:
        """See `OptionLists`."""
        wanted = self._registry.option_list(name)
        held = await self.get(login)

        async def read() -> list[Choice]:
            return await wanted.run(self.context(held, login), "")

        reader = (held.digest, login.reports_client_id, login.reports_client_secret.get_secret_value())
        return await self._dropdowns.search((held.session.account.pbx, *reader, name), read, search)

    def context(self, held: Held, login: Login, **more: Any) -> Context:
        """What an operation gets, but for its call."""
        reports = self._reports.xapi(login, held.session.xapi)
        return Context(
            session=held.session,
            clock=self._parts.clock,
            find_call=more.pop("find_call", _no_call),
            guard=held.watch.guard(login, reports),
            sounds=more.pop("sounds", self._parts.sounds),
            files=self._parts.files,
            reports=reports,
            data_changes=login.allow_data_changes,
            **more,
        )

    async def claim(self, login: Login, event: EventId, subscription: SubscriptionId) -> str | None:
        """See `Claims`."""
        held = await self.get(login)
        reason = held.watch.keeper.claim(event, subscription)
        if reason is not None:
            return reason
        call = held.session.call(_call_of(event))
        if not await self._parts.journal.claim(event, call.id, subscription):
            return "Another workflow has this call."
        held.watch.keeper.claimed(event)
        return None

    async def watch(self, live: Live, *, changed: bool = False) -> None:
        """See `Listening`."""
        login = live.subscription.login
        try:
            held = await self.get(login)
        except Unreachable:
            if not live.subscription.test:
                self._insist(live.subscription.pbx, login)
            raise
        self._wanted[live.subscription.pbx] = login
        await held.watch.check(live, changed=changed)
        if live.trigger.claims:
            held.watch.subscribed(live)

    async def unwatch(self, live: Live) -> None:
        """See `Listening`."""
        held = self._held.get(live.subscription.pbx)
        if held is not None:
            held.watch.removed(live)

    async def take_up(self) -> None:
        """Looks after the callers of an earlier life by whose login no subscription has opened a session."""
        await asyncio.gather(*map(self._take_up, await self._parts.journal.logins()))

    async def _take_up(self, login: Login) -> None:
        pbx = pbx_id(login)
        if pbx in self._held or pbx in self._insisting:
            return
        try:
            await self.get(login)
        except Unreachable:
            self._insist(pbx, login)
        except ThreeCxError as error:
            log.warning("callers at %s cannot be looked after: %s", pbx, error)

    def calls(self) -> Sequence[tuple[PbxId, Call]]:
        """See `View`."""
        return [(pbx, call) for pbx, held in self._held.items() for call in held.session.calls_now()]

    def troubles(self) -> Sequence[str]:
        """See `View`."""
        found = [f"{pbx.split('|')[0]} could not be reached yet." for pbx in self._insisting]
        for held in self._held.values():
            if held.task.done():
                found.append(f"The session at {held.session.account.origin} has ended.")
            elif not held.session.watcher.linked.is_set():
                why = held.session.watcher.trouble
                found.append(
                    why.message if why else f"{held.session.account.origin} has no event socket yet."
                )
        return found

    def _insist(self, pbx: PbxId, login: Login) -> None:
        """Tries until the PBX can be reached, for a subscription that is kept, or for callers."""
        self._wanted[pbx] = login
        if pbx not in self._insisting:
            task = asyncio.create_task(self._until_open(pbx), name=f"insist on {pbx}")
            self._insisting[pbx] = task
            task.add_done_callback(lambda _: self._insisting.pop(pbx, None))

    async def _until_open(self, pbx: PbxId) -> None:
        tries = 0
        while True:
            await self._parts.clock.sleep(backoff(tries))
            tries += 1
            try:
                await self.get(self._wanted[pbx])
            except Unreachable as error:
                log.info("still unreachable: %s", error)
                continue
            except ThreeCxError as error:
                log.warning("a kept login is refused: %s", error)
            return

    async def mend(self) -> None:
        """Opens again what ended by an error, while somebody wants it; the outermost loop of all sessions."""
        while True:
            await self._parts.clock.sleep(5)
            for pbx, held in list(self._held.items()):
                if held.task.done():
                    self._ended(held)
                    del self._held[pbx]
                    if pbx in self._wanted:
                        with suppress(ThreeCxError):
                            await self.get(self._wanted[pbx])

    async def close(self) -> None:
        """Ends everything."""
        for task in [*self._insisting.values(), *self._opening.values()]:
            task.cancel()
        await asyncio.gather(*self._insisting.values(), *self._opening.values(), return_exceptions=True)
        await self._dropdowns.close()
        for held in self._held.values():
            await self._close(held)
        await self._reports.close()
        self._executor.shutdown(wait=False, cancel_futures=True)


@asynccontextmanager
async def opened_sessions(parts: Parts, registry: Registry, ca_file: str | None) -> AsyncIterator[Sessions]:
    """The sessions of a runner, until left."""
    sessions = Sessions(parts, registry, ca_file)
    mending = asyncio.create_task(sessions.mend(), name="mend sessions")
    try:
        yield sessions
    finally:
        mending.cancel()
        await asyncio.wait((mending,))
        await sessions.close()


def _digest(account: Account) -> str:
    """Tells log-ins apart without keeping the secret as a key."""
    told = f"{account.secret.get_secret_value()}|{account.verify_tls}|{account.extension}"
    return hashlib.sha256(told.encode()).hexdigest()


def _call_of(event: EventId) -> Any:
    return event.rpartition(":")[0]


def _no_call() -> Call:
    raise BadParameter("This list belongs to no call.")
