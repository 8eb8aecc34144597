"""Attempts to reach somebody: how they succeed, fail and are given up, and how calls end with them."""

from collections.abc import Callable

from threecx_simulator.pbx.effects import Result, Settled
from threecx_simulator.pbx.ids import AttemptId, ParticipantId, Reason, Status, Ticket
from threecx_simulator.pbx.legs import join, label, note, part, renumber, take_away
from threecx_simulator.pbx.state import Attempt, Call, DnRef, Kind, Leg, Pbx

_WORDS = {
    Reason.BUSY: "busy",
    Reason.NO_ANSWER: "no answer",
    Reason.NOT_REGISTERED: "not registered",
    Reason.UNKNOWN_DESTINATION: "unknown number",
    Reason.NOT_REACHABLE: "not reachable",
    Reason.LOOP: "routing loop",
}


def open_attempt(
    pbx: Pbx,
    kind: Kind,
    caller: Leg,
    destination: str,
    *,
    own: Leg | None = None,
    ticket: Ticket | None = None,
    on_behalf_of: DnRef | None = None,
    on_fail: Callable[[Pbx, Attempt, Reason], bool] | None = None,
) -> Attempt:
    """A new attempt to reach `destination` for `caller`; nobody rings yet."""
    me = DnRef(own.who.dn, own.who.type) if own else DnRef()
    attempt = Attempt(
        id=AttemptId(pbx.count()),
        call=caller.call,
        kind=kind,
        caller=caller.id,
        destination=destination,
        own=own.id if own else None,
        own_dn=own.dn if own else None,
        ticket=ticket,
        originated_by=me if kind in {Kind.ROUTE, Kind.DIVERT} else DnRef(),
        referred_by=me if kind == Kind.TRANSFER else DnRef(),
        on_behalf_of=on_behalf_of or DnRef(),
        on_fail=on_fail,
    )
    pbx.calls[caller.call].attempts[attempt.id] = attempt
    return attempt


def is_open(pbx: Pbx, attempt: Attempt) -> bool:
    """Whether it may still succeed."""
    call = pbx.calls.get(attempt.call)
    return call is not None and call.attempts.get(attempt.id) is attempt


def settle(pbx: Pbx, attempt: Attempt, result: Result) -> None:
    """Give the verb behind the attempt its result, once."""
    if attempt.ticket is not None:
        pbx.effects.append(Settled(attempt.ticket, result))
        attempt.ticket = None


def failed(reason: Reason, text: str = "") -> Result:
    """The result of a verb that did not come off."""
    return Result(reason, ok=False, text=text or reason.value)


def close(pbx: Pbx, attempt: Attempt, reason: Reason) -> None:
    """Give up: whoever rings stops ringing."""
    call = pbx.calls[attempt.call]
    call.attempts.pop(attempt.id, None)
    for leg in [pbx.legs[one] for one in sorted(attempt.legs)]:
        take_away(pbx, leg)
    settle(pbx, attempt, failed(reason))


def succeed(pbx: Pbx, attempt: Attempt, leg: Leg) -> None:
    """`leg` has answered: it talks to the caller, everybody else stops ringing, the own leg gives way."""
    call, caller = pbx.calls[attempt.call], pbx.legs[attempt.caller]
    attempt.legs.discard(leg.id)
    leg.attempt = None
    own = pbx.legs.get(attempt.own) if attempt.own is not None else None
    ticket, attempt.ticket = attempt.ticket, None
    for rival in [one for one in call.attempts.values() if one.caller == attempt.caller]:
        close(pbx, rival, Reason.COMPLETED_ELSEWHERE)
    if own is not None and attempt.kind == Kind.TRANSFER:  # order as in the reconstructed transfer
        _give_way(pbx, own, stays=False)
        if pbx.profile.transfer_changes_id:
            renumber(pbx, caller)
    join(pbx, leg, caller)
    if own is not None and own.id in call.legs and attempt.kind != Kind.TRANSFER:
        stays = attempt.kind == Kind.ROUTE and pbx.profile.own_leg_after_route == "stays"
        _give_way(pbx, own, stays=stays and own.status == Status.CONNECTED)
    call.connected_to = label(leg)
    call.established = call.established or pbx.now
    note(pbx, call, f"connected {label(leg)}")
    attempt.ticket = ticket
    mine = caller if attempt.kind == Kind.MAKECALL else own
    settle(pbx, attempt, Result(leg=mine.id if mine else None))


def _give_way(pbx: Pbx, own: Leg, *, stays: bool) -> None:
    if stays:
        own.spent = True
        part(pbx, own)
        return
    take_away(pbx, own)


def fail(pbx: Pbx, attempt: Attempt, reason: Reason, text: str = "") -> None:
    """Nobody took the call. The verb is told, then what is left decides whether the call goes on."""
    if not is_open(pbx, attempt):
        return
    call = pbx.calls[attempt.call]
    ticket, attempt.ticket = attempt.ticket, None
    close(pbx, attempt, reason)
    attempt.ticket = ticket
    word = _WORDS.get(reason, reason.value)
    note(pbx, call, f"{word} {attempt.destination}")
    if attempt.on_fail and attempt.on_fail(pbx, attempt, reason):
        return
    settle(pbx, attempt, failed(reason, text))
    end_if_lonely(pbx, call, f": {word}")


def end_if_lonely(pbx: Pbx, call: Call, why: str) -> None:
    """A call needs two sides, or one side and somebody who is being rung for it."""
    if call.ended is None and not call.attempts and sum(not leg.spent for leg in call.legs.values()) < 2:
        end(pbx, call, why)


def end(pbx: Pbx, call: Call, why: str) -> None:
    """Over for everybody. `why` completes the word "ended"."""
    call.ended = pbx.now
    call.ended_by = why.removeprefix(" by ").removeprefix(": ")
    for attempt in list(call.attempts.values()):
        close(pbx, attempt, Reason.PARENT_TERMINATED)
    for leg in list(call.legs.values()):
        take_away(pbx, leg)
    del pbx.calls[call.key]
    pbx.ended[call.key] = call
    note(pbx, call, f"ended{why}")


def leave(pbx: Pbx, leg: Leg) -> None:
    """This side hangs up (or refuses, while it rings)."""
    call = pbx.call_of(leg)
    who = "caller" if leg.id == call.caller else label(leg)
    rung_by = call.attempts.get(leg.attempt) if leg.attempt is not None else None
    for attempt in list(call.attempts.values()):
        if attempt.caller == leg.id:
            close(pbx, attempt, Reason.PARENT_TERMINATED)
        elif (
            attempt.own == leg.id and attempt.kind != Kind.TRANSFER
        ):  # a transfer goes on without its maker (D)
            close(pbx, attempt, Reason.CANCELLED)
    take_away(pbx, leg)
    note(pbx, call, f"left {label(leg)}")
    if rung_by and not rung_by.legs and is_open(pbx, rung_by):
        fail(pbx, rung_by, Reason.BUSY)
    end_if_lonely(pbx, call, f" by {who}")


def hang_up(pbx: Pbx, call: Call) -> None:
    """The caller puts the receiver down; when the caller has been transferred away, the call is cut."""
    caller = pbx.legs.get(call.caller or ParticipantId(0))
    if caller is None or caller.call != call.key:
        end(pbx, call, " by caller")
        return
    leave(pbx, caller)
