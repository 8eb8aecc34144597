"""Making one telephone, route point or outside number ring, and what the person there then does."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from threecx_simulator.pbx.attempts import fail, is_open, leave, succeed
from threecx_simulator.pbx.directory import Outside
from threecx_simulator.pbx.ids import DnType, Reason, Status
from threecx_simulator.pbx.legs import add_leg, keep_ringing, label, note, take_away, tell, while_alive
from threecx_simulator.pbx.state import Attempt, DnRef, Identity, Leg, Pbx
from threecx_simulator.pbx.world import ApiClient, Extension


def party_of(pbx: Pbx, caller: Leg) -> Identity:
    """The caller as the called side sees it; the number called only when the profile tells it."""
    return caller.who if pbx.profile.party_did else replace(caller.who, did="")


def appear(pbx: Pbx, attempt: Attempt, who: Identity, status: Status, device: int = 0) -> Leg:
    """A leg on `who` for the attempt's caller, ringing (and told) or about to be connected."""
    caller = attempt.caller
    leg = add_leg(pbx, pbx.calls[attempt.call], who, status, party_of(pbx, caller), device)
    leg.attempt = attempt.id
    leg.originated_by, leg.referred_by = attempt.originated_by, attempt.referred_by
    leg.on_behalf_of = attempt.on_behalf_of
    attempt.legs.add(leg.id)
    if status == Status.RINGING:
        tell(pbx, leg)
        keep_ringing(pbx, leg)
        if device == 0:
            note(pbx, pbx.calls[attempt.call], f"ringing {label(leg)}")
    return leg


Forward = Callable[[Pbx, Attempt, str], Reason | None]


def ring_extension(
    pbx: Pbx,
    attempt: Attempt,
    target: Extension,
    behalf: DnRef | None = None,
    forward: Forward | None = None,
) -> Reason | None:
    """Ring a telephone; a reason when it cannot be rung.

    `behalf`: the group for which it is rung. `forward`: delivers to the number that it forwards to; without it
    (in groups) a telephone does not forward.
    """
    behaviour = pbx.behaviour(target.number)
    refusal = None
    if not behaviour.registered or not target.devices:
        refusal = Reason.NOT_REGISTERED
    elif behaviour.busy:
        refusal = Reason.BUSY
    forwards = forward if behaviour.voicemail_after is not None else None
    if refusal:
        return _forwarded(pbx, attempt, target.number, forwards) if forwards else refusal
    who = Identity(target.number, DnType.EXTENSION, target.name, target.number)
    for device in range(len(target.devices) if pbx.profile.ring_each_device else 1):
        leg = appear(pbx, attempt, who, Status.RINGING, device)
        leg.on_behalf_of = behalf or leg.on_behalf_of
        if device == 0:
            _expect_answer(pbx, leg)
            if forwards and behaviour.voicemail_after is not None:
                pbx.after(behaviour.voicemail_after, while_alive(leg, partial(_forward, forwards)))
    return None


def ring_route_point(pbx: Pbx, attempt: Attempt, target: ApiClient) -> Reason | None:
    """A call for an application: connected at once, or ringing until it answers; a reason when nobody listens."""
    if pbx.profile.route_point_unattended == "refused" and not pbx.attended(target.client_id):
        return Reason.NOT_REGISTERED
    who = Identity(target.dn, DnType.ROUTE_POINT, target.name, target.dn)
    if pbx.profile.route_point_answer == "manual":
        appear(pbx, attempt, who, Status.RINGING)
        return None
    succeed(pbx, attempt, appear(pbx, attempt, who, Status.CONNECTED))
    return None


def ring_outside(pbx: Pbx, attempt: Attempt, target: Outside) -> Reason | None:
    """A call over the trunk."""
    behaviour = pbx.behaviour(target.number)
    lines = sum(leg.who.dn == target.trunk.number for leg in pbx.legs.values())
    if lines >= target.trunk.simultaneous_calls:
        return Reason.NOT_REACHABLE
    if not behaviour.exists:
        return Reason.UNKNOWN_DESTINATION
    if behaviour.busy:
        return Reason.BUSY
    who = Identity(target.trunk.number, DnType.EXTERNAL, "", target.number)
    _expect_answer(pbx, appear(pbx, attempt, who, Status.RINGING))
    return None


def _expect_answer(pbx: Pbx, leg: Leg) -> None:
    after = pbx.behaviour(label(leg)).answers_after
    if after is not None:
        pbx.after(after, while_alive(leg, pick_up))


def pick_up(pbx: Pbx, leg: Leg) -> None:
    """Somebody takes the ringing call; with a talk time they also end it."""
    attempt = pbx.call_of(leg).attempts.get(leg.attempt) if leg.attempt is not None else None
    if leg.status != Status.RINGING or attempt is None:
        return
    succeed(pbx, attempt, leg)
    talk = pbx.behaviour(label(leg)).hangs_up_after
    if talk is not None:
        pbx.after(talk, while_alive(leg, leave))


def _forward(forward: Forward, pbx: Pbx, leg: Leg) -> None:
    attempt = pbx.call_of(leg).attempts.get(leg.attempt) if leg.attempt is not None else None
    if leg.status != Status.RINGING or attempt is None:
        return
    for other in [pbx.legs[one] for one in sorted(attempt.legs) if pbx.legs[one].dn == leg.dn]:
        take_away(pbx, other)
    refusal = _forwarded(pbx, attempt, leg.dn, forward)
    if refusal and not attempt.legs:
        fail(pbx, attempt, refusal)


def _forwarded(pbx: Pbx, attempt: Attempt, number: str, forward: Forward) -> Reason | None:
    """Send the call where `number` forwards to; a reason when that is impossible."""
    onward = pbx.behaviour(number).forwards_to
    if onward is None:
        to_voicemail(pbx, attempt, number)
        return None
    note(pbx, pbx.calls[attempt.call], f"forwarded {number} to {onward}")
    return forward(pbx, attempt, onward)


def to_voicemail(pbx: Pbx, attempt: Attempt, of: str) -> None:
    """The mailbox of extension `of` takes the call at once."""
    number = pbx.world.voicemail
    note(pbx, pbx.calls[attempt.call], f"voicemail of {of or number}")
    who = Identity(number, DnType.SPECIAL_MENU, "Voicemail", of or number)
    leg = appear(pbx, attempt, who, Status.CONNECTED)
    if of:
        leg.on_behalf_of = DnRef(of, DnType.EXTENSION)
    succeed(pbx, attempt, leg)


def give_up_after(pbx: Pbx, attempt: Attempt, seconds: float) -> None:
    """Fail the attempt as unanswered when it is still open by then."""
    pbx.after(seconds, partial(_unanswered, attempt))


def _unanswered(attempt: Attempt, pbx: Pbx) -> None:
    if is_open(pbx, attempt):
        fail(pbx, attempt, Reason.NO_ANSWER)
