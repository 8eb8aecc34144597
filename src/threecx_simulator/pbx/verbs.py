"""The verbs of the Call Control API on one leg. Each either acts, or raises `Refused` and changes nothing."""

from functools import partial

from threecx_simulator.pbx.attempts import failed, is_open, leave, open_attempt, settle, succeed
from threecx_simulator.pbx.callers import full
from threecx_simulator.pbx.deliver import deliver, identity_of, serve, start
from threecx_simulator.pbx.effects import Result, Settled
from threecx_simulator.pbx.ids import MACHINES, ClientId, Dn, DnType, Reason, Status, Ticket
from threecx_simulator.pbx.legs import (
    add_leg,
    join,
    keep_ringing,
    label,
    new_call,
    note,
    take_away,
    tell,
    while_alive,
)
from threecx_simulator.pbx.reach import give_up_after
from threecx_simulator.pbx.state import Attempt, Call, Dial, DnRef, Identity, Kind, Leg, Pbx


class Refused(Exception):
    """The PBX understood and says no; the API answers `status` with this result."""

    def __init__(self, text: str, reason: Reason = Reason.NOT_SPECIFIED, status: int = 422) -> None:
        super().__init__(text)
        self.reason = reason
        self.status = status


def answer(leg: Leg, pbx: Pbx) -> Result:
    """Take the call on a route point, or on a telephone that can be commanded."""
    attempt = _rung_by(pbx, leg)
    if attempt is None or leg.status != Status.RINGING:
        raise Refused("The participant is not ringing")
    if leg.who.type != DnType.ROUTE_POINT and not leg.direct_control:
        raise Refused("The device does not support direct control")
    succeed(pbx, attempt, leg)
    return Result(leg=leg.id)


def drop(leg: Leg, pbx: Pbx) -> Result:
    """Leave the call; a ringing leg refuses it."""
    note(pbx, pbx.call_of(leg), f"dropped {leg.dn}")
    leave(pbx, leg)
    return Result()


def divert(leg: Leg, destination: str, timeout: float | None, ticket: Ticket, pbx: Pbx) -> None:
    """Replace this ringing leg by the destination: whoever is rung for the same reason goes on ringing."""
    attempt = _rung_by(pbx, leg)
    if attempt is None or leg.status != Status.RINGING:
        raise Refused("Only a ringing call can be diverted")
    attempt.path += (leg.dn,) if leg.dn not in attempt.path else ()
    attempt.originated_by = DnRef(leg.who.dn, leg.who.type)
    attempt.tickets.append(ticket)
    refusal = deliver(pbx, attempt, destination)
    if refusal:
        attempt.tickets.remove(ticket)
        pbx.effects.append(Settled(ticket, failed(refusal)))
        return
    note(pbx, pbx.calls[attempt.call], f"diverted {leg.dn} to {destination}")
    attempt.destination = destination
    if pbx.alive(leg):
        take_away(pbx, leg)
    if is_open(pbx, attempt):
        give_up_after(pbx, attempt, timeout or pbx.profile.route_timeout_s)
    if ticket in attempt.tickets and pbx.profile.divert_reply == "ringing":
        attempt.tickets.remove(ticket)
        pbx.effects.append(Settled(ticket, Result()))


def route_to(leg: Leg, destination: str, timeout: float | None, ticket: Ticket, pbx: Pbx) -> None:
    """Ring the destination as well; this leg stays until it is answered there."""
    caller = _other_side(pbx, leg)
    if caller is None:
        raise Refused("There is nobody to route")
    note(pbx, pbx.call_of(leg), f"routed to {destination}")
    attempt = open_attempt(pbx, Kind.ROUTE, caller, destination, own=leg, ticket=ticket)
    attempt.path = (leg.dn,)
    start(pbx, attempt, timeout or pbx.profile.route_timeout_s)


def transfer_to(leg: Leg, destination: str, timeout: float | None, ticket: Ticket, pbx: Pbx) -> None:
    """Hand the other side on; it comes back when nobody answers, even when this leg has left meanwhile."""
    caller = _other_side(pbx, leg)
    if leg.status != Status.CONNECTED or caller is None:
        raise Refused("Only a connected call can be transferred")
    note(pbx, pbx.call_of(leg), f"transferred to {destination}")
    back = partial(_comes_back, leg)
    attempt = open_attempt(pbx, Kind.TRANSFER, caller, destination, own=leg, ticket=ticket, on_fail=back)
    attempt.path = (leg.dn,)
    _hold(pbx, leg, caller)
    start(pbx, attempt, timeout or pbx.profile.route_timeout_s)


def _hold(pbx: Pbx, leg: Leg, caller: Leg) -> None:
    if pbx.profile.held_shown:
        for one, status in ((leg, Status.HOLD), (caller, Status.HELD)):
            one.status = status
            tell(pbx, one)


def _comes_back(own: Leg, pbx: Pbx, attempt: Attempt, reason: Reason) -> bool:
    """A transferrer who has left is rung again (D: replaced by the transferrer's device)."""
    if pbx.legs.get(own.id) is own:
        join(pbx, own, attempt.caller)
        return False
    settle(pbx, attempt, Result(reason, ok=False, text=reason.value))
    start(pbx, open_attempt(pbx, Kind.INITIAL, attempt.caller, own.dn), pbx.profile.route_timeout_s)
    return True


def _rung_by(pbx: Pbx, leg: Leg) -> Attempt | None:
    return pbx.call_of(leg).attempts.get(leg.attempt) if leg.attempt is not None else None


def _other_side(pbx: Pbx, leg: Leg) -> Leg | None:
    """Whom a verb on this leg moves: the peer of a connected leg, the caller of a ringing one."""
    if leg.status == Status.RINGING:
        attempt = _rung_by(pbx, leg)
        return attempt.caller if attempt else None
    return pbx.legs.get(leg.peer) if leg.peer is not None else None


def make_call(
    dn: Dn, device: int | None, destination: str, timeout: float | None, ticket: Ticket, pbx: Pbx
) -> Leg:
    """A call from a machine (which dials at once) or from a telephone (which rings first). The own leg."""
    target = identity_of(pbx, destination)
    call = new_call(pbx, dn, destination)
    call.by_helper = device is None
    kind = pbx.directory.type_of(dn)
    me = Identity(dn, kind, pbx.directory.name(dn), dn)
    seconds = timeout or pbx.profile.route_timeout_s
    status = Status.DIALING if kind in MACHINES else Status.RINGING
    leg = add_leg(pbx, call, me, status, target, device or 0)
    if pbx.profile.originated_by_self:
        leg.originated_by = DnRef(dn, kind)
    call.caller = leg.id
    if kind == DnType.ROUTE_POINT:
        call.application = ClientId(dn)
    tell(pbx, leg)
    order = Dial(destination, seconds, ticket)
    if full(pbx):
        _give_up(pbx, leg, order, Reason.NOT_REACHABLE)
    elif kind in MACHINES or leg.direct_control:
        _dial(order, pbx, leg)
    else:
        _ring_initiator(pbx, call, leg, order)
    return leg


def _ring_initiator(pbx: Pbx, call: Call, leg: Leg, order: Dial) -> None:
    leg.dial_on_answer = order
    note(pbx, call, f"ringing {leg.dn}")
    keep_ringing(pbx, leg)
    behaviour = pbx.behaviour(leg.dn)
    if behaviour.busy or not behaviour.registered:
        _give_up(pbx, leg, order, Reason.BUSY if behaviour.busy else Reason.NOT_REGISTERED)
        return
    if behaviour.answers_after is not None and behaviour.answers_after < order.timeout:
        pbx.after(behaviour.answers_after, while_alive(leg, partial(_dial, order)))
    else:
        pbx.after(
            order.timeout, while_alive(leg, lambda pbx, leg: _give_up(pbx, leg, order, Reason.NO_ANSWER))
        )


def _dial(order: Dial, pbx: Pbx, leg: Leg) -> None:
    leg.dial_on_answer = None
    if leg.status == Status.RINGING:
        leg.status = Status.DIALING
        note(pbx, pbx.call_of(leg), f"picked up {leg.dn}")
        tell(pbx, leg)
    attempt = open_attempt(pbx, Kind.MAKECALL, leg, order.destination, ticket=order.ticket)
    attempt.on_success = partial(_take_in, leg)
    start(pbx, attempt, order.timeout)


def _take_in(place: Leg, pbx: Pbx, answered: Leg) -> None:
    """Whoever answers a queue's or menu's call is its caller from then on (E: the campaign example)."""
    if pbx.alive(place):
        serve(pbx, answered, place)


def _give_up(pbx: Pbx, leg: Leg, order: Dial, reason: Reason) -> None:
    leg.dial_on_answer = None
    if order.ticket is not None:
        pbx.effects.append(Settled(order.ticket, Result(reason, ok=False, text=reason.value)))
    leave(pbx, leg)


def attach(leg: Leg, data: dict[str, str], pbx: Pbx) -> Result:
    """Data on one's own leg."""
    _remember(pbx, leg, data)
    tell(pbx, leg)
    return Result(leg=leg.id)


def _remember(pbx: Pbx, leg: Leg, data: dict[str, str]) -> None:
    if data:
        pbx.call_of(leg).attached.setdefault(label(leg), {}).update(data)


def attach_to_party(leg: Leg, data: dict[str, str], pbx: Pbx) -> Result:
    """Data on the caller's leg; only `public_` keys are carried."""
    party = _other_side(pbx, leg)
    if party is None:
        raise Refused("There is no other party")
    _remember(pbx, party, {key: value for key, value in data.items() if key.startswith("public_")})
    return Result(leg=leg.id)
