"""The heart: what was seen of legs becomes calls, and calls become events. Pure; no I/O, no clock.

Legs with one `callid` that overlap in time form a call. `callid` and participant ids are small numbers that restart
(api.md 2.2, 11.8, 11.9), so neither is a key by itself: a call is its `callid` and the moment of its first leg.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from threecx_pbx.calls import telling
from threecx_pbx.calls.events import AnyEvent, Evidence
from threecx_pbx.calls.model import (
    TELLING_DIGITS,
    Call,
    CallId,
    Direction,
    Dn,
    Leg,
    LegKey,
    LegState,
    ParticipantId,
    Party,
    PartyKind,
    PbxId,
)
from threecx_pbx.calls.sightings import Digits, HandedOn, LegGone, LegSeen, SeenLeg, Sighting, Snapshot, Tick

GRACE = timedelta(seconds=2)
"""Queue waves and transfers leave gaps between legs (api.md 3.1)."""

_NO_CALLID = -1
"""Of a call whose `callid` the PBX uses for another one by now."""

_AFTER_CUT = Evidence(inferred="found when all legs were read again")
_TOLD = Evidence()

Ref = tuple[Dn, ParticipantId]


@dataclass(frozen=True, slots=True)
class Book:
    """All calls of one PBX that are up or in their grace."""

    pbx: PbxId
    calls: Mapping[CallId, Call] = field(default_factory=dict)
    by_leg: Mapping[Ref, tuple[CallId, LegKey]] = field(default_factory=dict)
    by_pbx_call: Mapping[int, CallId] = field(default_factory=dict)
    changed: frozenset[CallId] = frozenset()
    """The calls that the last sighting changed, those that ended included."""

    @property
    def wake_at(self) -> datetime | None:
        """When the next Tick is due: the end of the nearest grace."""
        empty = [call.empty_since for call in self.calls.values() if call.empty_since]
        return min(empty) + GRACE if empty else None


def restored(pbx: PbxId, calls: Iterable[Call]) -> Book:
    """The book as it was when it was last written down; the next sighting is a Snapshot."""
    book = Book(pbx)
    for call in calls:
        book = _with_call(book, call)
    return replace(book, changed=frozenset())


def observe(book: Book, seen: Sighting) -> tuple[Book, list[AnyEvent]]:
    """The book after a sighting, and what there is to tell of it."""
    # a grace that has passed ends its call, whatever else is seen now: a `callid` may have a new meaning by then
    book, told = _tick(replace(book, changed=frozenset()), seen.at)
    book, more = _observed(book, seen)
    return book, told + more


def _observed(book: Book, seen: Sighting) -> tuple[Book, list[AnyEvent]]:
    match seen:
        case LegSeen(at, leg):
            return _leg_seen(book, leg, at, _TOLD)
        case LegGone(at, dn, participant):
            return _leg_gone(book, (dn, participant), at, _TOLD)
        case Snapshot(at, legs):
            return _snapshot(book, legs, at)
        case Digits():
            return _digits(book, seen)
        case HandedOn():
            return _handed_on(book, seen), []
        case Tick():
            return book, []


def _snapshot(book: Book, legs: tuple[SeenLeg, ...], at: datetime) -> tuple[Book, list[AnyEvent]]:
    here = {(leg.dn, leg.participant): leg for leg in legs}
    book, told = _strangers_apart(book, tuple(here.values()), at)
    # legs that are known first: one that moved to another `callid` takes its call there before others begin one
    for leg in sorted(here.values(), key=lambda leg: (leg.dn, leg.participant) not in book.by_leg):
        book, events = _leg_seen(book, leg, at, _AFTER_CUT)
        told += events
    for ref in [ref for ref in book.by_leg if ref not in here]:
        book, events = _leg_gone(book, ref, at, _AFTER_CUT)
        told += events
    return book, told


def _strangers_apart(book: Book, legs: tuple[SeenLeg, ...], at: datetime) -> tuple[Book, list[AnyEvent]]:
    """A PBX that restarted counts `callid` from one again (api.md 11.9): legs that have nothing in common with the
    call of that number are another call, and that one is over.
    """
    told: list[AnyEvent] = []
    for number, id_ in list(book.by_pbx_call.items()):
        now = [leg for leg in legs if leg.pbx_call == number]
        call = book.calls[id_]
        if not now or any(_goes_on(book, call, leg) for leg in now):
            continue
        for leg in call.legs.values():
            book, events = _leg_gone(book, (leg.dn, leg.participant), at, _AFTER_CUT)
            told += events
        book = _unnamed(book, id_)
    return book, told


def _goes_on(book: Book, call: Call, seen: SeenLeg) -> bool:
    """Whether a leg under the call's `callid` belongs to it: the leg is known, or one of its people is."""
    old = call.legs.get(LegKey(seen.uid)) if seen.uid else None
    known = book.by_leg.get((seen.dn, seen.participant))
    if old is not None or (known is not None and known[0] == call.id):
        return old is not None or not _another(call.legs[known[1]], seen)  # type: ignore[index]
    return bool({seen.party.number or seen.party.dn, seen.dn} & _people(call))


def _people(call: Call) -> frozenset[str]:
    """Who takes part, but for the route point itself, which takes part in every call."""
    legs = [call.first, *call.legs.values()]
    own = {leg.dn for leg in legs if leg.ours}
    parties = {leg.party.number or leg.party.dn for leg in legs}
    return frozenset((parties | {leg.dn for leg in legs}) - own - {""})


def _leg_seen(book: Book, seen: SeenLeg, at: datetime, how: Evidence) -> tuple[Book, list[AnyEvent]]:
    book = _moved_ref(book, seen)
    known = book.by_leg.get((seen.dn, seen.participant))
    if known is None:
        return _new_leg(book, seen, at, how)
    call = book.calls[known[0]]
    old = call.legs[known[1]]
    if _another(old, seen):
        book, gone = _leg_gone(book, (seen.dn, seen.participant), at, how)
        if not book.calls[call.id].legs:
            book = _unnamed(book, call.id)
        book, came = _new_leg(book, seen, at, how)
        return book, gone + came
    if old.pbx_call != seen.pbx_call:
        return _merge(book, call, old, seen, at, how)
    return _leg_changed(
        book, call, old, _leg(seen, old.key, old.first_seen, calling=_calls_out(seen, old)), at, how
    )


def _moved_ref(book: Book, seen: SeenLeg) -> Book:
    """A leg with a `participant_uid` may go on under another participant id (api.md 11.8)."""
    if not seen.uid or (seen.dn, seen.participant) in book.by_leg:
        return book
    key = LegKey(seen.uid)
    of = next((id_ for id_, call in book.calls.items() if key in call.legs), None)
    if of is None:
        return book
    others = {ref: to for ref, to in book.by_leg.items() if to != (of, key)}
    return replace(book, by_leg={**others, (seen.dn, seen.participant): (of, key)})


def _another(old: Leg, seen: SeenLeg) -> bool:
    """Whether the PBX has given the number to a leg of another call: a restart may reuse ids and `callid` (api.md 11.8)."""
    if seen.uid:
        return old.key != seen.uid
    if old.pbx_call != seen.pbx_call and old.party.number != seen.party.number:
        return True
    if old.ours and not old.calling and _other_outside(old.party, seen.party):
        return True
    return old.state is LegState.CONNECTED and seen.state in (LegState.RINGING, LegState.DIALING)


def _other_outside(old: Party, new: Party) -> bool:
    """Whether one outside caller has become another: no transfer does that in a single step."""
    outside = old.kind is new.kind is PartyKind.EXTERNAL
    return (
        outside
        and bool(old.number and new.number)
        and old.number[-TELLING_DIGITS:] != new.number[-TELLING_DIGITS:]
    )


def _new_leg(book: Book, seen: SeenLeg, at: datetime, how: Evidence) -> tuple[Book, list[AnyEvent]]:
    leg = _leg(seen, _key(seen, at), at, calling=_calls_out(seen, None))
    known = book.by_pbx_call.get(seen.pbx_call)
    call = book.calls[known] if known else None
    told: list[AnyEvent] = []
    if call is None:
        call = Call(_call_id(book, seen.pbx_call, at), seen.pbx_call, _direction(leg), at, first=leg)
        call, told = telling.started(call, leg, at, how)
    call = replace(call, legs={**call.legs, leg.key: leg}, been_at=call.been_at | {leg.dn}, empty_since=None)
    call = call if leg.calling else replace(call, left_for=None)
    if leg.ours and not leg.calling:
        call, received = telling.received(call, leg, at, how)
        told += received
    call, more = _became(call, None, leg, at, how)
    return _with_call(book, call), told + more


def _leg_changed(
    book: Book, call: Call, old: Leg, new: Leg, at: datetime, how: Evidence
) -> tuple[Book, list[AnyEvent]]:
    if old == new:
        return book, []
    call = replace(call, legs={**call.legs, new.key: new})
    call, told = _became(call, old, new, at, how)
    return _with_call(book, call), told


def _became(
    call: Call, old: Leg | None, new: Leg, at: datetime, how: Evidence
) -> tuple[Call, list[AnyEvent]]:
    """What a leg's new state or party means for its call."""
    if (
        not new.ours
        and new.state is LegState.RINGING
        and new.dn_kind in (PartyKind.EXTENSION, PartyKind.QUEUE)
    ):
        call = replace(call, rang=call.rang | {new.dn})
    if new.state is not LegState.CONNECTED:
        return call, []
    if old is None or old.state is not LegState.CONNECTED:
        return telling.connected(call, new, at, how)
    if (old.party.number, old.party.dn) != (new.party.number, new.party.dn):
        return telling.new_party(call, new, at, how)
    return call, []


def _leg_gone(book: Book, ref: Ref, at: datetime, how: Evidence) -> tuple[Book, list[AnyEvent]]:
    known = book.by_leg.get(ref)
    if known is None:
        return book, []
    call = book.calls[known[0]]
    leg = call.legs[known[1]]
    legs = {key: other for key, other in call.legs.items() if key != leg.key}
    call = replace(call, legs=legs, empty_since=None if legs else at)
    call, told = telling.gone(call, leg, at, how)
    book = replace(book, by_leg={key: to for key, to in book.by_leg.items() if key != ref})
    return _with_call(book, call), told


def _merge(
    book: Book, call: Call, old: Leg, seen: SeenLeg, at: datetime, how: Evidence
) -> tuple[Book, list[AnyEvent]]:
    """A living leg has moved to another `callid`: the two calls are one, under the elder's id (architecture 5)."""
    known = book.by_pbx_call.get(seen.pbx_call)
    other = book.calls[known] if known else None
    leg = _leg(seen, old.key, old.first_seen, calling=old.calling)
    if other is None:
        moved = replace(call, pbx_call=seen.pbx_call)
        return _leg_changed(_unnamed(book, call.id), moved, old, leg, at, how)
    if other.id == call.id:
        return _leg_changed(book, call, old, leg, at, how)
    elder, younger = sorted((call, other), key=lambda each: each.began)
    legs = {**younger.legs, **elder.legs, old.key: leg}
    joined = replace(
        elder,
        pbx_call=seen.pbx_call,
        legs=legs,
        rang=elder.rang | younger.rang,
        been_at=elder.been_at | younger.been_at,
        connected_at=elder.connected_at or younger.connected_at,
        answered_at=elder.answered_at or younger.answered_at,
        answered_by=elder.answered_by or younger.answered_by,
        empty_since=None,
    )
    joined, told = telling.merged(joined, younger.id, leg, at, how)
    return _with_call(_unnamed(_without_call(book, younger), elder.id), joined), told


def _digits(book: Book, seen: Digits) -> tuple[Book, list[AnyEvent]]:
    known = book.by_leg.get((seen.dn, seen.participant))
    if known is None:
        return book, []
    call = book.calls[known[0]]
    call, told = telling.digits(call, call.legs[known[1]], seen.digits, seen.at)
    return _with_call(book, call), told


def _handed_on(book: Book, seen: HandedOn) -> Book:
    call = book.calls.get(seen.call)
    if call is None or any(not leg.ours and not leg.calling for leg in call.legs.values()):
        return book
    return _with_call(book, replace(call, left_for=seen.destination))


def _tick(book: Book, at: datetime) -> tuple[Book, list[AnyEvent]]:
    over = [call for call in book.calls.values() if call.empty_since and call.empty_since + GRACE <= at]
    told: list[AnyEvent] = []
    for call in over:
        told += telling.over(call)
        book = _without_call(book, call)
    return book, told


def _with_call(book: Book, call: Call) -> Book:
    legs = {(leg.dn, leg.participant): (call.id, key) for key, leg in call.legs.items()}
    named = book.by_pbx_call
    if call.pbx_call != _NO_CALLID:
        named = {**named, call.pbx_call: call.id}
    return replace(
        book,
        calls={**book.calls, call.id: call},
        by_leg={**book.by_leg, **legs},
        by_pbx_call=named,
        changed=book.changed | {call.id},
    )


def _unnamed(book: Book, id_: CallId) -> Book:
    """Its `callid` may mean another call from now on."""
    call = replace(book.calls[id_], pbx_call=_NO_CALLID)
    named = {number: of for number, of in book.by_pbx_call.items() if of != id_}
    return replace(book, calls={**book.calls, id_: call}, by_pbx_call=named, changed=book.changed | {id_})


def _without_call(book: Book, call: Call) -> Book:
    return replace(
        book,
        calls={key: other for key, other in book.calls.items() if key != call.id},
        by_leg={ref: to for ref, to in book.by_leg.items() if to[0] != call.id},
        by_pbx_call={number: of for number, of in book.by_pbx_call.items() if of != call.id},
        changed=book.changed | {call.id},
    )


def _leg(seen: SeenLeg, key: LegKey, first_seen: datetime, *, calling: bool) -> Leg:
    return Leg(
        key=key,
        participant=seen.participant,
        dn=seen.dn,
        dn_kind=seen.dn_kind,
        party=seen.party,
        state=seen.state,
        ours=seen.ours,
        pbx_call=seen.pbx_call,
        first_seen=first_seen,
        calling=calling,
        direct_control=seen.direct_control,
        originated_by=seen.originated_by,
        referred_by=seen.referred_by,
        on_behalf_of=seen.on_behalf_of,
    )


def _key(seen: SeenLeg, at: datetime) -> LegKey:
    return LegKey(seen.uid or f"{seen.dn}/{seen.participant}@{at.isoformat()}")


def _call_id(book: Book, pbx_call: int, first_seen: datetime) -> CallId:
    told = f"{book.pbx}|{pbx_call}|{first_seen.isoformat()}"
    while (id_ := CallId("c_" + hashlib.sha256(told.encode()).hexdigest()[:16])) in book.calls:
        told += "|again"  # a `callid` that is used anew in the same instant
    return id_


def _calls_out(seen: SeenLeg, old: Leg | None) -> bool:
    """Dialing, brought about by its own DN, or the first leg of its call: it placed the call (api.md 3.1).

    A phone's leg may be seen when it is connected already; both real captures number the legs of a call so.
    """
    first = seen.legid == 1 and not seen.ours
    dials = seen.state is LegState.DIALING or seen.originated_by == seen.dn
    return (old is not None and old.calling) or dials or first


def _direction(leg: Leg) -> Direction:
    """api.md 3.1; fixed by the first leg."""
    if leg.party.kind is not PartyKind.EXTERNAL:
        return Direction.INTERNAL
    return Direction.OUTBOUND if leg.calling else Direction.INBOUND
