"""Putting a caller through: long requests whose end the PBX tells in its answer (api.md 2.4)."""

import asyncio
from abc import abstractmethod
from datetime import datetime, timedelta
from enum import StrEnum

from threecx_pbx.callcontrol.refusals import refusal, result_of
from threecx_pbx.callcontrol.seeing import kind_of
from threecx_pbx.callcontrol.wire import ActionResult
from threecx_pbx.calls.model import Call, CallId, Leg, LegState, PartyKind
from threecx_pbx.calls.routing import Outcome, Routed
from threecx_pbx.errors import CallEnded, Forbidden, NotConnected, PbxUnreachable, StillRouting
from threecx_pbx.transport.answer import Answer
from threecx_pbx.verbs import ENDED, CallVerbs

MARGIN = timedelta(seconds=60)
"""The answer comes when the target was reached or not, some time after the ring time-out (api.md 2.4)."""

_SETTLE = timedelta(milliseconds=150)
"""Between the own leg's end on the socket and the verb's answer over HTTP."""

FAILED = {
    "destinationbusy": Outcome.BUSY,
    "3": Outcome.BUSY,
    "destinationnoanswer": Outcome.NO_ANSWER,
    "4": Outcome.NO_ANSWER,
    "operationtimeout": Outcome.NO_ANSWER,
    "1": Outcome.NO_ANSWER,
}
_TOOK = {
    PartyKind.EXTENSION: Outcome.HUMAN,
    PartyKind.VOICEMAIL: Outcome.VOICEMAIL,
    PartyKind.QUEUE: Outcome.QUEUE,
    PartyKind.RING_GROUP: Outcome.QUEUE,
    PartyKind.IVR: Outcome.IVR,
    PartyKind.EXTERNAL: Outcome.EXTERNAL,
}


class Verb(StrEnum):
    """How 3CX moves a caller."""

    DIVERT = "divert"
    ROUTE_TO = "routeto"
    TRANSFER_TO = "transferto"


class Routing(CallVerbs):
    """Verbs that take as long as a phone rings."""

    async def transfer(self, call: Call, to: str, within: timedelta) -> Routed:
        """Blind: a connected caller is transferred, a ringing one diverted. Raises CallEnded, NotConnected, StillRouting, …"""
        leg = self.own_leg(call)
        if leg.state is LegState.RINGING:
            return await self._move(call, leg, Verb.DIVERT, to, within)
        if leg.state is not LegState.CONNECTED:
            raise NotConnected("This call is not connected yet, so it cannot be transferred.")
        return await self._move(call, leg, Verb.TRANSFER_TO, to, within)

    async def divert(self, call: Call, to: str, within: timedelta = timedelta(seconds=30)) -> Routed:
        """Sends a ringing call elsewhere. Raises NotRinging."""
        leg = self.ringing_leg(call, "divert", "Use Transfer for a call that is connected.")
        return await self._move(call, leg, Verb.DIVERT, to, within)

    async def route(self, call: Call, to: str, within: timedelta) -> Routed:
        """Supervised: our leg stays until the target answers; afterwards it is dropped if the PBX left it (api.md 2.4)."""
        leg = self.own_leg(call)
        routed = await self._move(call, leg, Verb.ROUTE_TO, to, within)
        now = self.look(call.id)
        if routed.connected and now is not None and now.own_leg is not None:
            # whether the own leg stays after a route differs between PBXs: api.md 13.12
            await self.drop(now.own_leg)
        return routed

    @abstractmethod
    def handed_on(self, id_: CallId, to: str) -> None:
        """The call was put through to a number that may be out of sight."""

    @abstractmethod
    def kind_of_number(self, number: str) -> PartyKind:
        """What the PBX's directory says of a number; UNKNOWN where it was not read."""

    @abstractmethod
    def let_go(self, task: "asyncio.Task[Answer]") -> None:
        """Takes over a request that nobody waits for any more."""

    async def _move(self, call: Call, leg: Leg, verb: Verb, to: str, within: timedelta) -> Routed:
        began = self.clock.now()
        body = {"destination": to, "timeout": int(within.total_seconds())}
        limit = (within + MARGIN).total_seconds()
        asking = asyncio.create_task(
            self.rest.act(leg.dn, leg.participant, verb.value, dict(body), limit), name=f"{verb.value} {to}"
        )
        leaving = asyncio.create_task(self._hung_up(call.id), name="caller hangs up")
        try:
            await asyncio.wait((asking, leaving), return_when=asyncio.FIRST_COMPLETED)
            if not asking.done():
                await asyncio.wait((asking,), timeout=_SETTLE.total_seconds())
            if not asking.done():
                raise CallEnded(ENDED)
            return self._moved(call, leg, await self._told(asking), to, began)
        finally:
            leaving.cancel()
            if not asking.done():
                # the PBX may still put the caller through: nobody waits for it any more
                self.let_go(asking)

    async def _told(self, asking: "asyncio.Task[Answer]") -> Answer:
        try:
            return await asking
        except PbxUnreachable as error:
            raise StillRouting("The PBX has not said in time whether the call was put through.") from error

    async def _hung_up(self, id_: CallId) -> None:
        """Returns when no leg of the call is left."""
        while True:
            try:
                await self.until(
                    id_, lambda call: True if call is None or not call.legs else None, timedelta(days=1)
                )
            except TimeoutError:
                continue
            return

    def _moved(self, call: Call, leg: Leg, answer: Answer, to: str, began: datetime) -> Routed:
        seconds = (self.clock.now() - began).total_seconds()
        result = result_of(answer)
        if answer.ok and not result.failed:
            self.handed_on(call.id, to)
            outcome, by = self._taker(call, leg, result, to)
            return Routed(True, outcome, by, "", seconds)
        if answer.status == 403:
            raise Forbidden(f"3CX does not let this API client put calls through to {to}.")
        now = self.look(call.id)
        if now is None or not now.legs:
            raise CallEnded(ENDED)
        if (
            answer.status in (401, 429)
            or answer.status >= 500
            or (answer.status == 404 and not result.reason)
        ):
            raise refusal(answer, f"put this call through to {to}")
        reason = result.reason or result.reasontext or f"HTTP {answer.status}"
        return Routed(False, FAILED.get(result.reason.lower(), Outcome.REFUSED), "", reason, seconds)

    def _taker(self, call: Call, leg: Leg, result: ActionResult, to: str) -> tuple[Outcome, str]:
        """Who took the caller, where the PBX lets one know: a leg we see, else the result's party, else the number's kind."""
        now = self.look(call.id)
        others = (
            []
            if now is None
            else [each for each in now.legs.values() if each.dn != leg.dn and not each.calling]
        )
        if others:
            last = max(others, key=lambda each: each.first_seen)
            return _TOOK.get(last.dn_kind, Outcome.UNKNOWN), last.dn
        party = result.result.party_dn_type if result.result else ""
        kind = kind_of(party) if party else PartyKind.UNKNOWN
        if result.result is not None and result.result.dn not in ("", leg.dn):
            return _TOOK.get(self.kind_of_number(result.result.dn), Outcome.UNKNOWN), result.result.dn
        if kind in (PartyKind.UNKNOWN, leg.party.kind):
            kind = self.kind_of_number(to)
            return (Outcome.UNKNOWN if kind is PartyKind.EXTENSION else _TOOK.get(kind, Outcome.UNKNOWN)), to
        return _TOOK.get(kind, Outcome.UNKNOWN), to
