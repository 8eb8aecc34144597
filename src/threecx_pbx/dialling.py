"""Placing calls: once, and never again blindly (api.md 2.3)."""

import asyncio
from abc import abstractmethod
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from threecx_pbx.callcontrol.refusals import refusal, result_of
from threecx_pbx.calls.model import Call, Dn, Leg, LegKey, LegState
from threecx_pbx.calls.routing import Dialled, DialOrder, Outcome
from threecx_pbx.errors import PbxUnreachable, StillRouting, ThreeCxError
from threecx_pbx.routing import FAILED, MARGIN, Routing
from threecx_pbx.transport.answer import Answer

_LATE_ANSWER_S = 5.0
"""A makecall whose leg was dropped is answered within this; if not, it is left to itself and watched."""

_LATE_LEG_S = 5.0
"""The leg of a call whose answer was lost shows within this, or never."""

_LOOK_AGAIN_S = 60.0
"""Legs are looked at anew so often though nobody told of a change."""

_LATE_UPSERT = timedelta(milliseconds=500)
"""Between a Remove and the Upsert of the leg that has taken its id."""


class Dialling(Routing):
    """Verbs that make a call."""

    own: Dn

    @abstractmethod
    def calls_now(self) -> tuple[Call, ...]:
        """All calls that are up."""

    async def dial(self, order: DialOrder) -> Dialled:
        """Places one call. Cancelled, or not answered in time: a leg that came about is dropped. Raises Forbidden, …"""
        source = Dn(order.source or self.own)
        device = await self._device(source)
        body = {"destination": order.destination, "timeout": int(order.within.total_seconds())}
        placing = _Placing(source, order.destination, frozenset(leg.key for _, leg in self._legs(source)))
        limit = (order.within + MARGIN).total_seconds()
        asking = asyncio.create_task(self.rest.make_call(source, device, body, limit), name="makecall")
        try:
            with self.watcher.placing(source, order.destination):
                answer = await asyncio.shield(asking)
                self._name(placing, answer)
            return await self._placed(placing, answer, order.within)
        except (asyncio.CancelledError, PbxUnreachable) as gone:
            # the call may exist although its answer was lost (api.md 2.3): look, and drop it
            await asyncio.shield(self._undo(asking, placing))
            if isinstance(gone, PbxUnreachable):
                raise StillRouting(
                    "The PBX's answer to a placed call was lost; the call was ended."
                ) from gone
            raise

    async def _device(self, dn: str) -> str | None:
        """The device form is sure to name the initiator (api.md 2.3); without a device the DN form is all there is."""
        devices = await self.rest.devices(dn)
        return devices[0].device_id if devices else None

    def _name(self, placing: "_Placing", answer: Answer) -> None:
        """The answer of a call that is under way names its leg."""
        result = result_of(answer)
        if not answer.ok or result.failed or result.result is None or not result.result.id:
            return
        placing.participant = result.result.id
        former = {leg.participant for _, leg in self._legs(placing.source) if leg.key in placing.before}
        known = placing.participant in former
        self.watcher.outgoing(placing.source, placing.participant, taken_again=known)

    async def _placed(self, placing: "_Placing", answer: Answer, within: timedelta) -> Dialled:
        result = result_of(answer)
        if not answer.ok and answer.status not in (422, 424):
            raise refusal(answer, f"place a call from {placing.source}")
        if not answer.ok or result.failed:
            reason = result.reason or result.reasontext or f"HTTP {answer.status}"
            return Dialled(False, FAILED.get(result.reason.lower(), Outcome.REFUSED), reason, None, None)
        return await self._answered(placing, within)

    async def _answered(self, placing: "_Placing", within: timedelta) -> Dialled:
        """A 2xx says that the call is under way; its leg's state says the rest."""
        appeared: Leg | None = None
        deadline = self.clock.now() + within
        while (left := (deadline - self.clock.now()).total_seconds()) > 0:
            mine = self._mine(placing)
            if mine is not None and mine[1].state is LegState.CONNECTED:
                return Dialled(True, Outcome.UNKNOWN, "", *mine)
            if mine is None and appeared is not None:
                if await self._comes_back(placing):
                    continue
                return Dialled(False, Outcome.NO_ANSWER, "the call ended before it was answered", None, None)
            appeared = appeared if mine is None else mine[1]
            await self.any_change(left)
        if appeared is not None:
            await self.drop(appeared)
        return Dialled(False, Outcome.NO_ANSWER, "nobody answered in time", None, None)

    async def _comes_back(self, placing: "_Placing") -> bool:
        """Ids are taken again (api.md 11.8): a Remove that is late may tell of the leg that had this number before."""
        until = self.clock.now() + _LATE_UPSERT
        while (left := (until - self.clock.now()).total_seconds()) > 0:
            if self._mine(placing) is not None:
                if placing.participant:
                    self.watcher.outgoing(placing.source, placing.participant)
                return True
            await self.any_change(left)
        return False

    async def _undo(self, asking: "asyncio.Task[Answer]", placing: "_Placing") -> None:
        """Ends the call; what takes longer goes on without anybody waiting."""
        ending = asyncio.create_task(self._end(asking, placing), name="late leg")
        self.let_go(ending)
        await asyncio.wait((ending,), timeout=_LATE_ANSWER_S)

    async def _end(self, asking: "asyncio.Task[Answer]", placing: "_Placing") -> None:
        """Drops the leg as soon as it shows, which makes the PBX answer, and what its answer names."""
        # the answer may come as late as the end of the ringing, the leg's Upsert after we gave up
        await self._drop_as_it_shows(placing, asking)
        if not placing.dropped and (asking.cancelled() or asking.exception() is not None):
            late = asyncio.create_task(self.clock.sleep(_LATE_LEG_S), name="late Upsert")
            await self._drop_as_it_shows(placing, late)
        await self._drop_answered(asking, placing)

    async def _drop_as_it_shows(self, placing: "_Placing", until: "asyncio.Task[Any]") -> None:
        await self._drop_mine(placing)
        while not placing.dropped and not until.done():
            change = asyncio.create_task(self.any_change(_LOOK_AGAIN_S), name="leg shows")
            await asyncio.wait((until, change), return_when=asyncio.FIRST_COMPLETED)
            change.cancel()
            await self._drop_mine(placing)

    async def _drop_answered(self, asking: "asyncio.Task[Answer]", placing: "_Placing") -> None:
        try:
            result = result_of(await asking).result
        except ThreeCxError:
            result = None
        placing.participant = result.id if result else 0
        await self._drop_mine(placing)
        if placing.participant and placing.participant != placing.dropped:
            await self.rest.act(placing.source, placing.participant, "drop", {})

    async def _drop_mine(self, placing: "_Placing") -> None:
        mine = self._mine(placing)
        if mine is not None:
            placing.dropped = mine[1].participant
            await self.drop(mine[1])

    def _mine(self, placing: "_Placing") -> tuple[Call, Leg] | None:
        """The leg of this call and no other: not a caller who comes in meanwhile, nor another call that is placed."""
        new = [each for each in self._legs(placing.source) if each[1].key not in placing.before]
        if placing.participant:
            new = [each for each in new if each[1].participant == placing.participant]
        else:
            new = [each for each in new if each[1].party.is_number(placing.destination)]
        return new[0] if new else None

    def _legs(self, dn: str) -> list[tuple[Call, Leg]]:
        return [(call, leg) for call in self.calls_now() for leg in call.legs.values() if leg.dn == dn]

    @abstractmethod
    async def any_change(self, within: float) -> None:
        """Returns at the next change of any call, or after that many seconds."""


@dataclass(slots=True)
class _Placing:
    """One call that is being placed, and what is known of its own leg."""

    source: Dn
    destination: str
    before: frozenset[LegKey]
    participant: int = 0
    """As the PBX's answer named it; 0 while that is not known."""
    dropped: int = 0
