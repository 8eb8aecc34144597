"""Legs and timelines: the small steps that every rule is made of. Each change of a leg is told once."""

from collections.abc import Callable
from functools import partial

from threecx_simulator.pbx.effects import CallChanged, Joined, Removed, Result, Settled, Upserted
from threecx_simulator.pbx.ids import CallKey, CallNumber, ClientId, Dn, DnType, ParticipantId, Reason, Status
from threecx_simulator.pbx.state import Call, Identity, Leg, Moment, Pbx


def note(pbx: Pbx, call: Call, what: str) -> None:
    """Add a line to the timeline."""
    call.timeline.append(Moment(pbx.now, what))
    call.changed = pbx.now
    pbx.effects.append(CallChanged(call.key, what))


def new_call(pbx: Pbx, origin: str, target: str) -> Call:
    """A call without legs."""
    callid = CallNumber(pbx.next_callid)
    pbx.next_callid += 1
    pbx.calls_made += 1
    call = Call(CallKey(f"call-{pbx.calls_made}"), callid, _active_id(pbx, callid), pbx.now, origin, target)
    pbx.calls[call.key] = call
    note(pbx, call, "began")
    return call


def _active_id(pbx: Pbx, callid: int) -> int:
    match pbx.profile.activecalls_id:
        case "same":
            return callid
        case "different":
            return callid + 50_000
        case "reused":
            taken = {call.active_id for call in pbx.calls.values()}
            return next(number for number in range(1, len(taken) + 2) if number not in taken)


def add_leg(pbx: Pbx, call: Call, who: Identity, status: Status, party: Identity, device: int = 0) -> Leg:
    """A new leg of `call` on `who.dn`, not yet told: set what else it has, then `tell` it."""
    participant = _next_id(pbx)
    call.legs_made += 1
    devices = pbx.directory.devices(who.dn) if who.type != DnType.EXTERNAL else ()
    used = devices[device] if device < len(devices) else None
    leg = Leg(
        id=participant,
        legid=call.legs_made,
        call=call.key,
        who=who,
        status=status,
        party=party,
        uid=f"{pbx.count():08x}-{pbx.random.getrandbits(64):016x}",
        born=pbx.now,
        device_id=used.device_id if used else f"sip:{who.dn}@127.0.0.1:5063",
        direct_control=bool(used and used.direct_control),
    )
    call.legs[participant] = pbx.legs[participant] = leg
    return leg


def _next_id(pbx: Pbx) -> ParticipantId:
    if pbx.profile.participant_ids == "recycled":
        base = pbx.next_participant
        return next(
            one for one in map(ParticipantId, range(base, base + len(pbx.legs) + 1)) if one not in pbx.legs
        )
    pbx.next_participant += 1
    return ParticipantId(pbx.next_participant - 1)


def tell(pbx: Pbx, leg: Leg) -> None:
    """An Upsert of this leg."""
    pbx.effects.append(Upserted(leg.dn, leg.id, _also(pbx, leg)))


def _also(pbx: Pbx, leg: Leg) -> ClientId | None:
    """The application that made this call sees the far legs' events (T)."""
    application = pbx.calls[leg.call].application if leg.call in pbx.calls else None
    own = application is not None and leg.dn == Dn(application)
    return application if pbx.profile.far_leg_visible and not own else None


def take_away(pbx: Pbx, leg: Leg) -> None:
    """Remove a leg and say so; whether the call goes on is the caller's matter."""
    also = _also(pbx, leg)
    call = pbx.call_of(leg)
    del call.legs[leg.id], pbx.legs[leg.id]
    attempt = call.attempts.get(leg.attempt) if leg.attempt is not None else None
    if attempt:
        attempt.legs.discard(leg.id)
    if call.caller == leg.id:
        call.caller = None
    part(pbx, leg)
    forget_order(pbx, leg)
    pbx.effects.append(Removed(leg.dn, leg.id, also))


def forget_order(pbx: Pbx, leg: Leg) -> None:
    """A telephone that was to dial when picked up is gone: the makecall behind it has failed."""
    order, leg.dial_on_answer = leg.dial_on_answer, None
    if order is not None and order.ticket is not None:
        reason = Reason.CANCELLED
        pbx.effects.append(Settled(order.ticket, Result(reason, ok=False, text=reason.value)))


def part(pbx: Pbx, leg: Leg) -> None:
    """Whoever talked to this leg hears nobody now; their own leg does not change by that."""
    if leg.peer is None:
        return
    peer = pbx.legs.get(leg.peer)
    leg.peer = None
    pbx.effects.append(Joined(leg.call, leg.uid, label(leg), None))
    if peer is not None and peer.peer == leg.id:
        peer.peer = None
        pbx.effects.append(Joined(peer.call, peer.uid, label(peer), None))


def renumber(pbx: Pbx, leg: Leg) -> None:
    """The leg goes on under a new participant id; its old one is removed. To be told by whoever changes more."""
    call = pbx.call_of(leg)
    del call.legs[leg.id], pbx.legs[leg.id]
    pbx.effects.append(Removed(leg.dn, leg.id, _also(pbx, leg)))
    was, leg.id, leg.born = leg.id, _next_id(pbx), pbx.now
    call.legs[leg.id] = pbx.legs[leg.id] = leg
    if call.caller == was:
        call.caller = leg.id


def join(pbx: Pbx, one: Leg, other: Leg) -> None:
    """Both are Connected with each other; each is told when that is new."""
    for leg, peer in ((one, other), (other, one)):
        new = (Status.CONNECTED, peer.who, peer.id)
        if (leg.status, leg.party, leg.peer) == new:
            continue
        leg.status, leg.party, leg.peer = new
        leg.connected_at = leg.connected_at or pbx.now
        pbx.effects.append(Joined(leg.call, leg.uid, label(leg), peer.uid))
        tell(pbx, leg)


def label(leg: Leg) -> str:
    """The leg in a timeline: its DN, or the outside number."""
    return leg.who.number if leg.who.type == DnType.EXTERNAL else leg.who.dn


def keep_ringing(pbx: Pbx, leg: Leg) -> None:
    """Repeat the Upsert while it rings, when the profile says so."""
    if pbx.profile.upsert_repeat_ms:
        pbx.after(pbx.profile.upsert_repeat_ms / 1000, partial(_repeat, leg))


def _repeat(leg: Leg, pbx: Pbx) -> None:
    if pbx.legs.get(leg.id) is leg and leg.status == Status.RINGING:
        tell(pbx, leg)
        keep_ringing(pbx, leg)


def while_alive(leg: Leg, then: Callable[[Pbx, Leg], None]) -> Callable[[Pbx], None]:
    """A timer for this very leg: nothing happens when it has gone (ids may be taken again)."""

    def check(pbx: Pbx) -> None:
        if pbx.legs.get(leg.id) is leg:
            then(pbx, leg)

    return check
