"""The book of calls: whatever is seen, in whatever order, calls begin once, end once, and keep their ids."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from threecx_pbx.calls.book import GRACE, Book, observe, restored
from threecx_pbx.calls.events import AnyEvent, CallEnded, CallLeftView, CallMerged, CallReceived, CallStarted
from threecx_pbx.calls.model import Call, Dn, LegState, ParticipantId, Party, PartyKind, PbxId
from threecx_pbx.calls.sightings import (
    Digits,
    HandedOn,
    LegGone,
    LegSeen,
    SeenLeg,
    Sighting,
    Snapshot,
    Tick,
)

PBX = PbxId("https://pbx.example.com|8001")
START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
OUTSIDE = Party(number="+4930123456", dn=Dn("10001"), kind=PartyKind.EXTERNAL)
KINDS = {"8001": PartyKind.ROUTE_POINT, "800": PartyKind.QUEUE}


def leg(participant: int, dn: str = "8001", callid: int = 1, **facts: Any) -> SeenLeg:
    return SeenLeg(
        participant=ParticipantId(participant),
        uid=facts.pop("uid", ""),
        dn=Dn(dn),
        dn_kind=KINDS.get(dn, PartyKind.EXTENSION),
        party=facts.pop("party", OUTSIDE),
        state=facts.pop("state", LegState.RINGING),
        ours=dn == "8001",
        pbx_call=callid,
        **facts,
    )


@dataclass
class Story:
    """A book that is told one thing after the other, a second apart unless said otherwise."""

    book: Book
    now: datetime = START

    def see(self, make: type, *facts: Any, after: float = 0.1) -> list[AnyEvent]:
        self.now += timedelta(seconds=after)
        self.book, told = observe(self.book, make(self.now, *facts))
        return told

    def snapshot(self, *legs: SeenLeg, after: float = 0.1) -> list[AnyEvent]:
        return self.see(Snapshot, legs, after=after)

    @property
    def calls(self) -> list[Call]:
        return list(self.book.calls.values())

    def restart(self, after: float = 0.1) -> None:
        """What was written down so far is all that is left."""
        self.now += timedelta(seconds=after)
        self.book = restored(PBX, self.book.calls.values())


def story() -> Story:
    return Story(Book(PBX))


def types(told: Iterable[AnyEvent]) -> list[str]:
    return [event.type for event in told]


# examples


def test_a_call_to_the_route_point_begins_is_answered_and_ends_once_after_the_grace() -> None:
    told = story()
    assert types(told.see(LegSeen, leg(10))) == ["call_started", "call_received"]
    assert types(told.see(LegSeen, leg(10, state=LegState.CONNECTED))) == ["call_answered"]
    assert told.see(LegGone, Dn("8001"), ParticipantId(10)) == []
    assert told.book.wake_at == told.now + GRACE
    assert told.see(Tick, after=1.9) == []
    (ended,) = told.see(Tick, after=0.1)
    assert isinstance(ended, CallEnded)
    assert (ended.outcome, ended.duration_seconds, ended.talk_seconds) == ("unanswered", 0.2, 0.0)
    assert told.book.calls == {}
    assert told.book.by_leg == {}
    assert told.book.by_pbx_call == {}
    assert told.book.wake_at is None


def test_events_of_a_call_are_numbered_from_nought_without_a_gap() -> None:
    told = story()
    events = told.see(LegSeen, leg(10))
    events += told.see(LegSeen, leg(10, state=LegState.CONNECTED))
    events += told.see(LegGone, Dn("8001"), ParticipantId(10))
    events += told.see(Tick, after=2)
    assert [event.number for event in events] == [0, 1, 2, 3]
    assert {event.call for event in events} == {events[0].call}


def test_the_same_upsert_again_tells_nothing() -> None:
    told = story()
    told.see(LegSeen, leg(10))
    before = told.book.calls
    assert told.see(LegSeen, leg(10)) == []
    assert told.book.changed == frozenset()
    assert told.book.calls == before


def test_a_call_that_was_up_before_a_restart_keeps_its_id_and_is_not_told_again() -> None:
    told = story()
    told.see(LegSeen, leg(10))
    (before,) = told.calls
    told.restart(after=30)
    assert types(told.snapshot(leg(10, state=LegState.CONNECTED))) == ["call_answered"]
    assert [call.id for call in told.calls] == [before.id]


def test_a_call_that_ended_while_nobody_looked_ends_once_with_the_reason_how_it_is_known() -> None:
    told = story()
    told.see(LegSeen, leg(10))
    told.restart(after=60)
    assert told.snapshot() == []
    assert types(told.see(Tick, after=2)) == ["call_ended"]
    assert told.see(Tick, after=2) == []


def test_a_pbx_that_restarted_and_counts_from_one_again_has_another_call_under_the_same_numbers() -> None:
    told = story()
    (started, _) = told.see(LegSeen, leg(10, state=LegState.CONNECTED))[:2]
    other = replace(OUTSIDE, number="+4940999")
    events = told.snapshot(leg(10, party=other, state=LegState.RINGING), after=5)
    assert "call_started" in types(events)
    (received,) = [event for event in events if isinstance(event, CallReceived)]
    assert received.call != started.call
    assert received.caller == other
    ended = told.see(Tick, after=2)
    assert [(event.type, event.call) for event in ended] == [("call_ended", started.call)]
    assert [call.id for call in told.calls] == [received.call]


def test_other_participant_ids_under_a_recycled_callid_are_another_call_too() -> None:
    told = story()
    (started, _) = told.see(LegSeen, leg(10))[:2]
    (again, *_) = told.snapshot(leg(3, party=replace(OUTSIDE, number="+4940999")), after=5)
    assert isinstance(again, CallStarted)
    assert again.call != started.call


def test_a_leg_that_rings_again_after_it_was_connected_is_a_new_callers() -> None:
    told = story()
    told.see(LegSeen, leg(10, state=LegState.CONNECTED))
    (first,) = told.calls
    events = told.see(LegSeen, leg(10, party=replace(OUTSIDE, number="+4940999")))
    assert [event.type for event in events if event.call != first.id] == ["call_started", "call_received"]


def test_a_caller_who_was_put_through_during_a_cut_keeps_the_call_id() -> None:
    told = story()
    told.see(LegSeen, leg(10, state=LegState.CONNECTED))
    (before,) = told.calls
    assert types(told.snapshot(leg(12, "101", state=LegState.CONNECTED), after=5)) == ["call_transferred"]
    assert [call.id for call in told.calls] == [before.id]


def test_a_callid_that_is_used_anew_after_the_grace_is_another_call_although_no_tick_came() -> None:
    told = story()
    told.see(LegSeen, leg(10))
    told.see(LegGone, Dn("8001"), ParticipantId(10))
    events = told.see(LegSeen, leg(11), after=5)
    assert types(events) == ["call_ended", "call_started", "call_received"]
    assert events[0].call != events[1].call


def test_a_gap_between_two_legs_within_the_grace_does_not_end_a_call() -> None:
    told = story()
    told.see(LegSeen, leg(10, "102"))
    told.see(LegGone, Dn("102"), ParticipantId(10))
    assert types(told.see(LegSeen, leg(11, "103"), after=1.5)) == []
    assert told.see(Tick, after=2) == []
    assert len(told.calls) == 1


def test_two_calls_that_become_one_keep_the_elder_id_and_nothing_is_told_twice() -> None:
    told = story()
    told.see(LegSeen, leg(10, callid=1))
    (elder,) = told.calls
    told.see(LegSeen, leg(11, "101", callid=2, party=Party(number="102", kind=PartyKind.EXTENSION)))
    (merged,) = told.see(
        LegSeen, leg(11, "101", callid=1, party=Party(number="102", kind=PartyKind.EXTENSION))
    )
    assert isinstance(merged, CallMerged)
    assert merged.call == elder.id
    assert [call.id for call in told.calls] == [elder.id]
    assert len(told.calls[0].legs) == 2


def test_a_call_that_moves_leg_by_leg_to_another_callid_stays_one_call() -> None:
    told = story()
    told.see(LegSeen, leg(10, callid=1))
    told.see(LegSeen, leg(11, "101", callid=1))
    assert told.see(LegSeen, leg(10, callid=7)) == []
    assert told.see(LegSeen, leg(11, "101", callid=7)) == []
    assert len(told.calls) == 1


def test_calls_that_became_one_during_a_cut_are_one_and_no_third_is_told() -> None:
    told = story()
    told.see(LegSeen, leg(10, callid=1))
    (elder,) = told.calls
    events = told.snapshot(leg(12, "101", callid=2), leg(10, callid=2), after=5)
    assert {event.call for event in events} <= {elder.id}
    assert [call.id for call in told.calls] == [elder.id]


def test_a_leg_with_a_uid_that_gets_another_number_is_still_the_same_leg() -> None:
    told = story()
    told.see(LegSeen, leg(10, "101", uid="u1", state=LegState.CONNECTED))
    assert told.see(LegSeen, leg(20, "101", uid="u1", state=LegState.CONNECTED)) == []
    assert told.see(LegGone, Dn("101"), ParticipantId(10)) == []
    assert [found.participant for found in told.calls[0].legs.values()] == [20]


def test_a_call_put_through_to_where_we_cannot_look_has_left_view_and_not_ended() -> None:
    told = story()
    told.see(LegSeen, leg(10, state=LegState.CONNECTED))
    (call,) = told.calls
    told.see(HandedOn, call.id, "+4930999")
    told.see(LegGone, Dn("8001"), ParticipantId(10))
    (left,) = told.see(Tick, after=2)
    assert isinstance(left, CallLeftView)
    assert left.to == "+4930999"


def test_a_call_put_through_to_an_extension_that_we_see_ends_there() -> None:
    told = story()
    told.see(LegSeen, leg(10, state=LegState.CONNECTED))
    (call,) = told.calls
    told.see(HandedOn, call.id, "101")
    told.see(LegGone, Dn("8001"), ParticipantId(10))
    told.see(LegSeen, leg(12, "101"))
    told.see(LegGone, Dn("101"), ParticipantId(12))
    assert types(told.see(Tick, after=2)) == ["call_missed", "call_ended"]


def test_keys_on_a_leg_that_is_not_known_tell_nothing() -> None:
    assert story().see(Digits, Dn("8001"), ParticipantId(10), "12#") == []


# properties

PEOPLE = [Party(number=number, dn=Dn("10001"), kind=PartyKind.EXTERNAL) for number in ("", "+491", "+492")]
seen_legs = st.builds(
    lambda participant, dn, callid, state, party, uids: leg(
        participant,
        dn,
        callid,
        state=state,
        party=party,
        uid=f"u{dn}-{participant}-{party.number}" if uids else "",
        originated_by=Dn(""),
    ),
    st.integers(1, 4),
    st.sampled_from(["8001", "101", "800"]),
    st.integers(1, 3),
    st.sampled_from(LegState),
    st.sampled_from(PEOPLE),
    st.booleans(),
)
steps = st.one_of(
    st.tuples(st.just("seen"), seen_legs),
    st.tuples(st.just("gone"), st.tuples(st.sampled_from(["8001", "101", "800"]), st.integers(1, 4))),
    st.tuples(st.just("snapshot"), st.lists(seen_legs, max_size=4)),
    st.tuples(st.just("digits"), st.tuples(st.sampled_from(["8001", "101"]), st.integers(1, 4))),
    st.tuples(st.just("handed on"), st.integers(0, 3)),
    st.tuples(st.just("tick"), st.none()),
    st.tuples(st.just("restart"), st.none()),
)
stories = st.lists(st.tuples(steps, st.sampled_from([0.0, 0.1, 1.0, 2.0, 60.0])), max_size=25)


def sighting(told: Story, kind: str, what: Any) -> Sighting | None:
    """None: the runner was restarted, or there is nothing to do this to."""
    ids = list(told.book.calls)
    make: dict[str, Callable[[], Sighting | None]] = {
        "seen": lambda: LegSeen(told.now, what),
        "gone": lambda: LegGone(told.now, Dn(what[0]), ParticipantId(what[1])),
        "snapshot": lambda: Snapshot(told.now, tuple(what)),
        "digits": lambda: Digits(told.now, Dn(what[0]), ParticipantId(what[1]), "5"),
        "handed on": lambda: HandedOn(told.now, ids[what % len(ids)], "+4930999") if ids else None,
        "tick": lambda: Tick(told.now),
        "restart": lambda: told.restart(after=0),
    }
    return make[kind]()


def play(steps: list[Any]) -> tuple[Story, list[AnyEvent]]:
    told, events = story(), []
    for (kind, what), after in steps:
        told.now += timedelta(seconds=after)
        seen = sighting(told, kind, what)
        if seen is not None:
            told.book, more = observe(told.book, seen)
            events += more
        check(told.book)
    return told, events


def check(book: Book) -> None:
    legs = [(call.id, key, found) for call in book.calls.values() for key, found in call.legs.items()]
    assert {(found.dn, found.participant): (id_, key) for id_, key, found in legs} == dict(book.by_leg)
    assert len(legs) == len(book.by_leg), "a leg belongs to two calls"
    assert set(book.by_pbx_call.values()) <= set(book.calls)
    assert all(bool(call.legs) is (call.empty_since is None) for call in book.calls.values())


@given(stories)
@settings(max_examples=120, deadline=None)
def test_a_call_begins_once_ends_at_most_once_and_its_events_are_numbered_in_a_row(steps: list[Any]) -> None:
    _, events = play(steps)
    numbers: dict[str, list[int]] = {}
    for event in events:
        numbers.setdefault(event.call, []).append(event.number)
    assert all(told == list(range(len(told))) for told in numbers.values())
    starts = Counter(event.call for event in events if isinstance(event, CallStarted))
    ends = Counter(event.call for event in events if isinstance(event, CallEnded | CallLeftView))
    assert set(starts.values()) <= {1}
    assert set(ends.values()) <= {1}
    assert set(numbers) == set(starts)


@given(stories)
@settings(max_examples=120, deadline=None)
def test_the_same_snapshot_twice_tells_nothing_new(steps: list[Any]) -> None:
    told, _ = play(steps)
    legs = tuple(
        leg(
            found.participant,
            found.dn,
            call.pbx_call,
            state=found.state,
            party=found.party,
            uid=key if key.startswith("u") else "",
        )
        for call in told.calls
        for key, found in call.legs.items()
    )
    told.snapshot(*legs)
    assert told.snapshot(*legs) == []
    assert told.book.changed == frozenset()


@given(stories)
@settings(max_examples=80, deadline=None)
def test_when_all_legs_are_gone_and_the_grace_has_passed_the_book_is_empty(steps: list[Any]) -> None:
    told, _ = play(steps)
    told.snapshot()
    told.see(Tick, after=2)
    assert told.book == Book(PBX, changed=told.book.changed)


@given(stories)
@settings(max_examples=80, deadline=None)
def test_a_restart_in_the_middle_changes_neither_ids_nor_what_is_told(steps: list[Any]) -> None:
    cut = len(steps) // 2
    plain, events = play(steps)
    restarted, again = play([*steps[:cut], (("restart", None), 0.0), *steps[cut:]])
    assert again == events
    assert restarted.book.calls == plain.book.calls
