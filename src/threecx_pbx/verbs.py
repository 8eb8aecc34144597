"""What can be done to a call: find its own leg, check its state, ask the PBX, and judge by `finalstatus`, not by a 2xx."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import TypeVar

from threecx_pbx.callcontrol.client import CallControl
from threecx_pbx.callcontrol.refusals import refusal, result_of
from threecx_pbx.calls.model import Call, CallId, Leg, LegKey, LegState
from threecx_pbx.clock import Clock
from threecx_pbx.errors import (
    BadParameter,
    CallEnded,
    Forbidden,
    NoDirectControl,
    NotOwnLeg,
    NotRinging,
    ThreeCxError,
)
from threecx_pbx.transport.answer import Answer
from threecx_pbx.watching import Watcher

T = TypeVar("T")

ENDED = "The call has ended: the caller or the other side hung up."


class CallVerbs(ABC):
    """Verbs on one leg. Routing and dialling, which take long, stand beside it."""

    rest: CallControl
    clock: Clock
    watcher: Watcher
    _answering: set[LegKey]
    """Legs that an operation is answering right now: others leave it to that one."""

    @abstractmethod
    def look(self, id_: CallId) -> Call | None:
        """The call as it is now; None once it is over."""

    @abstractmethod
    async def until(self, id_: CallId, check: Callable[[Call | None], T | None], within: timedelta) -> T:
        """The first thing that `check` gives for the call as it changes. Raises TimeoutError."""

    async def answer(self, call: Call, within: timedelta = timedelta(seconds=10)) -> Leg:
        """The own leg, connected. Raises NotOwnLeg, CallEnded, NotRinging, NoDirectControl."""
        leg = self.own_leg(call)
        if leg.state is LegState.CONNECTED:
            return leg
        if leg.key in self._answering:
            return await self._connects(call, True, within)
        self._answering.add(leg.key)
        try:
            return await self._connects(call, await self._ask_to_answer(leg), within)
        finally:
            self._answering.discard(leg.key)

    async def answered(self, call: Call, within: timedelta) -> Leg:
        """The own leg; one that is being answered right now has so long to connect. Raises CallEnded, NotOwnLeg."""
        leg = self.own_leg(call)
        if leg.key in self._answering:
            with suppress(TimeoutError):
                return await self.until(call.id, _connected, within)
        return self.own_leg(call)

    async def _connects(self, call: Call, took: bool, within: timedelta) -> Leg:
        try:
            return await self.until(call.id, _connected, within)
        except TimeoutError as error:
            if not took:
                raise NoDirectControl(
                    "3CX cannot answer this call: its leg does not take commands."
                ) from error
            raise NotRinging(
                f"The call was not connected within {within.total_seconds():g} seconds of being answered.",
                hint="Raise the timeout, or look at the PBX's event log.",
            ) from error

    async def _ask_to_answer(self, leg: Leg) -> bool:
        """Whether 3CX took the command."""
        self.watcher.expect((leg.dn, leg.participant))
        shown = False
        try:
            answer = await self._act(leg, "answer")
            shown = self._show(leg, answer)
        finally:
            if not shown:
                self.watcher.unexpect((leg.dn, leg.participant))
        # a PBX that connects route points by itself answers 422 here, and the leg connects anyway: api.md 5
        if not answer.ok and answer.status not in (404, 422):
            raise self._no(answer, "answer this call")
        return (answer.ok and not result_of(answer).failed) or answer.status == 404

    def _show(self, leg: Leg, answer: Answer) -> bool:
        """Whether the verb's result shows the leg connected, which then is seen already."""
        shape = result_of(answer).result if answer.ok else None
        # the leg that was asked for; the result's own names may be empty
        known = {"dn": leg.dn, "id": leg.participant}
        return shape is not None and self.watcher.connected(shape.model_copy(update=known))

    async def drop_own(self, call: Call) -> list[Leg]:
        """Leaves the call, which ends a call of two."""
        leg = self.own_leg(call)
        await self.drop(leg)
        return [leg]

    async def drop_seen(self, call: Call, dn: str) -> list[Leg]:
        """Ends the leg of one extension. Raises BadParameter when the call has none there."""
        legs = [leg for leg in call.legs.values() if leg.dn == dn]
        if not legs:
            seen = ", ".join(sorted({leg.dn for leg in call.legs.values()}))
            raise BadParameter(
                f"This call has no leg at extension '{dn}'.", hint=f"It is seen at: {seen or 'no extension'}."
            )
        for leg in legs:
            await self.drop(leg)
        return legs

    async def reject(self, call: Call) -> Leg:
        """Drops a leg that still rings. Raises NotRinging."""
        leg = self.ringing_leg(call, "reject", "Use Hang Up for a call that is connected.")
        await self.drop(leg)
        return leg

    async def drop(self, leg: Leg) -> None:
        """Ends one leg; one that is gone already is fine."""
        answer = await self._act(leg, "drop")
        if not answer.ok and answer.status != 404:
            raise self._no(answer, "end this leg")

    async def attach_data(self, leg: Leg, data: dict[str, str]) -> None:
        """Shown to other parts of the PBX; only keys that begin with `public_` reach the other side (api.md 2.4)."""
        answer = await self.rest.act(leg.dn, leg.participant, "attach_party_data", {"attacheddata": data})
        if not answer.ok:
            raise self._no(answer, "attach data to this call")

    def own_leg(self, call: Call) -> Leg:
        """The leg on our route point. Raises CallEnded, NotOwnLeg."""
        now = self.look(call.id)
        if now is None or not now.legs:
            raise CallEnded(ENDED)
        if now.own_leg is None:
            where = ", ".join(sorted({leg.dn for leg in now.legs.values()}))
            raise NotOwnLeg(
                f"This call is not at the client's route point any more; it is at {where}.",
                hint="After a transfer a call is out of the workflow's hands; Hang Up can still end a leg that is seen.",
            )
        return now.own_leg

    def ringing_leg(self, call: Call, doing: str, instead: str) -> Leg:
        """The own leg, which must ring. Raises NotRinging with the better operation named."""
        leg = self.own_leg(call)
        if leg.state is not LegState.RINGING:
            raise NotRinging(f"Only a ringing call can be {doing}ed; this one is connected.", hint=instead)
        return leg

    async def _act(self, leg: Leg, action: str) -> Answer:
        return await self.rest.act(leg.dn, leg.participant, action, {})

    def _no(self, answer: Answer, doing: str) -> ThreeCxError:
        if answer.status == 404:
            return CallEnded(ENDED)
        if answer.status == 403:
            return Forbidden(f"3CX does not let this API client {doing}.")
        return refusal(answer, doing)


def _connected(call: Call | None) -> Leg | None:
    if call is None or not call.legs:
        raise CallEnded(ENDED)
    leg = call.own_leg
    return leg if leg is not None and leg.state is LegState.CONNECTED else None
