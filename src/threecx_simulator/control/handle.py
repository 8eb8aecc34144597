"""The control verbs as Python methods. The HTTP API offers the same."""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from functools import partial
from typing import Any

from pydantic import ValidationError

from threecx_simulator.audio.pcm import spans, whole
from threecx_simulator.audio.people import sound
from threecx_simulator.control.faults import Faults, Impossible, UnknownCall
from threecx_simulator.control.model import (
    KEYS,
    AskedView,
    BehaviourPatch,
    CallReport,
    CallState,
    ClientView,
    Heard,
    LegView,
    MomentView,
    PostTimes,
    Requests,
    Streams,
)
from threecx_simulator.control.sound import Sound
from threecx_simulator.http.app import PbxWeb
from threecx_simulator.http.gate import Asked, Gate
from threecx_simulator.pbx import callers, upheaval
from threecx_simulator.pbx.behaviour import Behaviour
from threecx_simulator.pbx.effects import CallChanged, Effect
from threecx_simulator.pbx.ids import CallKey, Dn, Status
from threecx_simulator.pbx.legs import label
from threecx_simulator.pbx.state import Call, Leg
from threecx_simulator.scenarios.complaints import in_words
from threecx_simulator.scenarios.words import moment, number_in
from threecx_simulator.switchboard import Switchboard

WITHIN = 30.0  # seconds a wait may last unless told otherwise


class Control(Faults):
    """Lives on the simulator's loop; methods act at once. The PBX's illnesses are in `Faults`."""

    def __init__(self, board: Switchboard, web: PbxWeb, gate: Gate, sound: Sound) -> None:
        super().__init__(board, web, gate, sound)
        self._waiting: set[asyncio.Future[None]] = set()
        board.listen(self._on_effect)
        gate.on_asked.append(self._on_asked)

    # --- calls -------------------------------------------------------------------------------------------------

    def call(
        self,
        origin: str,
        target: str,
        *,
        name: str = "",
        hangup_after: float | None = None,
        hangup_when: str | None = None,
        hangup_delay: float = 0.0,
    ) -> str:
        """Place a call from an extension or an outside number ("" = withheld) to a DID or a number inside; its id.

        `Impossible` when nobody is called or `hangup_when` can never come."""
        if not target:
            raise Impossible("A call needs a number to call")
        if hangup_when:
            self._possible(hangup_when)
        when = (moment(hangup_when), hangup_delay) if hangup_when else None
        deed = partial(
            callers.place,
            origin=origin,
            target=target,
            name=name,
            hang_up_after=hangup_after,
            hang_up_when=when,
        )
        return self._board.do(deed)

    def calls(self) -> list[CallReport]:
        """Every call since the last reset, the oldest first (calls made by clients too)."""
        pbx = self._board.pbx
        return [self._report(call) for call in (*pbx.ended.values(), *pbx.calls.values())]

    def report(self, call: str) -> CallReport:
        """One call with its timeline."""
        return self._report(self._find(call))

    def hang_up(self, call: str, party: str | None = None) -> None:
        """The caller (or another party) hangs up; nothing happens when the call has ended."""
        self._present(call, party)
        self._board.do(partial(callers.hang_up_call, key=CallKey(call), party=party))

    def press(self, call: str, keys: str, party: str | None = None) -> None:
        """A party presses keys; unless told, the caller, or whom an application called. Nothing when they have left."""
        if keys and not re.fullmatch(KEYS, keys):
            raise Impossible(f"'{keys}' are no keys: there are 0-9, *, # and A-D")
        self._present(call, party)
        self._board.do(partial(callers.press, key=CallKey(call), keys=keys, party=party))

    async def ended(self, call: str, within: float = WITHIN) -> CallReport:
        """Wait until the call has ended; TimeoutError after `within` wall-clock seconds."""
        return await self.until(call, lambda report: report.state == "ended", within)

    async def picked_up(self, number: str, within: float = WITHIN) -> str:
        """Wait until somebody who was called has picked up, and is still in that call; the call's id."""

        def found() -> list[str]:
            return [call.key for call in self._holding(f"connected {number}") if call.ended is None]

        await self._wait(lambda: bool(found()), within, lambda: f"nobody at {number} has picked up")
        return found()[-1]

    async def happened(self, what: str, before: set[str], within: float = WITHIN) -> str:
        """Wait until the timeline of a call that is not among those `before` holds `what`; the call's id."""

        def found() -> list[str]:
            return [call.key for call in self._holding(what) if call.key not in before]

        await self._wait(lambda: bool(found()), within, lambda: f"nowhere '{what}'")
        return found()[0]

    async def reached(self, call: str, what: str, within: float = WITHIN) -> CallReport:
        """Wait until the timeline holds `what`, e.g. "connected 101". `Impossible` when it never can."""
        self._possible(what)
        return await self.until(call, lambda report: what in report.moments, within)

    async def until(
        self, call: str, condition: Callable[[CallReport], bool], within: float = WITHIN
    ) -> CallReport:
        """Wait for a condition on a call; a TimeoutError tells the timeline so far."""
        await self._wait(
            lambda: condition(self.report(call)), within, lambda: f"{call}: {self.report(call).moments}"
        )
        return self.report(call)

    # --- sound -------------------------------------------------------------------------------------------------

    def heard(self, call: str, party: str | None = None) -> Heard:
        """What the caller (or another party: a DN or outside number) heard, as sound and silence."""
        found = self._find(call)
        return self._sound.heard(found.key, self._hearer(found, party), self._age(found))

    def heard_pcm(self, call: str, party: str | None = None) -> bytes:
        """The sound itself: 16-bit little-endian, 8000 Hz, mono, from the beginning of the call."""
        found = self._find(call)
        return self._sound.pcm(found.key, self._hearer(found, party), self._age(found))

    def heard_wav(self, call: str, party: str | None = None) -> bytes:
        """The sound as a WAV file."""
        found = self._find(call)
        return self._sound.wav(found.key, self._hearer(found, party), self._age(found))

    def say(self, call: str, wav: bytes, party: str | None = None) -> float:
        """The caller (or another party) says a WAV; its length in seconds. `NotAudio` when it is none."""
        return self._sound.say(self._speaker(self._find(call), party).uid, wav)

    def speak(self, call: str, pcm: bytes) -> None:
        """The caller says this PCM, live: what comes faster than real time for long is left out."""
        self._sound.speak(self._speaker(self._find(call), None).uid, pcm)

    async def listen(self, call: str, every: float) -> AsyncIterator[bytes]:
        """What the caller hears from now on, in pieces of `every` seconds, until the call has ended."""
        found = self._find(call)
        desk, studio = self._sound.desk, self._sound.studio
        start = desk.now()
        while found.ended is None:
            await self._board.clock.sleep(start + every - desk.now())
            yield studio.heard(found.key, found.origin, start, start + every).ljust(whole(every), b"\0")
            start += every

    def streams(self) -> Streams:
        """How the audio streams ran since the last reset, and whether the simulator itself was late."""
        return self._sound.streams()

    def posts(self, participant: int) -> list[PostTimes]:
        """What was posted on a leg, and when it arrived: the pace of a program can be judged by it."""
        return self._sound.posts(participant)

    def count_streams_anew(self) -> None:
        """Begin to count underruns and lateness from now on; the streams go on."""
        self._sound.count_anew()

    async def after_prompt(
        self, call: str, silence: float = 0.7, within: float = WITHIN, party: str | None = None
    ) -> None:
        """Wait until the caller (or another party) has heard something, from now on, and then silence for so long."""
        found = self._find(call)
        start = self._sound.desk.now()
        async with asyncio.timeout(within):
            while not self._prompted(found, party or found.origin, start, silence):
                await self._board.clock.sleep(0.1)

    def _prompted(self, call: Call, party: str, start: float, silence: float) -> bool:
        now = self._sound.desk.now()
        parts = list(spans(self._sound.studio.heard(call.key, party, start, now)))
        last = next((part for part in reversed(parts) if part.sound), None)
        return call.ended is not None or (last is not None and now - start - last.end >= silence)

    def _age(self, call: Call) -> float:
        return (self._board.clock.now() - call.began).total_seconds()

    def _present(self, call: str, party: str | None) -> None:
        found = self._find(call)
        if party and found.ended is None:
            self._speaker(found, party)

    def _hearer(self, call: Call, party: str | None) -> str:
        present = [call.origin, *map(label, call.legs.values()), *self._sound.studio.parties(call.key)]
        if party and party not in present:
            raise UnknownCall(f"{party} was never connected in call {call.key}")
        return party or call.origin

    def _speaker(self, call: Call, party: str | None) -> Leg:
        for leg in call.legs.values():
            if leg.id == call.caller if party is None else label(leg) == party:
                return leg
        raise UnknownCall(f"{party or 'The caller'} is not in call {call.key}")

    # --- the people --------------------------------------------------------------------------------------------

    def behave(self, number: str, **changes: Any) -> Behaviour:
        """Change what a number (extension or outside) does when rung; the fields of `Behaviour`. `Impossible` when there
        is no such number or field, or no such value."""
        pbx = self._board.pbx
        try:
            BehaviourPatch.model_validate(changes)
        except ValidationError as wrong:
            error = wrong.errors()[0]
            raise Impossible(f"{error['loc'][0]}: {in_words(error)}") from wrong
        self._known(number)
        if changes.get("forwards_to"):
            self._known(changes["forwards_to"])
        if changes.get("says"):
            sound(changes["says"])
        behaviour = replace(pbx.behaviour(number), **changes)
        self._board.do(partial(upheaval.behave, Dn(number), behaviour))
        return behaviour

    # --- what was asked ----------------------------------------------------------------------------------------

    def requests(self) -> Requests:
        """Everything that was asked of the PBX since the last reset."""
        asked = list(self._gate.asked)
        answered = [one.path.split("/") for one in asked if one.path.endswith("/answer") and one.status < 300]
        return Requests(
            asked=[
                AskedView(at=one.at, method=one.method, path=one.path, status=one.status) for one in asked
            ],
            counts=dict(self._gate.counts),
            answers=dict(Counter(parts[-2] for parts in answered)),
            tokens=dict(self._web.tokens.minted),
            sockets_opened=self._web.sockets.opened,
            sockets_open=len(self._web.sockets.open),
        )

    async def asked(self, method: str, path_end: str, count: int = 1, within: float = WITHIN) -> list[Asked]:
        """Wait until so many requests with this method and end of path were answered."""

        def found() -> list[Asked]:
            return [one for one in self._gate.asked if one.method == method and one.path.endswith(path_end)]

        await self._wait(lambda: len(found()) >= count, within, lambda: f"{len(found())} of {count} requests")
        return found()

    def reset(self) -> None:
        """End all calls, forget everything that happened and every fault."""
        self._web.sockets.refresh()
        self._board.do(upheaval.clean)
        self._web.office.reset()
        self._gate.asked.clear()
        self._gate.counts.clear()
        self._gate.ill.clear()
        self._web.tokens.minted.clear()
        self._sound.forget()

    def clients(self) -> list[ClientView]:
        """The API clients and their rights as of now."""
        pbx = self._board.pbx
        return [
            ClientView(
                id=one.client_id,
                name=one.name,
                role=one.role,
                call_control=one.call_control,
                xapi=one.xapi,
                monitors=sorted(pbx.monitored[one.client_id] - {one.dn}),
            )
            for one in pbx.world.clients
        ]

    def _possible(self, what: str) -> None:
        """`Impossible` when no timeline of this PBX can hold `what`."""
        try:
            named = number_in(moment(what))
        except ValueError as wrong:
            raise Impossible(str(wrong)) from wrong
        if named is not None and self._board.pbx.directory.find(named) is None:
            raise Impossible(f"'{what}' never comes: there is no number {named} on this PBX")

    # --- inside ------------------------------------------------------------------------------------------------

    def _holding(self, what: str) -> list[Call]:
        """The calls whose timeline holds that line, the oldest first."""
        pbx = self._board.pbx
        calls = (*pbx.ended.values(), *pbx.calls.values())
        return [call for call in calls if any(one.what == what for one in call.timeline)]

    def _report(self, call: Call) -> CallReport:
        legs = [
            LegView(id=leg.id, dn=leg.dn, number=label(leg), status=leg.status) for leg in call.legs.values()
        ]
        timeline = [
            MomentView(at=one.at, seconds=(one.at - call.began).total_seconds(), what=one.what)
            for one in call.timeline
        ]
        return CallReport(
            id=call.key,
            callid=call.callid,
            from_=call.origin,
            to=call.target,
            state=_state(call),
            began_at=call.began,
            ended_at=call.ended,
            ended_by=call.ended_by,
            connected_to=call.connected_to,
            attached=call.attached,
            legs=legs,
            timeline=timeline,
        )

    def _on_effect(self, effect: Effect) -> None:
        if isinstance(effect, CallChanged):
            self._wake()

    def _on_asked(self, _asked: Asked) -> None:
        self._wake()

    def _wake(self) -> None:
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_result(None)

    async def _wait(self, condition: Callable[[], bool], within: float, explain: Callable[[], str]) -> None:
        try:
            async with asyncio.timeout(within):
                while not condition():
                    change: asyncio.Future[None] = asyncio.get_running_loop().create_future()
                    self._waiting.add(change)
                    try:
                        await change
                    finally:
                        self._waiting.discard(change)
        except TimeoutError as late:
            raise TimeoutError(f"Not within {within} s; {explain()}") from late


def _state(call: Call) -> CallState:
    if call.ended is not None:
        return "ended"
    statuses = {leg.status for leg in call.legs.values()}
    if statuses & {Status.CONNECTED, Status.HOLD, Status.HELD}:
        return "connected"
    return "ringing" if Status.RINGING in statuses else "dialing"
