"""Playing scenarios on a running PBX."""

import asyncio
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from threecx_simulator.audio.pcm import to_wav
from threecx_simulator.audio.people import sound
from threecx_simulator.audio.speech import SPOKEN
from threecx_simulator.clock import Clock
from threecx_simulator.control.faults import UnknownCall
from threecx_simulator.control.handle import Control
from threecx_simulator.control.model import CallReport
from threecx_simulator.scenarios.fault import Fault
from threecx_simulator.scenarios.judge import Verdict, judge
from threecx_simulator.scenarios.model import Caller, Person, Scenario, Step
from threecx_simulator.scenarios.strike import strike

_PATIENCE = (
    60.0  # wall-clock seconds that a caller waits for a prompt, a moment or the end, before hanging up
)


class Player:
    """Plays its scenarios while it is entered."""

    def __init__(
        self, control: Control, clock: Clock, scenarios: list[Scenario], patience: float = _PATIENCE
    ) -> None:
        self.control = control
        self.clock = clock
        self.scenarios = scenarios
        self._patience = patience
        self.calls: list[str] = []
        self.verdicts: list[Verdict] = []
        self._playing: asyncio.Task[None] | None = None

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

    async def done(self) -> list[Verdict]:
        """Wait until everybody has done their part, and every call that somebody hangs up or expects something of has
        ended and was judged."""
        if self._playing:
            await self._playing
        return self.verdicts

    async def _play(self) -> None:
        before = {call.id for call in self.control.calls()}
        async with asyncio.TaskGroup() as tasks:
            for scenario in self.scenarios:
                for number, person in scenario.people.items():
                    self.control.behave(number, **_placed(person, Path(scenario.folder)))
                for caller in scenario.calls:
                    tasks.create_task(
                        self._call(caller, Path(scenario.folder)), name=f"caller {caller.caller}"
                    )
                for fault in scenario.faults:
                    tasks.create_task(self._fault(fault, before), name=f"fault {fault.what}")

    async def _call(self, caller: Caller, folder: Path) -> None:
        await self.clock.sleep(caller.at)
        call = self.control.call(
            caller.caller,
            caller.calls,
            name=caller.name,
            hangup_after=caller.hangs_up_after,
            hangup_when=caller.hangs_up_when,
            hangup_delay=caller.hangs_up_delay,
        )
        self.calls.append(call)
        try:
            async with asyncio.TaskGroup() as acts:
                acts.create_task(self._press(call, caller))
                acts.create_task(self._steps(call, caller.steps, folder))
        except* TimeoutError:
            self.control.hang_up(call)
        if caller.expects or caller.hangs_up_after is not None or caller.hangs_up_when:
            report = await self._ended(call)
            heard = self.control.heard_pcm(call)
            for one in caller.expects:
                # in a thread: comparing sounds takes its time, and the PBX is not to be late
                self.verdicts.append(await asyncio.to_thread(judge, one, report, heard, folder))

    async def _ended(self, call: str) -> CallReport:
        try:
            return await self.control.ended(call, self._patience)
        except TimeoutError:
            self.control.hang_up(call)
            return self.control.report(call)

    async def _press(self, call: str, caller: Caller) -> None:
        began = self.clock.monotonic()
        for press in caller.presses:
            if press.after == "prompt":
                await self.control.after_prompt(call, within=self._patience)
                await self.clock.sleep(press.wait)
            else:
                await self.clock.sleep(began + (press.at or 0.0) - self.clock.monotonic())
            self.control.press(call, press.keys)

    async def _steps(self, call: str, steps: tuple[Step, ...], folder: Path) -> None:
        """A caller whose call has ended does nothing more."""
        for step in steps:
            if self.control.report(call).state == "ended":
                return
            await self._step(call, step, folder)

    async def _step(self, call: str, step: Step, folder: Path) -> None:
        if step.wait is not None:
            await self.clock.sleep(step.wait)
        elif step.listen is not None:
            await self.control.after_prompt(call, within=self._patience)
        elif step.press is not None:
            self.control.press(call, step.press)
        elif step.say is not None:
            await self._say(call, step.say, folder)
        elif step.until is not None:
            what = step.until
            await self.control.until(
                call, lambda now: what in now.moments or now.state == "ended", self._patience
            )
        else:
            self.control.hang_up(call)

    async def _say(self, call: str, text: str, folder: Path) -> None:
        try:
            await self.clock.sleep(self.control.say(call, to_wav(sound(text, folder))))
        except UnknownCall:
            return  # hung up meanwhile

    async def _fault(self, fault: Fault, before: set[str]) -> None:
        call = ""
        if fault.when is None:
            await self.clock.sleep(fault.at or 0.0)
        else:
            try:
                call = await self.control.happened(fault.when, before, self._patience)
            except TimeoutError:
                return  # the moment never came
        await strike(self.control, fault, call)


def _placed(person: Person, folder: Path) -> dict[str, Any]:
    """What a person does; the file that they say is looked for in the scenario's folder."""
    fields = person.model_dump()
    if person.says and not person.says.startswith(("tone:", SPOKEN)):
        fields["says"] = str(folder / person.says)
    return fields
