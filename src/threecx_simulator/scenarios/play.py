"""Playing scenarios on a running PBX."""

import asyncio
from types import TracebackType
from typing import Self

from threecx_simulator.clock import Clock
from threecx_simulator.control.handle import Control
from threecx_simulator.scenarios.model import Caller, Fault, Scenario

_PATIENCE = 300.0  # seconds that a caller waits for a prompt


class Player:
    """Plays its scenarios while it is entered; `done()` waits until everything was set going."""

    def __init__(self, control: Control, clock: Clock, scenarios: list[Scenario]) -> None:
        self._control = control
        self._clock = clock
        self._scenarios = scenarios
        self._playing: asyncio.Task[None] | None = None
        self.calls: list[str] = []

    async def __aenter__(self) -> Self:
        """Begin."""
        self._playing = asyncio.create_task(self._play(), name="scenarios")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop placing calls; those that run go on."""
        if self._playing:
            self._playing.cancel()
            await asyncio.gather(self._playing, return_exceptions=True)

    async def done(self) -> None:
        """Wait until every call was placed, every key pressed and every fault happened."""
        if self._playing:
            await self._playing

    async def _play(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            for scenario in self._scenarios:
                for number, person in scenario.people.items():
                    self._control.behave(number, **person.model_dump())
                for caller in scenario.calls:
                    tasks.create_task(self._call(caller), name=f"caller {caller.caller}")
                for fault in scenario.faults:
                    tasks.create_task(self._fault(fault), name=f"fault {fault.what}")

    async def _call(self, caller: Caller) -> None:
        await self._clock.sleep(caller.at)
        call = self._control.call(
            caller.caller,
            caller.calls,
            name=caller.name,
            hangup_after=caller.hangs_up_after,
            hangup_when=caller.hangs_up_when,
            hangup_delay=caller.hangs_up_delay,
        )
        self.calls.append(call)
        began = self._clock.monotonic()
        for press in caller.presses:
            if press.after == "prompt":
                await self._control.after_prompt(call, within=_PATIENCE)
                await self._clock.sleep(press.wait)
            else:
                await self._clock.sleep(began + (press.at or 0.0) - self._clock.monotonic())
            self._control.press(call, press.keys)

    async def _fault(self, fault: Fault) -> None:
        await self._clock.sleep(fault.at)
        match fault.what:
            case "cut_sockets":
                await self._control.cut_sockets()
            case "restart":
                await self._control.restart()
            case "half_open":
                self._control.half_open()
            case "invalidate_tokens":
                self._control.invalidate_tokens()
            case "licence_off" | "licence_on":
                self._control.licence(fault.what == "licence_on")
