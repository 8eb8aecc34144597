"""POST requests of the Call Control API, from HTTP or over the socket: parsed, done, answered."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from threecx_simulator.http.refusals import refusal_body
from threecx_simulator.pbx import verbs, views
from threecx_simulator.pbx.effects import Result
from threecx_simulator.pbx.ids import Dn, DnType, ParticipantId, Reason, Ticket
from threecx_simulator.pbx.state import Leg, Pbx
from threecx_simulator.pbx.world import ApiClient
from threecx_simulator.switchboard import Switchboard

T = TypeVar("T")
_DIGITS = 10  # of an int32
_CALLS_OUT = frozenset({DnType.EXTENSION, DnType.ROUTE_POINT, DnType.QUEUE, DnType.IVR})
MAX_TIMEOUT = 600.0  # seconds; a longer ring time is cut


@dataclass(frozen=True, slots=True)
class Reply:
    """Status and JSON body (None = empty). `refused`: nothing was tried, so that the body may be anything."""

    status: int
    body: Any = None
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Ask:
    """The fields of a request body; keys are read case-insensitively."""

    destination: str
    timeout: float | None
    attached: dict[str, str]

    @classmethod
    def of(cls, data: object) -> "Ask":
        """From parsed JSON; what has the wrong type counts as missing."""
        fields = {str(key).lower(): value for key, value in data.items()} if isinstance(data, Mapping) else {}
        seconds: Any = fields.get("timeout") or fields.get("timeoutsec")
        attached = fields.get("attacheddata")
        return cls(
            destination=str(fields.get("destination") or "").strip(),
            timeout=min(float(seconds), MAX_TIMEOUT) if _is_number(seconds) and seconds > 0 else None,
            attached={str(k): str(v) for k, v in attached.items()} if isinstance(attached, Mapping) else {},
        )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_LONG: dict[str, Callable[[Leg, str, float | None, Ticket, Pbx], None]] = {
    "divert": verbs.divert,
    "routeto": verbs.route_to,
    "transferto": verbs.transfer_to,
}
_SHORT: dict[str, Callable[[Leg, Pbx], Result]] = {"answer": verbs.answer, "drop": verbs.drop}
_ATTACH: dict[str, Callable[[Leg, dict[str, str], Pbx], Result]] = {
    "attach_participant_data": verbs.attach,
    "attach_party_data": verbs.attach_to_party,
}


def _on(leg: Leg, deed: Callable[[Pbx], T]) -> Callable[[Pbx], T]:
    """The deed, unless what fell due in the meantime has ended the leg."""

    def done(pbx: Pbx) -> T:
        if not pbx.alive(leg):
            raise verbs.Refused("The participant has left", status=404)
        return deed(pbx)

    return done


class Verbs:
    """The verbs for clients that are logged in and licensed."""

    def __init__(self, board: Switchboard) -> None:
        self._board = board

    @property
    def _pbx(self) -> Pbx:
        return self._board.pbx

    def sees(self, client: ApiClient, dn: str) -> bool:
        """Whether the client may address that DN."""
        return dn in self._pbx.monitored.get(client.client_id, ())

    def leg(self, client: ApiClient, dn: str, participant: str) -> Leg | int:
        """The leg at a path, or the status that refuses it: 403 not yours, 404 not there."""
        if not self.sees(client, dn):
            return 403
        number = int(participant) if participant.isdecimal() and len(participant) <= _DIGITS else 0
        found = self._pbx.legs.get(ParticipantId(number))
        if found is None:
            return 404
        if found.dn == dn:
            return found
        far = any(leg.dn == client.dn for leg in self._pbx.call_of(found).legs.values())
        return 403 if far else 404  # far leg of one's own call: 403 (T)

    async def act(self, client: ApiClient, dn: str, participant: str, action: str, data: object) -> Reply:
        """`POST /callcontrol/{dn}/participants/{id}/{action}`."""
        leg = self.leg(client, dn, participant)
        if isinstance(leg, int):
            return Reply(leg)
        action = action.lower() if self._pbx.profile.path_case == "any" else action
        ask = Ask.of(data)
        refused = self._unfit(leg, action, ask)
        if refused is not None:
            return refused
        if action in _LONG:
            return await self._long(
                lambda ticket: _on(leg, partial(_LONG[action], leg, ask.destination, ask.timeout, ticket))
            )
        if action in _SHORT:
            return self._short(_on(leg, partial(_SHORT[action], leg)))
        if action in _ATTACH:
            return self._short(_on(leg, partial(_ATTACH[action], leg, ask.attached)))
        return Reply(404)

    def _unfit(self, leg: Leg, action: str, ask: Ask) -> Reply | None:
        """The refusal of what makes no sense before anything is tried."""
        if self._pbx.call_of(leg).replayed:
            return self._no("This call is played from a recording", Reason.NOT_SPECIFIED)
        if action in _LONG and not ask.destination:
            return self._no("A destination is required", Reason.UNKNOWN_DESTINATION)
        return None

    async def make_call(self, client: ApiClient, dn: str, device: str | None, data: object) -> Reply:
        """Both forms of makecall; `device` is the decoded device id."""
        if not self.sees(client, dn):
            return Reply(403)
        if device is not None and device not in self._devices(dn):
            if self._pbx.profile.stale_device == "422":
                return self._no("This device is not registered", Reason.NOT_REGISTERED)
            return Reply(404)
        return await self.call_from(dn, Ask.of(data), device)

    def _devices(self, dn: str) -> list[str]:
        return [one.device_id for one in self._pbx.devices(dn)]

    async def call_from(self, dn: str, ask: Ask, device: str | None = None) -> Reply:
        """The call itself, without asking who may."""
        known = self._devices(dn)
        if not known or self._pbx.directory.type_of(dn) not in _CALLS_OUT:
            return self._no("This DN has no device to call from", Reason.NOT_REGISTERED)
        if not ask.destination:
            return self._no("A destination is required", Reason.UNKNOWN_DESTINATION)
        reply = await self._call(Dn(dn), self._device(known, device), ask)
        await self._board.clock.sleep(self._pbx.profile.makecall_reply_delay_s)
        return reply

    @staticmethod
    def _device(known: list[str], wanted: str | None) -> int | None:
        """Its place; the DN form uses the only device if there is just one, else the legacy helper (D)."""
        if wanted is not None:
            return known.index(wanted)
        return 0 if len(known) == 1 else None

    async def _call(self, dn: Dn, device: int | None, ask: Ask) -> Reply:
        ticket = self._board.ticket()
        deed = partial(verbs.make_call, dn, device, ask.destination, ask.timeout, ticket)
        leg = self._board.do(deed)
        profile = self._pbx.profile
        early = profile.makecall_reply == "dialing" or profile.status_codes == "202" or device is None
        if early and leg.id in self._pbx.legs:
            self._board.forget(ticket)
            body = views.result(self._pbx, Result(leg=leg.id if device is not None else None))
            return Reply(202 if profile.status_codes == "202" else 200, body)
        outcome = await self._board.settled(ticket)
        status = 200 if outcome.ok else int(profile.unanswered_makecall)
        return Reply(status, views.result(self._pbx, outcome))

    async def _long(self, deed: Callable[[Ticket], Callable[[Pbx], None]]) -> Reply:
        ticket = self._board.ticket()
        try:
            self._board.do(deed(ticket))
        except verbs.Refused as refused:
            self._board.forget(ticket)
            return self._refused(refused)
        codes = self._pbx.profile.status_codes
        if codes == "202":
            self._board.forget(ticket)
            return Reply(202, views.result(self._pbx, Result()))
        outcome = await self._board.settled(ticket)
        await self._board.clock.sleep(self._pbx.profile.route_reply_delay_s)
        return Reply(200 if outcome.ok or codes == "200" else 424, views.result(self._pbx, outcome))

    def _short(self, deed: Callable[[Pbx], Result]) -> Reply:
        try:
            outcome = self._board.do(deed)
        except verbs.Refused as refused:
            return self._refused(refused)
        if self._pbx.profile.status_codes == "202":
            return Reply(202, views.result(self._pbx, Result()))
        return Reply(200, views.result(self._pbx, outcome))

    def _refused(self, refused: verbs.Refused) -> Reply:
        if refused.status == 404:
            return Reply(404)
        return Reply(refused.status, refusal_body(self._pbx.profile, str(refused), refused.reason), True)

    def _no(self, text: str, reason: Reason) -> Reply:
        return Reply(422, refusal_body(self._pbx.profile, text, reason), True)


async def gather_quietly(tasks: set[asyncio.Task[None]]) -> None:
    """Cancel tasks and wait until they have gone."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
