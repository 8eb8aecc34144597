"""Putting a caller through: long requests whose end the PBX tells in its answer (api.md 2.4)."""

import asyncio
from abc import abstractmethod
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Any

from threecx_pbx.callcontrol.refusals import refusal, result_of
from threecx_pbx.callcontrol.wire import ActionResult
from threecx_pbx.calls.model import Call, CallId, Leg, LegKey, LegState, Party, PartyKind
from threecx_pbx.calls.routing import Outcome, Routed
from threecx_pbx.calls.seeing import kind_of
from threecx_pbx.errors import CallEnded, Forbidden, NotConnected, PbxUnreachable, StillRouting
from threecx_pbx.transport.answer import Answer
from threecx_pbx.verbs import ENDED, CallVerbs

MARGIN = timedelta(seconds=60)
"""The answer comes when the target was reached or not, some time after the ring time-out (api.md 2.4)."""

_SETTLE = timedelta(milliseconds=150)
"""Between the own leg's end on the socket and the verb's answer over HTTP."""

_LATE_ANSWER = timedelta(seconds=2)
"""For an answer that comes late after what it tells of (api.md 2.4): as long as a call without legs is kept."""

_READ = timedelta(milliseconds=500)
"""For an event to come and its leg to be read."""

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


_CALLER_GONE = frozenset({"parentconnectionterminated", "8", "partyconnectionlost", "7"})


class Verb(StrEnum):
    """How 3CX moves a caller."""

    DIVERT = "divert"
    ROUTE_TO = "routeto"
    TRANSFER_TO = "transferto"


class Routing(CallVerbs):
    """Verbs that take as long as a phone rings."""

    _unfinished: "dict[LegKey, asyncio.Task[Routed]]"
    """Requests that nobody waits for any more: 3CX cannot be told to give a transfer up (api.md 2.4)."""

    async def transfer(self, call: Call, to: str, within: timedelta) -> Routed:
        """Blind: a connected caller is transferred, a ringing one diverted. Raises CallEnded, NotConnected, StillRouting, …"""
        # 3CX may have connected a leg whose Upsert is still to come, and takes no divert any more
        leg = await self.answered(call, _LATE_ANSWER)
        if leg.state is LegState.RINGING:
            routed = await self._move(call, leg, Verb.DIVERT, to, within)
            return await self._picked_up(call, leg, routed, within)
        if leg.state is not LegState.CONNECTED:
            raise NotConnected("This call is not connected yet, so it cannot be transferred.")
        routed = await self._move(call, leg, Verb.TRANSFER_TO, to, within)
        earlier = self._unfinished.get(leg.key)
        if routed.outcome is not Outcome.REFUSED or earlier is None:
            return routed
        # the leg may be on hold for a transfer that was given up here, and is free again when that has failed
        await asyncio.wait((earlier,), timeout=within.total_seconds())
        return await self._move(call, self.own_leg(call), Verb.TRANSFER_TO, to, within)

    async def divert(self, call: Call, to: str, within: timedelta = timedelta(seconds=30)) -> Routed:
        """Sends a ringing call elsewhere. Raises NotRinging."""
        leg = self.ringing_leg(call, "divert", "Use Transfer for a call that is connected.")
        return await self._move(call, leg, Verb.DIVERT, to, within)

    async def route(self, call: Call, to: str, within: timedelta) -> Routed:
        """Supervised: our leg stays until the target answers; afterwards it is dropped if the PBX left it (api.md 2.4)."""
        leg = await self.answered(call, _LATE_ANSWER)
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
    def sees(self, number: str) -> bool:
        """Whether the legs of a number are shown to this login."""

    @abstractmethod
    def let_go(self, task: "asyncio.Task[Any]") -> None:
        """Takes over a request that nobody waits for any more."""

    async def _move(self, call: Call, leg: Leg, verb: Verb, to: str, within: timedelta) -> Routed:
        began = self.clock.now()
        body = {"destination": to, "timeout": int(within.total_seconds())}
        limit = (within + MARGIN).total_seconds()
        asking = asyncio.create_task(
            self.rest.act(leg.dn, leg.participant, verb.value, dict(body), limit), name=f"{verb.value} {to}"
        )
        asked = _Asked(self.look(call.id) or call, leg, verb, to, within, began)
        ending = asyncio.create_task(self._ending(asked, asking), name=f"end of {verb.value} {to}")
        settled = asyncio.create_task(self._settled(asked), name="legs show an end")
        try:
            await asyncio.wait((asking, settled), return_when=asyncio.FIRST_COMPLETED)
            if not asking.done():
                await asyncio.wait((asking,), timeout=self._patience(asked).total_seconds())
            return await (asyncio.shield(ending) if asking.done() else self._unanswered(asked))
        finally:
            settled.cancel()
            if not ending.done():
                # the PBX may still put the caller through: nobody waits for it any more
                self._give_up(leg.key, ending)

    def _give_up(self, leg: LegKey, ending: "asyncio.Task[Routed]") -> None:
        self.let_go(ending)

        def ended(_: "asyncio.Task[Routed]") -> None:
            if self._unfinished.get(leg) is ending:
                del self._unfinished[leg]

        self._unfinished[leg] = ending
        ending.add_done_callback(ended)

    async def _ending(self, asked: "_Asked", asking: "asyncio.Task[Answer]") -> Routed:
        try:
            answer = await asking
        except PbxUnreachable as error:
            raise StillRouting("The PBX has not said in time whether the call was put through.") from error
        return await self._moved(asked, answer)

    def _patience(self, asked: "_Asked") -> timedelta:
        """Where no leg was seen to ring, only the answer tells a caller who was put through from one who hung up."""
        now = self.look(asked.call.id)
        return _SETTLE if now is None or (not now.legs and asked.to in now.rang) else _LATE_ANSWER

    async def _unanswered(self, asked: "_Asked") -> Routed:
        """The answer may hang long after what it tells of (api.md 2.4); the legs have shown it."""
        if _is_taken(asked, self.look(asked.call.id)):
            return await self._put_through(asked, ActionResult())
        raise CallEnded(ENDED)

    async def _settled(self, asked: "_Asked") -> None:
        """Returns when the caller is surely gone, or somebody has taken the call."""

        def over(call: Call | None) -> bool | None:
            if asked.verb is not Verb.DIVERT:
                return True if call is None or not call.legs or _is_taken(asked, call) else None
            # the ringing leg may go at once, and the answer come when somebody picked up where we cannot see
            return True if _is_taken(asked, call) or (call is None and self.sees(asked.to)) else None

        while True:
            try:
                await self.until(asked.call.id, over, timedelta(days=1))
            except TimeoutError:
                continue
            return

    async def _moved(self, asked: "_Asked", answer: Answer) -> Routed:
        result = result_of(answer)
        if answer.status == 202 and not result.failed:
            return await self._watched(asked)
        seconds = (self.clock.now() - asked.began).total_seconds()
        if answer.ok and not result.failed:
            return await self._put_through(asked, result)
        if answer.status == 403:
            raise Forbidden(f"3CX does not let this API client put calls through to {asked.to}.")
        if await self._is_over(asked.call.id, result):
            raise CallEnded(ENDED)
        if (
            answer.status in (401, 429)
            or answer.status >= 500
            or (answer.status == 404 and not result.reason)
        ):
            raise refusal(answer, f"put this call through to {asked.to}")
        return Routed(False, _failure(result, seconds, asked.within), "", _why(result, answer), seconds)

    async def _is_over(self, id_: CallId, result: ActionResult) -> bool:
        """Whether the verb failed because the caller is gone: its answer may come before the leg's Remove."""
        if result.reason.lower() not in _CALLER_GONE:
            now = self.look(id_)
            return now is None or not now.legs
        with suppress(TimeoutError):
            await self.until(id_, lambda call: True if call is None or not call.legs else None, _READ)
            return True
        return False

    async def _put_through(self, asked: "_Asked", result: ActionResult) -> Routed:
        seconds = (self.clock.now() - asked.began).total_seconds()
        # the answer and the events of the legs come over two connections
        with suppress(TimeoutError, CallEnded):
            await self.until(asked.call.id, lambda now: self._is_settled(asked, now), _READ)
        self.handed_on(asked.call.id, asked.to)
        outcome, by = self._taken_by(asked, result)
        return Routed(True, outcome, by, "", seconds)

    def _is_settled(self, asked: "_Asked", now: Call | None) -> bool | None:
        """Whether the legs show what the answer said: ours has gone, and who took the call is seen if that can be."""
        if now is None or (asked.verb is not Verb.ROUTE_TO and asked.leg.key in now.legs):
            return True if now is None else None
        taken = not self.sees(asked.to) or _taker(now, asked.leg) or self._shown(now, asked.leg)
        return True if taken else None

    async def _watched(self, asked: "_Asked") -> Routed:
        """202: accepted and unfinished, the legs tell the rest (api.md 2.2), but no reason."""
        id_, moved = asked.call.id, partial(self._has_moved, asked)
        try:
            await self.until(id_, lambda now: moved(now) or _rang_out(asked, now), asked.within + _READ)
            await self.until(id_, moved, _READ)
        except TimeoutError as error:
            now = self.look(id_)
            if now is None or not now.legs:
                raise CallEnded(ENDED) from error
            seconds = (self.clock.now() - asked.began).total_seconds()
            return Routed(False, Outcome.NO_ANSWER, "", "nobody took the call in time", seconds)
        return await self._put_through(asked, ActionResult())

    def _has_moved(self, asked: "_Asked", now: Call | None) -> bool | None:
        """Whether the caller has left our leg for another. Raises CallEnded when the call's grace has passed."""
        if now is not None and asked.leg.key in now.legs:
            return _is_taken(asked, now) or None
        if not self.sees(asked.to):
            return True
        if now is None:
            raise CallEnded(ENDED)
        reached = asked.verb is Verb.DIVERT and _others(now, asked.leg)
        return True if reached or _is_taken(asked, now) or self._shown(now, asked.leg) else None

    async def _picked_up(self, call: Call, own: Leg, routed: Routed, within: timedelta) -> Routed:
        """A divert is answered as soon as the target rings (api.md 2.4): who takes the call shows on its leg."""
        now = self.look(call.id)
        others = [] if now is None else _others(now, own)
        if not routed.connected or not others or any(leg.state is LegState.CONNECTED for leg in others):
            return routed
        began = self.clock.now()
        try:
            by = await self.until(call.id, lambda now: _taker(now, own, ended=True), within)
        except TimeoutError:
            return replace(routed, outcome=Outcome.UNKNOWN)
        seconds = routed.seconds + (self.clock.now() - began).total_seconds()
        return replace(
            routed, outcome=_TOOK.get(by.dn_kind, Outcome.UNKNOWN), answered_by=by.dn, seconds=seconds
        )

    def _taken_by(self, asked: "_Asked", result: ActionResult) -> tuple[Outcome, str]:
        """Who took the caller, where the PBX lets one know: a leg we see, else whom the caller's leg shows, else the
        result's party, else the number's kind.
        """
        now = self.look(asked.call.id)
        others = [] if now is None else _others(now, asked.leg)
        if others:
            # a queue's agent may have picked up by now, yet it was the queue that took the caller
            last = max(
                others,
                key=lambda each: (each.state is LegState.CONNECTED, each.dn == asked.to, each.first_seen),
            )
            return _TOOK.get(last.dn_kind, Outcome.UNKNOWN), last.dn
        shown = self._shown(now, asked.leg)
        if shown is not None:
            return _TOOK[shown.kind], shown.number
        if result.result is not None and result.result.dn not in ("", asked.leg.dn):
            return _TOOK.get(self.kind_of_number(result.result.dn), Outcome.UNKNOWN), result.result.dn
        party = result.result.party_dn_type if result.result else ""
        kind = kind_of(party) if party else PartyKind.UNKNOWN
        if kind in (PartyKind.UNKNOWN, asked.leg.party.kind):
            kind = self.kind_of_number(asked.to)
            # its mailbox may have answered, which nothing shows
            kind = PartyKind.UNKNOWN if kind is PartyKind.EXTENSION else kind
        return _TOOK.get(kind, Outcome.UNKNOWN), asked.to

    def _shown(self, now: Call | None, own: Leg) -> Party | None:
        """Whom the caller's leg shows. An extension that we see would have a leg of its own, so it still rings there."""
        legs = [] if now is None else [leg for leg in now.legs.values() if leg.calling]
        parties = [leg.party for leg in legs if leg.party.dn != own.dn and not self.sees(leg.party.dn)]
        return next((party for party in parties if party.kind in _TOOK), None)


@dataclass(frozen=True, slots=True)
class _Asked:
    """One request to move a caller."""

    call: Call
    leg: Leg
    verb: Verb
    to: str
    within: timedelta
    began: datetime


def _others(now: Call, own: Leg) -> list[Leg]:
    """Legs of those who are called, but for our own."""
    return [leg for leg in now.legs.values() if leg.dn != own.dn and not leg.calling]


def _taker(now: Call | None, own: Leg, *, ended: bool = False) -> Leg | None:
    """Who has taken the call by now. Raises CallEnded when nobody can any more, if `ended` is asked for."""
    if now is None or not now.legs:
        if ended:
            raise CallEnded(ENDED)
        return None
    return next((leg for leg in _others(now, own) if leg.state is LegState.CONNECTED), None)


def _is_taken(asked: _Asked, now: Call | None) -> bool:
    """Whether a leg that came with the request is connected, and ours is out of the way."""
    if now is None or (asked.leg.key in now.legs and asked.verb is not Verb.ROUTE_TO):
        return False
    came = (leg for leg in _others(now, asked.leg) if leg.key not in asked.call.legs)
    return any(leg.state is LegState.CONNECTED for leg in came)


def _rang_out(asked: _Asked, now: Call | None) -> bool | None:
    """Whether a phone rang and now nobody is there: the caller hung up, or legs change their ids this moment."""
    return True if now is not None and not now.legs and asked.to in now.rang else None


def _failure(result: ActionResult, seconds: float, within: timedelta) -> Outcome:
    told = FAILED.get(result.reason.lower())
    if told is None and not result.reason and seconds >= within.total_seconds():
        return Outcome.NO_ANSWER
    return told or Outcome.REFUSED


def _why(result: ActionResult, answer: Answer) -> str:
    return result.reason or result.reasontext or f"HTTP {answer.status}"
