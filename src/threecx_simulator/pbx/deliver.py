"""Delivering a call to whatever a number stands for."""

from functools import partial

from threecx_simulator.pbx.attempts import fail, is_open, open_attempt, succeed
from threecx_simulator.pbx.directory import TYPES, Conference, Outside, Parking, Voicemail
from threecx_simulator.pbx.ids import DnType, Reason, Status
from threecx_simulator.pbx.legs import take_away, while_alive
from threecx_simulator.pbx.queues import poll
from threecx_simulator.pbx.reach import (
    appear,
    give_up_after,
    ring_extension,
    ring_outside,
    ring_route_point,
    to_voicemail,
)
from threecx_simulator.pbx.state import Attempt, DnRef, Identity, Kind, Leg, Pbx
from threecx_simulator.pbx.world import ApiClient, Extension, Ivr, Queue, RingGroup


def identity_of(pbx: Pbx, number: str) -> Identity:
    """Whom one calls by dialling `number`, as the caller's display shows it."""
    target = pbx.directory.find(number)
    if target is None:
        return Identity(number=number)
    if isinstance(target, Outside):
        return Identity(target.trunk.number, DnType.EXTERNAL, "", target.number)
    dn = target.dn if isinstance(target, ApiClient) else target.number
    return Identity(dn, TYPES[type(target)], pbx.directory.name(dn), dn)


def start(pbx: Pbx, attempt: Attempt, timeout: float | None = None) -> Reason | None:
    """Ring the destination, for `timeout` seconds at most; a refusal fails the attempt and is returned."""
    refusal = deliver(pbx, attempt, attempt.destination)
    if refusal:
        fail(pbx, attempt, refusal)
    elif timeout is not None and is_open(pbx, attempt):
        give_up_after(pbx, attempt, timeout)
    return refusal


def deliver(pbx: Pbx, attempt: Attempt, number: str) -> Reason | None:
    """Ring `number` for the attempt; a reason when that is impossible at once."""
    _, leads_to = pbx.directory.dids.get(number, (None, number))
    if {number, leads_to} & {*attempt.path}:
        return Reason.LOOP
    attempt.path += (number,)
    target = pbx.directory.find(number)
    refusal: Reason | None = None
    match target:
        case None:
            refusal = Reason.UNKNOWN_DESTINATION
        case Extension():
            refusal = ring_extension(pbx, attempt, target, forward=deliver)
        case Outside():
            refusal = ring_outside(pbx, attempt, target)
        case RingGroup():
            refusal = _ring_group(pbx, attempt, target)
        case ApiClient():
            refusal = ring_route_point(pbx, attempt, target)
        case Voicemail() | Parking() | Conference() if _out_of_reach(pbx, attempt):
            refusal = Reason.NOT_REACHABLE
        case Voicemail():
            to_voicemail(pbx, attempt, target.of)
        case Queue() | Ivr() | Parking() | Conference():
            _connect_at_once(pbx, attempt)
    return refusal


def _out_of_reach(pbx: Pbx, attempt: Attempt) -> bool:
    """Whether a verb of the API asks for a place that only telephones may reach."""
    return not pbx.profile.places_reachable and attempt.kind != Kind.MAKECALL and bool(attempt.tickets)


def _ring_group(pbx: Pbx, attempt: Attempt, group: RingGroup) -> Reason | None:
    behalf = DnRef(group.number, DnType.RING_GROUP)
    found = [pbx.directory.find(member) for member in group.members]
    refused = [ring_extension(pbx, attempt, one, behalf) for one in found if isinstance(one, Extension)]
    if None not in refused:
        return refused[0] if refused else Reason.NOT_REACHABLE
    give_up_after(pbx, attempt, group.ring_timeout)
    return None


def _connect_at_once(pbx: Pbx, attempt: Attempt) -> None:
    """Machines answer by themselves."""
    who = identity_of(pbx, attempt.path[-1])
    place = appear(pbx, attempt, who, Status.CONNECTED)
    caller = attempt.caller
    succeed(pbx, attempt, place)
    serve(pbx, caller, place)


def serve(pbx: Pbx, caller: Leg, place: Leg) -> None:
    """What a queue or menu does with a caller who is connected to its leg."""
    target = pbx.directory.inside.get(place.who.dn)
    if isinstance(target, Queue):
        poll(pbx, target, caller, place, onward)
    elif isinstance(target, Ivr) and target.timeout_destination:
        pbx.after(target.timeout, while_alive(place, partial(_ivr_timeout, target)))


def _ivr_timeout(menu: Ivr, pbx: Pbx, place: Leg) -> None:
    """Whoever comes back to the menu unserved is sent on when the time is over once more."""
    caller = pbx.legs.get(place.peer) if place.peer is not None else None
    busy = any(one.own is place for one in pbx.call_of(place).attempts.values())
    pbx.after(menu.timeout, while_alive(place, partial(_ivr_timeout, menu)))
    if caller and menu.timeout_destination and not busy:
        onward(pbx, caller, place, menu.timeout_destination)


def onward(pbx: Pbx, caller: Leg, place: Leg, destination: str, last: bool = False) -> None:
    """A queue or menu sends its caller on; its own leg goes when somebody answers, or (the last resort) nobody does."""
    given_up = partial(_gone, place) if last else None
    attempt = open_attempt(pbx, Kind.QUEUE, caller, destination, own=place, on_fail=given_up)
    start(pbx, attempt, pbx.profile.route_timeout_s)


def _gone(place: Leg, pbx: Pbx, _attempt: Attempt, _reason: Reason) -> bool:
    if pbx.alive(place):
        take_away(pbx, place)
    return False
