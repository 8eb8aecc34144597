"""Looks after every caller at one login's route point, from the first ring until the leg is gone."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

from threecx_pbx.calls.model import Call, CallId, EventId
from threecx_pbx.clock import Clock
from threecx_pbx.errors import ThreeCxError
from threecx_pbx.session import PbxSession
from threecx_runner.care.attending import AttendedCall, attended
from threecx_runner.care.caller import Caller
from threecx_runner.care.comfort import APOLOGY, FALLBACK, Comfort
from threecx_runner.care.insisting import changed_or_poked, insist
from threecx_runner.care.next_care import UNCLAIMED, Action, Care, Filling, Owner, filling, next_care
from threecx_runner.sdk import Guarding, IdleAudio, OnStop, Wishes
from threecx_runner.subscriptions.model import Live, SubscriptionId

log = logging.getLogger(__name__)


class Keeper:
    """One per session. Its tasks live in the group that it is given."""

    def __init__(
        self,
        session: PbxSession,
        clock: Clock,
        tasks: asyncio.TaskGroup,
        fallback: str,
        comfort: Comfort,
        offer: Callable[[Call, EventId, Live], None],
        changed: Callable[[], None],
    ) -> None:
        """`changed` is told when the first caller came or the last has gone, and maybe in between."""
        self._session = session
        self._clock = clock
        self._tasks = tasks
        self._wishes = Wishes(destination=fallback)
        self._comfort = comfort
        self._offer = offer
        self._changed = changed
        self._callers: dict[CallId, Caller] = {}
        self._placing = 0
        self._at_work: set[asyncio.Task[None]] = set()
        self.guard: Guarding

    @property
    def needed(self) -> bool:
        """Whether there is a caller to look after, or a call under way that will be one."""
        return bool(self._callers) or self._placing > 0

    def end(self) -> None:
        """Cancels all care; the callers stay where they are."""
        for task in self._at_work:
            task.cancel()

    def arrived(self, call: Call, event: EventId, candidates: Sequence[Live], patience: timedelta) -> None:
        """A leg came to the route point. `candidates` in order; `patience`: the wait where there is none."""
        now = self._clock.now()
        caller = Caller(call.id, event, now + patience, now, then=list(candidates))
        self._take_up(caller)
        self._offer_next(call, caller)

    def resumed(self, call: Call, event: EventId, owner: Owner) -> None:
        """A call that was claimed in an earlier life of the runner."""
        now = self._clock.now()
        caller = Caller(call.id, event, now + UNCLAIMED, now, owner=owner, used=now)
        self._take_up(caller)

    def placed(self, id_: CallId) -> None:
        """A workflow has placed this call from our route point: when the workflow stops, the call ends; at once while it rings."""
        call = self._session.look(id_)
        if call is not None and call.own_leg is not None:
            now = self._clock.now()
            owner = Owner("", now, Wishes(on_stop=OnStop.HANG_UP, audio=IdleAudio.SILENCE))
            self._take_up(Caller(id_, EventId(""), now, now, owner=owner, used=now))

    def subscribed(self, live: Live, wants: Callable[[Call], bool]) -> None:
        """A Receiver came (back): callers who wait for one are offered to it."""
        for caller in self._callers.values():
            call = self._session.look(caller.id)
            waiting = caller.owner is None and caller.offered is None and not caller.given_up
            if waiting and call is not None and call.own_leg is not None and wants(call):
                caller.then.append(live)
                self._offer_next(call, caller)

    def claim(self, event: EventId, subscription: SubscriptionId) -> str | None:
        """None: it has the caller from this moment on. Else why not."""
        caller = next((each for each in self._callers.values() if each.event == event), None)
        call = self._session.look(caller.id) if caller else None
        if caller is None or call is None or call.own_leg is None:
            return "The call has ended."
        if caller.given_up:
            return "The call was not claimed in time, so the caller was sent on."
        live = caller.offered
        if caller.owner is not None or live is None or live.subscription.id != subscription:
            return "Another workflow has this call."
        now = self._clock.now()
        caller.owner = Owner(live.subscription.id, now, live.trigger.wishes(live.want))
        caller.used = now
        return None

    def claimed(self, event: EventId) -> None:
        """The claim is written down: the Receiver's own task for the caller begins."""
        for caller in self._callers.values():
            if caller.event == event and caller.owner is not None and caller.offered is not None:
                live = caller.offered
                if not caller.owner.wishes.rings and caller.owner.wishes.audio is not IdleAudio.RING_BACK:
                    self._fall_silent(caller)
                caller.poke.set()
                if live.trigger.attend is not None:
                    self._start(
                        attended(AttendedCall(self._session, caller.id, self.guard), live),
                        f"attend {caller.id}",
                    )

    @contextmanager
    def placing(self) -> Iterator[None]:
        """A call is being placed, which must be found again if the runner stops meanwhile."""
        self._placing += 1
        self._changed()
        try:
            yield
        finally:
            self._placing -= 1
            self._changed()

    @contextmanager
    def using(self, id_: CallId | None) -> Iterator[None]:
        """An operation is on the call: the idle watch pauses, and what fills the silence ends unless a sound is fetched."""
        caller = self._callers.get(id_) if id_ else None
        if caller is None:
            yield
            return
        caller.busy += 1
        self._fall_silent_soon(caller)
        try:
            yield
        finally:
            caller.busy -= 1
            caller.used = self._clock.now()
            caller.taken = caller.taken and caller.owner is None
            if not caller.busy:
                self._fall_silent(caller)
            caller.poke.set()

    @contextmanager
    def fetching(self, id_: CallId) -> Iterator[None]:
        """An operation's sound is on its way: until it begins, the caller hears what fills the silence."""
        caller = self._callers.get(id_)
        if caller is None:
            yield
            return
        caller.fetching += 1
        caller.poke.set()
        try:
            yield
        finally:
            caller.fetching -= 1
            self._fall_silent_soon(caller)

    def _take_up(self, caller: Caller) -> None:
        old = self._callers.get(caller.id)
        self._callers[caller.id] = caller
        if old is not None:
            old.poke.set()
        self._start(self._look_after(caller), f"care {caller.id}")
        self._changed()

    def _start(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = self._tasks.create_task(self._guarded(work), name=name)
        self._at_work.add(task)
        task.add_done_callback(self._at_work.discard)

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception:  # the outermost loop of one caller: a bug here must not end the care of the others
            log.exception("the care of a call failed")

    def _offer_next(self, call: Call, caller: Caller) -> None:
        caller.offered = caller.then.pop(0) if caller.then else None
        if caller.offered is not None:
            caller.waits_until = self._clock.now() + UNCLAIMED
            self._offer(call, caller.event, caller.offered)
        caller.poke.set()

    async def _look_after(self, caller: Caller) -> None:
        try:
            await self._attend_to(caller)
        finally:
            if self._callers.get(caller.id) is caller:
                del self._callers[caller.id]
        self._changed()  # not when care is cancelled: the caller is still there

    async def _attend_to(self, caller: Caller) -> None:
        """Until the leg has gone."""
        while True:
            call = self._session.look(caller.id)
            if call is None or call.own_leg is None or self._callers.get(caller.id) is not caller:
                return
            care = self._due(call, caller)
            if care is None or care.at > self._clock.now():
                await self._until_something(caller, [care, self._fill(call, caller)])
            elif caller.owner is None and caller.then:
                self._offer_next(call, caller)
            else:
                await self._act(call, caller, care)

    def _due(self, call: Call, caller: Caller) -> Care | None:
        if caller.taken:
            return None
        at_work = caller.busy or self._comfort.busy(call)
        used = None if at_work else caller.used or self._clock.now()
        return next_care(call, caller.owner, used, caller.waits_until, self._wishes_for(caller))

    def _fill(self, call: Call, caller: Caller) -> Filling | None:
        """Sound for a caller who would hear nothing; what is still to come of it, if anything."""
        if caller.taken:
            return None
        is_heard = (caller.busy and not caller.fetching) or self._comfort.busy(call)
        gap = filling(call, caller.owner, None if is_heard else caller.used or caller.came)
        if gap is None or caller.filled or gap.at > self._clock.now():
            return None if caller.filled else gap
        caller.filled = True
        self._comfort.fill(call, gap.audio)
        return None

    def _fall_silent_soon(self, caller: Caller) -> None:
        """Once the operation waits for something: its sound has begun by then, or it fetches one, or it has none."""

        def unless_fetching() -> None:
            if caller.busy and not caller.fetching:
                self._fall_silent(caller)

        asyncio.get_running_loop().call_soon(unless_fetching)

    def _fall_silent(self, caller: Caller) -> None:
        call = self._session.look(caller.id)
        if caller.filled and call is not None:
            self._comfort.fill(call, IdleAudio.SILENCE)
        caller.filled = False

    def _wishes_for(self, caller: Caller) -> Wishes:
        """The runner's own, but the fallback of the Receiver that did not claim the call wins (features.md 1.2)."""
        offered = caller.offered
        wished = offered.trigger.wishes(offered.want).destination if offered is not None else ""
        return replace(self._wishes, destination=wished) if wished else self._wishes

    async def _until_something(self, caller: Caller, due: Sequence[Care | Filling | None]) -> None:
        """The moment of what is due first, a change of the call, or a change of who uses it."""
        caller.poke.clear()
        now = self._clock.now()
        wait = min((one.at - now for one in due if one is not None), default=timedelta(hours=1))
        await changed_or_poked(self._session, caller.id, caller.poke, wait)

    async def _act(self, call: Call, caller: Caller, care: Care) -> None:
        """All that is to be done, to the leg's end; an operation that comes meanwhile ends it, and the idle time begins anew."""
        caller.given_up = True
        log.warning("call %s: %s, so %s %s", call.id, care.why, care.action.value, care.destination)
        used = caller.used

        def is_stopped(call: Call) -> bool:
            at_work = caller.owner is not None and (caller.busy > 0 or caller.used != used)
            return call.own_leg is not None and not at_work

        try:
            caller.taken = care.action is not Action.HANG_UP and await self._handed_over(call, care)
        except ThreeCxError as error:
            log.info("call %s: %s", call.id, error)
        if not caller.taken:
            await insist(self._session, call.id, self._session.drop_own, is_stopped)

    async def _handed_over(self, call: Call, care: Care) -> bool:
        """Whether somebody took the caller, who hears what is going on; a phone that still rings costs nothing and stays so."""
        if care.destination:
            await self._comfort.say(call, FALLBACK)
            if await self._sent(call, care):
                return True
        await self._comfort.say(self._session.call(call.id), APOLOGY)
        return False

    async def _sent(self, call: Call, care: Care) -> bool:
        """Whether somebody took the caller."""
        try:
            to = await self.guard.check(care.destination)
            routed = await self._session.transfer(call, to, timedelta(seconds=60))
        except ThreeCxError as error:
            log.warning("call %s could not be sent to %s: %s", call.id, care.destination, error)
            return False
        if not routed.connected:
            log.warning("call %s could not be sent to %s: %s", call.id, care.destination, routed.reason)
        return routed.connected
