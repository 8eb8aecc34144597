"""Placing calls: once, and never again blindly (api.md 2.3)."""

import asyncio
from abc import abstractmethod
from dataclasses import dataclass
from datetime import timedelta

from threecx_pbx.callcontrol.refusals import refusal, result_of
from threecx_pbx.calls.model import Call, Dn, Leg, LegKey, LegState
from threecx_pbx.calls.routing import Outcome
from threecx_pbx.errors import PbxUnreachable, StillRouting
from threecx_pbx.routing import FAILED, MARGIN, Routing
from threecx_pbx.transport.answer import Answer


@dataclass(frozen=True, slots=True)
class DialOrder:
    """A call to place. `source` empty: our own route point."""

    destination: str
    source: str = ""
    within: timedelta = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Dialled:
    """What came of it; `call` and `leg` are ours, None where the PBX did not show them."""

    connected: bool
    outcome: Outcome
    reason: str
    call: Call | None
    leg: Leg | None


class Dialling(Routing):
    """Verbs that make a call."""

    own: Dn

    @abstractmethod
    def calls_now(self) -> tuple[Call, ...]:
        """All calls that are up."""

    async def dial(self, order: DialOrder) -> Dialled:
        """Places one call. Cancelled, or not answered in time: a leg that came about is dropped. Raises Forbidden, …"""
        source = order.source or self.own
        device = await self._device(source)
        body = {"destination": order.destination, "timeout": int(order.within.total_seconds())}
        before = frozenset(key for _, leg in self._legs(source) for key in [leg.key])
        limit = (order.within + MARGIN).total_seconds()
        asking = asyncio.create_task(self.rest.make_call(source, device, body, limit), name="makecall")
        try:
            answer = await asyncio.shield(asking)
            return await self._placed(source, before, answer, order.within)
        except (asyncio.CancelledError, PbxUnreachable) as gone:
            # the call may exist although its answer was lost (api.md 2.3): look, and drop it
            await asyncio.shield(self._undo(asking, source, before))
            if isinstance(gone, PbxUnreachable):
                raise StillRouting(
                    "The PBX's answer to a placed call was lost; the call was ended."
                ) from gone
            raise

    async def _device(self, dn: str) -> str | None:
        """The device form is sure to name the initiator (api.md 2.3); without a device the DN form is all there is."""
        devices = await self.rest.devices(dn)
        return devices[0].device_id if devices else None

    async def _placed(
        self, source: str, before: frozenset[LegKey], answer: Answer, within: timedelta
    ) -> Dialled:
        result = result_of(answer)
        if not answer.ok and answer.status not in (422, 424):
            raise refusal(answer, f"place a call from {source}")
        if not answer.ok or result.failed:
            reason = result.reason or result.reasontext or f"HTTP {answer.status}"
            return Dialled(False, FAILED.get(result.reason.lower(), Outcome.REFUSED), reason, None, None)
        return await self._answered(source, before, within)

    async def _answered(self, source: str, before: frozenset[LegKey], within: timedelta) -> Dialled:
        """A 2xx says that the call is under way; its leg's state says the rest."""
        appeared: tuple[Call, Leg] | None = None
        waited = 0.0
        while waited < within.total_seconds():
            new = [(call, leg) for call, leg in self._legs(source) if leg.key not in before]
            if new:
                appeared = new[0]
                if appeared[1].state is LegState.CONNECTED:
                    return Dialled(True, Outcome.UNKNOWN, "", *appeared)
            elif appeared is not None:
                return Dialled(False, Outcome.NO_ANSWER, "the call ended before it was answered", None, None)
            await self.any_change(0.25)
            waited += 0.25
        if appeared is not None:
            await self.drop(appeared[1])
        return Dialled(False, Outcome.NO_ANSWER, "nobody answered in time", None, None)

    async def _undo(self, asking: "asyncio.Task[Answer]", source: str, before: frozenset[LegKey]) -> None:
        if not asking.done():
            await asyncio.wait((asking,), timeout=5)
        for _, leg in self._legs(source):
            if leg.key not in before:
                await self.drop(leg)
        if not asking.done():
            self.let_go(asking)

    def _legs(self, dn: str) -> list[tuple[Call, Leg]]:
        return [(call, leg) for call in self.calls_now() for leg in call.legs.values() if leg.dn == dn]

    @abstractmethod
    async def any_change(self, within: float) -> None:
        """Returns at the next change of any call, or after that many seconds."""
