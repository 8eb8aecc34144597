"""A real session against a simulated PBX whose callers hear: media over real sockets."""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import pytest
from pydantic import SecretStr

from threecx_pbx.account import Account
from threecx_pbx.calls.model import CallId, Leg, LegState
from threecx_pbx.clock import Clock, SystemClock
from threecx_pbx.media import Media
from threecx_pbx.session import PbxSession, opened_session
from threecx_simulator import Profile, Simulator, default_world

SECRET = default_world().clients[0].secret


@dataclass
class Line:
    """One caller, connected to the route point, from both sides."""

    name: str
    """The call in the simulator."""
    leg: Leg
    media: Media
    id: CallId


class Exchange:
    """The simulator and the session under test."""

    def __init__(self, sim: Simulator, session: PbxSession) -> None:
        self.sim = sim
        self.session = session
        self.control = sim.control

    async def ringing(self, origin: str = "+4930111222") -> Line:
        """A caller whose own leg has been seen, in whatever state the profile gives it."""
        before = {call.id for call in self.session.calls_now()}
        name = self.control.call(origin, "+4930555001")
        await until(lambda: self._newest(before) is not None)
        return self._line(name, self._newest(before))

    async def connected(self, origin: str = "+4930111222") -> Line:
        """A caller who was answered."""
        line = await self.ringing(origin)
        call = self.session.call(line.id)
        leg = await self.session.answer(call, timedelta(seconds=10))
        return Line(line.name, leg, line.media, line.id)

    async def quiet(self, line: Line, silence: float = 0.3) -> None:
        """Waits until the caller has heard something and then nothing for so long."""

        def quiet() -> bool:
            heard = self.control.heard(line.name)
            return bool(heard.sounds) and heard.seconds - heard.sounds[-1].end > silence

        await until(quiet, 20)

    def sounds(self, line: Line) -> list[tuple[float, float]]:
        """When the caller heard something, in seconds since the call began."""
        return [(span.start, span.end) for span in self.control.heard(line.name).sounds]

    def pressed_at(self, line: Line) -> float:
        """When the caller last pressed a key."""
        report = self.control.report(line.name)
        return [entry.seconds for entry in report.timeline if entry.what.startswith("pressed")][-1]

    def _newest(self, before: set[CallId]) -> CallId | None:
        new = [call.id for call in self.session.calls_now() if call.id not in before and call.own_leg]
        return new[0] if new else None

    def _line(self, name: str, id_: CallId | None) -> Line:
        assert id_ is not None
        leg = self.session.call(id_).own_leg
        assert leg is not None
        assert leg.state in (LegState.RINGING, LegState.CONNECTED)
        return Line(name, leg, self.session.media(leg), id_)


async def until(check: Callable[[], object], within: float = 10.0) -> None:
    """Waits for a condition, with a bound and no sleeps that decide anything."""

    async def wait() -> None:
        while not check():  # noqa: ASYNC110 - the simulator's state has no event to wait for
            await asyncio.sleep(0.005)

    await asyncio.wait_for(wait(), within)


@asynccontextmanager
async def exchange(
    profile: Profile, *, tls: bool = False, clock: Clock | None = None
) -> AsyncIterator[Exchange]:
    """Simulator and session on this loop; `clock` is the session's."""
    with ThreadPoolExecutor(4) as pool:
        async with Simulator(profile=profile, world=default_world(), tls=tls, keep_audio_s=60) as sim:
            ca = str(sim.ca_file) if sim.ca_file else None
            account = Account(sim.url, "8001", SecretStr(SECRET), ca_file=ca)
            async with opened_session(account, clock or SystemClock(), pool) as session:
                await session.watcher.linked.wait()
                yield Exchange(sim, session)


@pytest.fixture
async def pbx(profile: Profile) -> AsyncIterator[Exchange]:
    async with exchange(profile) as made:
        yield made
