"""Attempts to reach somebody: how they succeed, fail and are given up, and how calls end with them."""

from collections.abc import Callable

from threecx_simulator.pbx.effects import Result, Settled
from threecx_simulator.pbx.ids import AttemptId, ParticipantId, Reason, Status, Ticket
from threecx_simulator.pbx.legs import join, label, note, part, renumber, take_away
from threecx_simulator.pbx.state import Attempt, Call, DnRef, Kind, Leg, Pbx

_REMEMBERED = 20_000  # ended calls
_WORDS = {
    Reason.BUSY: "busy",
    Reason.NO_ANSWER: "no answer",
    Reason.NOT_REGISTERED: "not registered",
    Reason.UNKNOWN_DESTINATION: "unknown number",
    Reason.NOT_REACHABLE: "not reachable",
    Reason.LOOP: "routing loop",
}


def word(reason: Reason) -> str:
    """How a timeline names that reason."""
    return _WORDS.get(reason, reason.value)


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
        caller=caller,
        destination=destination,
        own=own,
        tickets=[] if ticket is None else [ticket],
        originated_by=me if kind == Kind.ROUTE else DnRef(),
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
    """Give the verbs behind the attempt their result, once."""
    tickets, attempt.tickets = attempt.tickets, []
    pbx.effects += [Settled(ticket, result) for ticket in tickets]


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


def withdraw(pbx: Pbx, leg: Leg) -> None:
    """Take a leg away with the attempts that make no sense without it."""
    _abandon(pbx, leg)
    if pbx.alive(leg):
        take_away(pbx, leg)


def _abandon(pbx: Pbx, leg: Leg) -> None:
    for attempt in list(pbx.call_of(leg).attempts.values()):
        if attempt.caller is leg:
            close(pbx, attempt, Reason.PARENT_TERMINATED)
        elif attempt.own is leg and attempt.kind != Kind.TRANSFER:  # a transfer goes on without its maker (D)
            close(pbx, attempt, Reason.CANCELLED)


def succeed(pbx: Pbx, attempt: Attempt, leg: Leg) -> None:
    """`leg` has answered: it talks to the caller, everybody else stops ringing, the own leg gives way."""
    call, caller, own = pbx.calls[attempt.call], attempt.caller, attempt.own
    attempt.legs.discard(leg.id)
    leg.attempt = None
    tickets, attempt.tickets = attempt.tickets, []
    for rival in [one for one in call.attempts.values() if one.caller is caller and one is not attempt]:
        close(pbx, rival, Reason.COMPLETED_ELSEWHERE)
    former = pbx.legs.get(caller.peer) if caller.peer is not None else None
    if attempt.kind == Kind.TRANSFER:  # order as in the reconstructed transfer
        _give_way(pbx, own, stays=False)
        if pbx.profile.transfer_changes_id:
            renumber(pbx, caller)
    join(pbx, leg, caller)
    close(pbx, attempt, Reason.COMPLETED_ELSEWHERE)  # after that Upsert, as in the reconstructed ring group
    stays = attempt.kind == Kind.ROUTE and pbx.profile.own_leg_after_route == "stays"
    _give_way(pbx, own, stays=stays)
    if former is not leg and former is not own:
        _give_way(pbx, former, stays=False)  # a queue or menu at which the caller was waiting
    call.connected_to = label(leg)
    call.established = call.established or pbx.now
    note(pbx, call, f"connected {label(leg)}")
    attempt.tickets = tickets
    mine = caller if attempt.kind == Kind.MAKECALL else own
    settle(pbx, attempt, Result(leg=mine.id if mine and pbx.alive(mine) else None))
    if attempt.on_success:
        attempt.on_success(pbx, leg)


def _give_way(pbx: Pbx, leg: Leg | None, *, stays: bool) -> None:
    if leg is None or not pbx.alive(leg):
        return
    if stays and leg.status == Status.CONNECTED:
        leg.spent = True
        _abandon(pbx, leg)
        part(pbx, leg)
        return
    withdraw(pbx, leg)


def fail(pbx: Pbx, attempt: Attempt, reason: Reason, text: str = "") -> None:
    """Nobody took the call. The verb is told, then what is left decides whether the call goes on."""
    if not is_open(pbx, attempt):
        return
    call = pbx.calls[attempt.call]
    tickets, attempt.tickets = attempt.tickets, []
    close(pbx, attempt, reason)
    attempt.tickets = tickets
    note(pbx, call, f"{word(reason)} {attempt.destination}")
    goes_on = attempt.on_fail is not None and attempt.on_fail(pbx, attempt, reason)
    settle(pbx, attempt, failed(reason, text))
    if goes_on:
        return
    end_if_lonely(pbx, call, f": {word(reason)}")


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
    remember(pbx, call)
    note(pbx, call, f"ended{why}")


def remember(pbx: Pbx, call: Call) -> None:
    """Keep an ended call for whoever asks; the oldest is forgotten when there are very many."""
    pbx.ended[call.key] = call
    if len(pbx.ended) > _REMEMBERED:
        del pbx.ended[next(iter(pbx.ended))]


def leave(pbx: Pbx, leg: Leg) -> None:
    """This side hangs up (or refuses, while it rings)."""
    call = pbx.call_of(leg)
    who = "caller" if leg.id == call.caller else label(leg)
    rung_by = call.attempts.get(leg.attempt) if leg.attempt is not None else None
    withdraw(pbx, leg)
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
