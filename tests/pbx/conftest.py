"""A login of ours at a simulator in the same process; both live ten times as fast as the wall."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, TypeVar

import pytest
from pydantic import SecretStr

from threecx_pbx.account import Account
from threecx_pbx.calls.events import AnyEvent
from threecx_pbx.calls.model import Call, Leg, LegState
from threecx_pbx.clock import Clock, SystemClock
from threecx_pbx.session import Change, PbxSession, opened_session
from threecx_simulator import Profile, Simulator
from threecx_simulator import SystemClock as PbxClock

CALLER = "+4930123456"
ROUTE_POINT = "+4930555001"
SECRET = "simulator-secret"
SPEED = 10.0
WITHIN = 10.0
T = TypeVar("T")


@dataclass
class Linked:
    """A session that watches a simulated PBX, and all that it told."""

    sim: Simulator
    session: PbxSession
    changes: list[Change] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def told(self, change: Change) -> None:
        self.changes.append(change)
        self.changed.set()

    @property
    def events(self) -> list[AnyEvent]:
        return [event for change in self.changes for event in change.events]

    @property
    def types(self) -> list[str]:
        return [event.type for event in self.events]

    async def until(self, look: Callable[[], T | None]) -> T:
        """What `look` gives as soon as it gives something; asked again at each change."""
        async with asyncio.timeout(WITHIN):
            while not (found := look()):
                self.changed.clear()
                await self.changed.wait()
        return found

    async def ends(self) -> None:
        """The last call is over."""
        await self.until(lambda: not self.session.calls_now())

    def own(self, state: LegState | None = None) -> tuple[Call, Leg] | None:
        for call in self.session.calls_now():
            leg = call.own_leg
            if leg is not None and state in (None, leg.state):
                return call, leg
        return None

    async def arrives(self, caller: str = CALLER, target: str = ROUTE_POINT, **more: Any) -> tuple[str, Call]:
        """A caller is at the route point: the simulator's id of the call, and ours."""
        before = {call.id for call in self.session.calls_now()}
        report = self.sim.control.call(caller, target, **more)

        def there() -> Call | None:
            for call in self.session.calls_now():
                leg = call.own_leg
                if call.id not in before and leg is not None and not leg.calling:
                    return call
            return None

        return report, await self.until(there)

    async def answered(self, **more: Any) -> tuple[str, Call]:
        """As `arrives`, and the call is answered."""
        report, call = await self.arrives(**more)
        await self.session.answer(call)
        return report, self.session.call(call.id)


Link = Callable[..., Awaitable[Linked]]


def account(sim: Simulator, **facts: Any) -> Account:
    made = Account(origin=sim.url, client_id="8001", secret=SecretStr(SECRET))
    return replace(made, **facts)


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as opened:
        yield opened


@pytest.fixture
def executor(stack: AsyncExitStack) -> ThreadPoolExecutor:
    """Outlives the sessions that use it."""
    return stack.enter_context(ThreadPoolExecutor(4, thread_name_prefix="xapi"))


@pytest.fixture
async def start(stack: AsyncExitStack, profile: Profile) -> Callable[..., Awaitable[Simulator]]:
    """A simulator; options of the profile may be changed."""

    async def begin(*, tls: bool = False, clock: Any = None, **options: Any) -> Simulator:
        clock = clock or PbxClock(SPEED)
        made = Simulator(profile=replace(profile, **options), clock=clock, tls=tls)
        return await stack.enter_async_context(made)

    return begin


@pytest.fixture
async def link(stack: AsyncExitStack, executor: ThreadPoolExecutor) -> Link:
    """A session at a simulator, linked."""

    async def begin(sim: Simulator, clock: Clock | None = None, calls: Any = (), **facts: Any) -> Linked:
        made = Linked(sim, None)  # type: ignore[arg-type]  # known a line later
        opening = opened_session(
            account(sim, **facts), clock or SystemClock(SPEED), executor, calls, made.told
        )
        made.session = await stack.enter_async_context(opening)
        await asyncio.wait_for(made.session.watcher.linked.wait(), WITHIN)
        return made

    return begin


@pytest.fixture
async def pbx(start: Callable[..., Awaitable[Simulator]], link: Link) -> Linked:
    """A PBX and a session that watches it."""
    sim = await start()
    for agent in ("101", "102"):
        sim.control.behave(agent, answers_after=0.5)
    return await link(sim)


SECONDS = timedelta(seconds=1)
