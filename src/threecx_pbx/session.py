"""One login at a PBX: token, socket, book of calls, and the verbs on them."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable
from concurrent.futures import Executor
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from threecx_pbx.account import Account
from threecx_pbx.auth import Tokens
from threecx_pbx.callcontrol.client import CallControl
from threecx_pbx.callcontrol.socket import opened
from threecx_pbx.callcontrol.wire import DnInfo
from threecx_pbx.calls.book import Book, observe, restored
from threecx_pbx.calls.events import AnyEvent
from threecx_pbx.calls.model import Call, CallId, Dn, Leg, LegKey, LegState, ParticipantId, PartyKind
from threecx_pbx.calls.sightings import Digits, HandedOn, Sighting, Tick
from threecx_pbx.clock import Clock
from threecx_pbx.dialling import Dialling
from threecx_pbx.errors import CallEnded, CallUnknown, NotOwnLeg, ThreeCxError
from threecx_pbx.media.keys import Key
from threecx_pbx.media.media import Media
from threecx_pbx.media.voices import Voices
from threecx_pbx.media.wire import Address, Pbx
from threecx_pbx.ownership import own_route_point
from threecx_pbx.reports.directory import Entry, directory
from threecx_pbx.transport.blocking import Blocking
from threecx_pbx.transport.live import Live
from threecx_pbx.transport.trust import tls
from threecx_pbx.verbs import ENDED
from threecx_pbx.watching import Watcher, backoff
from threecx_pbx.xapi.client import Xapi

T = TypeVar("T")

log = logging.getLogger(__name__)

_REMEMBERED = 5000
"""So many ended calls are told apart from ones that never were."""


_TOKEN_LOOK_S = 30.0


@dataclass(frozen=True, slots=True)
class Change:
    """What one sighting did: calls as they are now, calls that are over as they last were, and what there is to tell."""

    calls: tuple[Call, ...]
    ended: tuple[Call, ...]
    events: tuple[AnyEvent, ...]


class PbxSession(Dialling):
    """Lives on the loop; every method may be cancelled. Made by `opened_session`."""

    def __init__(
        self, account: Account, clock: Clock, xapi: Xapi, rest: CallControl, own: Dn, pbx: Pbx, tokens: Tokens
    ) -> None:
        self.account = account
        self.clock = clock
        self.xapi = xapi
        self.rest = rest
        self.tokens = tokens
        self.own = own
        self.numbers: dict[str, PartyKind] = {}
        """What the directory said of numbers, as far as it was read."""
        self._book = Book(account.pbx)
        self._answering = set()
        self._unfinished = {}
        self._ended: dict[CallId, None] = {}
        self._waiting: dict[CallId | None, set[asyncio.Future[None]]] = {}
        self._tell: Callable[[Change], None] = lambda _: None
        self._tasks: asyncio.TaskGroup
        self._left: set[asyncio.Task[Any]] = set()
        self._graced = asyncio.Event()
        self.watcher = Watcher(rest, clock, own, self._see, lambda ref: (ref[0], ref[1]) in self._book.by_leg)
        self.voices = Voices(pbx, tokens, clock, self._look_again, self._read)

    # what there is

    def call(self, id_: CallId) -> Call:
        """Raises CallUnknown, CallEnded."""
        call = self._book.calls.get(id_)
        if call is None and id_ in self._ended:
            raise CallEnded(ENDED)
        if call is None:
            raise CallUnknown(f"No call '{id_}' is known at this PBX.")
        if not call.legs:
            raise CallEnded(ENDED)
        return call

    def look(self, id_: CallId) -> Call | None:
        return self._book.calls.get(id_)

    def calls_now(self) -> tuple[Call, ...]:
        return tuple(self._book.calls.values())

    def sees(self, number: str) -> bool:
        return self.watcher.sees(number)

    def kind_of_number(self, number: str) -> PartyKind:
        known = self.numbers.get(number)
        outside = number.startswith(("+", "00")) or (bool(self.numbers) and number.isdigit())
        return known or (PartyKind.EXTERNAL if outside else PartyKind.UNKNOWN)

    def media(self, leg: Leg) -> Media:
        """Sound and keys of an own leg. Raises NotOwnLeg, CallEnded."""
        if not leg.ours:
            raise NotOwnLeg(
                f"3CX gives audio and digits only for calls at the client's own route point; this one is at {leg.dn}."
            )
        media = self.voices.media(leg.key)
        if media is None:
            raise CallEnded(ENDED)
        return media

    async def directory(self, by: Xapi | None = None) -> tuple[Entry, ...]:
        """All DNs of the PBX, read by another client if given; what kind each is stays known.

        Raises Forbidden, LicenceMissing.
        """
        found = await directory(by or self.xapi)
        self.numbers = {entry.number: entry.party_kind for entry in found}
        return found

    # waiting

    async def until(self, id_: CallId, check: Callable[[Call | None], T | None], within: timedelta) -> T:
        deadline = self.clock.now() + within
        while True:
            found = check(self._book.calls.get(id_))
            if found is not None:
                return found
            left = (deadline - self.clock.now()).total_seconds()
            if left <= 0:
                raise TimeoutError
            await self._change_of(id_, left)

    async def any_change(self, within: float) -> None:
        await self._change_of(None, within)

    async def _change_of(self, id_: CallId | None, within: float) -> None:
        changed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(id_, set()).add(changed)
        timer = asyncio.create_task(self.clock.sleep(within), name="bound of a wait")
        try:
            await asyncio.wait((changed, timer), return_when=asyncio.FIRST_COMPLETED)
        finally:
            timer.cancel()
            waiting = self._waiting.get(id_, set())
            waiting.discard(changed)
            if not waiting:
                self._waiting.pop(id_, None)

    # seeing

    def handed_on(self, id_: CallId, to: str) -> None:
        self._see(HandedOn(self.clock.now(), id_, to))

    def _see(self, sighting: Sighting) -> None:
        if isinstance(sighting, Digits):
            self._typed(sighting)
        else:
            self._observe(sighting)

    def _observe(self, sighting: Sighting) -> None:
        before = self._book
        self._book, events = observe(before, sighting)
        if not self._book.changed and not events:
            return
        self._follow_legs(before)
        over = (id_ for id_ in self._book.changed if id_ not in self._book.calls)
        ended = tuple(before.calls[id_] for id_ in over if id_ in before.calls)
        self._remember(ended)
        calls = tuple(self._book.calls[id_] for id_ in self._book.changed if id_ in self._book.calls)
        self._graced.set()
        for id_ in (*self._book.changed, None):
            for waiter in self._waiting.get(id_, ()):
                if not waiter.done():
                    waiter.set_result(None)
        self._tell(Change(calls, ended, tuple(events)))

    def _typed(self, keys: Digits) -> None:
        """Hands keys to their leg, and to nobody else: they may be typed ahead of a reader that keeps them secret."""
        known = self._book.by_leg.get((keys.dn, keys.participant))
        if known is not None:
            self.voices.press(known[1], keys.digits)

    def _read(self, at: Address, key: Key) -> None:
        """An operation took a key that is no secret: now it may be told."""
        self._observe(Digits(self.clock.now(), Dn(at.dn), ParticipantId(at.participant), key))

    def _follow_legs(self, before: Book) -> None:
        was, now = _own_legs(before, self._book.changed), _own_legs(self._book, self._book.changed)
        for key in was.keys() - now.keys():
            self._leave_leg(*was[key])
        for call, leg in now.values():
            self._follow_leg(call, leg)

    def _follow_leg(self, call: CallId, leg: Leg) -> None:
        address = Address(leg.dn, leg.participant)
        self.voices.follow(leg.key, call, address, is_connected=leg.state is LegState.CONNECTED)

    def _leave_leg(self, id_: CallId, leg: Leg) -> None:
        if leg.calling:
            self.voices.away(leg.key, id_, ENDED)
        else:
            self.voices.gone(leg.key, ENDED)

    def _look_again(self, address: Address) -> None:
        self.watcher.look_again((address.dn, address.participant))

    def _remember(self, over: Iterable[Call]) -> None:
        self._ended.update(dict.fromkeys(call.id for call in over))
        while len(self._ended) > _REMEMBERED:
            del self._ended[next(iter(self._ended))]

    # life

    def begin(self, tasks: asyncio.TaskGroup, calls: Iterable[Call], told: Callable[[Change], None]) -> None:
        """Takes up the calls of an earlier life; what is there now comes with the first reading."""
        self._tasks = tasks
        self._book = restored(self.account.pbx, calls)
        for call, leg in _own_legs(self._book, self._book.calls).values():
            self._follow_leg(call, leg)
        self._tell = told

    async def keep_grace(self) -> None:
        """Ends calls whose grace has passed."""
        while True:
            due = self._book.wake_at
            if due is None:
                self._graced.clear()
                await self._graced.wait()
                continue
            await self.clock.sleep(max(0.0, (due - self.clock.now()).total_seconds()))
            self._see(Tick(self.clock.now()))

    async def keep_linked(self, context: Any, tokens: Tokens) -> None:
        """Keeps the socket open, whatever happens to it; the outermost loop of a login."""
        tries = 0
        while True:
            try:
                async with opened(self.account, tokens, context) as frames:
                    began = self.clock.now()
                    await self.watcher.follow(frames)
                tries = 0 if self.clock.now() - began > timedelta(seconds=30) else tries
            except ThreeCxError as error:
                self.watcher.trouble = error
                log.warning("the event socket is down: %s", error)
            await self.clock.sleep(backoff(tries))
            tries += 1

    async def keep_token_fresh(self, tokens: Tokens) -> None:
        """Renews in the first silence after minute 45 rather than in the middle of a prompt (api.md 1.2)."""
        while True:
            await self.clock.sleep(_TOKEN_LOOK_S)
            if tokens.due:
                await self.voices.silence(within=tokens.left - timedelta(seconds=2 * _TOKEN_LOOK_S))
                with suppress(ThreeCxError):
                    await tokens.renew()
                    self.voices.reopen()

    def let_go(self, task: "asyncio.Task[Any]") -> None:
        self._left.add(task)
        task.add_done_callback(self._let_go_ended)

    def _let_go_ended(self, task: "asyncio.Task[Any]") -> None:
        self._left.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.info("a request that nobody waited for failed: %s", task.exception())

    async def end_left(self) -> None:
        """Cancels requests that nobody waits for."""
        for task in self._left:
            task.cancel()
        if self._left:
            await asyncio.wait(self._left)


def _own_legs(book: Book, calls: Iterable[CallId]) -> dict[LegKey, tuple[CallId, Leg]]:
    known = (book.calls[id_] for id_ in calls if id_ in book.calls)
    return {key: (call.id, leg) for call in known for key, leg in call.legs.items() if leg.ours}


@asynccontextmanager
async def opened_session(
    account: Account,
    clock: Clock,
    executor: Executor,
    calls: Iterable[Call] = (),
    told: Callable[[Change], None] = lambda _: None,
) -> AsyncIterator[PbxSession]:
    """Logs in, finds the own route point, and watches until left.

    Raises WrongCredentials, LicenceMissing, ExtensionIsUser, ExtensionUnknown, PbxUnreachable, TlsFailed, NotA3cx.
    """
    async with AsyncExitStack() as stack:
        context = await asyncio.get_running_loop().run_in_executor(executor, tls, account)
        blocking, live = Blocking(account, executor), Live(account, context)
        stack.push_async_callback(blocking.close)
        stack.push_async_callback(live.close)
        tokens = Tokens(account, blocking, clock)
        rest = CallControl(live, tokens)
        infos: list[DnInfo] = await rest.all()
        own = own_route_point(account, infos)
        pbx = Pbx.of(account.origin, context)
        session = PbxSession(account, clock, Xapi(blocking, tokens, clock), rest, own, pbx, tokens)
        session.watcher.learn(infos)
        tasks = await stack.enter_async_context(asyncio.TaskGroup())
        session.begin(tasks, calls, told)
        keeping = [
            tasks.create_task(session.keep_grace(), name="grace"),
            tasks.create_task(session.keep_linked(context, tokens), name="socket"),
            tasks.create_task(session.keep_token_fresh(tokens), name="token"),
            tasks.create_task(session.voices.run(), name="voices"),
        ]
        try:
            yield session
        finally:
            for task in keeping:
                task.cancel()
            await session.end_left()
