"""Whatever happens in whatever order, the PBX stays consistent (pure: no sockets, no clock)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from threecx_simulator import Behaviour, default_world, draw
from threecx_simulator.pbx import callers, upheaval, verbs
from threecx_simulator.pbx.act import act, next_due, tick
from threecx_simulator.pbx.effects import Effect, Removed, Settled, Upserted
from threecx_simulator.pbx.ids import ClientId, Dn, Ticket
from threecx_simulator.pbx.state import Pbx, new_pbx
from threecx_simulator.scenarios.words import moment

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
NUMBERS = [
    "100",
    "101",
    "102",
    "103",
    "105",
    "8001",
    "8002",
    "800",
    "810",
    "820",
    "999",
    "*4101",
    "700",
    "SP0",
]
NUMBERS += ["+4930555001", "+4930555101", "+49301234567", "5", "112"]
number = st.sampled_from(NUMBERS)
pick = st.integers(0, 30)
STEP = st.one_of(
    st.tuples(st.just("place"), number, number),
    st.tuples(st.just("make_call"), st.sampled_from(["8001", "101", "103", "105"]), number),
    st.tuples(st.sampled_from(["answer", "drop", "hang_up", "press", "haunt", "new_party"]), pick, number),
    st.tuples(st.sampled_from(["divert", "route_to", "transfer_to"]), pick, number),
    st.tuples(st.just("merge"), pick, pick),
    st.tuples(st.just("wait"), st.integers(0, 40), number),
    st.tuples(
        st.just("behave"),
        number,
        st.sampled_from(["busy", "never", "voicemail", "forwards", "leaves", "gone", "usual"]),
    ),
    st.tuples(st.just("monitor"), number, st.booleans()),
    st.tuples(st.just("restart"), st.booleans(), number),
)
MOODS = {
    "busy": Behaviour(busy=True),
    "never": Behaviour(answers_after=None),
    "voicemail": Behaviour(answers_after=None, voicemail_after=3),
    "forwards": Behaviour(answers_after=None, voicemail_after=2, forwards_to="102"),
    "leaves": Behaviour(hangs_up_after=1),
    "gone": Behaviour(registered=False, exists=False),
    "usual": Behaviour(),
}


class Watcher:
    """A program that believes the frames, and counts results."""

    def __init__(self) -> None:
        self.told: set[int] = set()
        self.settled: list[int] = []

    def see(self, effects: list[Effect]) -> None:
        for effect in effects:
            if isinstance(effect, Upserted):
                self.told.add(effect.leg)
            elif isinstance(effect, Removed):
                assert effect.leg in self.told, "a leg was removed that was never told"
                self.told.discard(effect.leg)
            elif isinstance(effect, Settled):
                assert effect.ticket not in self.settled, "a verb had two results"
                self.settled.append(effect.ticket)


def consistent(pbx: Pbx) -> None:
    for leg in pbx.legs.values():
        assert pbx.calls[leg.call].legs[leg.id] is leg
        if leg.peer is not None:
            assert pbx.legs[leg.peer].peer == leg.id, "two legs disagree about who talks to whom"
            assert pbx.legs[leg.peer].call == leg.call
    for call in pbx.calls.values():
        sides = [leg for leg in call.legs.values() if not leg.spent]
        ringing_initiator = any(leg.dial_on_answer for leg in sides)
        assert len(sides) >= 2 or call.attempts or ringing_initiator, call.timeline
        for attempt in call.attempts.values():
            assert pbx.alive(attempt.caller), "somebody is being rung for nobody"
            assert attempt.legs <= call.legs.keys()


def on_leg(pbx: Pbx, step: tuple[Any, ...], tickets: list[Ticket]) -> Callable[[Pbx], object]:
    verb, at, destination = step
    legs = sorted(pbx.legs.values(), key=lambda leg: leg.id)
    if not legs:
        return tick
    leg = legs[at % len(legs)]
    if verb in {"answer", "drop"}:
        return partial(getattr(verbs, verb), leg)
    tickets.append(Ticket(pbx.count()))
    return partial(getattr(verbs, verb), leg, destination, 5.0, tickets[-1])


def on_call(pbx: Pbx, step: tuple[Any, ...]) -> Callable[[Pbx], object]:
    what, at, other = step
    calls = [*pbx.calls, *pbx.ended]
    if not calls:
        return tick
    key = calls[at % len(calls)]
    deeds: dict[str, Callable[[Pbx], object]] = {
        "hang_up": partial(callers.hang_up_call, key=key),
        "press": partial(callers.press, key=key, keys="12"),
        "haunt": partial(upheaval.haunt, key),
        "new_party": partial(upheaval.new_party, key, str(other), ""),
        "merge": partial(upheaval.merge, key, calls[other % len(calls)] if what == "merge" else key, True),
    }
    return deeds[what]


def on_pbx(pbx: Pbx, step: tuple[Any, ...], tickets: list[Ticket]) -> Callable[[Pbx], object]:
    what, one, other = step
    if what == "make_call":
        tickets.append(Ticket(pbx.count()))
        return partial(verbs.make_call, Dn(one), 0, other, 5.0, tickets[-1])
    if what == "behave":
        pbx.behaviours[one] = MOODS[other]
    deeds: dict[str, Callable[[Pbx], object]] = {
        "place": partial(callers.place, origin=one, target=other),
        "monitor": partial(upheaval.monitor, ClientId("8001"), Dn(one), other),
        "restart": partial(upheaval.restart, one),
    }
    return deeds.get(what, tick)


def deed(pbx: Pbx, step: tuple[Any, ...], tickets: list[Ticket]) -> Callable[[Pbx], object]:
    """What a step does now: `tick`, when there is nothing to do it to."""
    if step[0] in {"answer", "drop", "divert", "route_to", "transfer_to"}:
        return on_leg(pbx, step, tickets)
    if step[0] in {"hang_up", "press", "haunt", "new_party", "merge"}:
        return on_call(pbx, step)
    return on_pbx(pbx, step, tickets)


@settings(max_examples=200, deadline=None)
@given(seed=st.integers(0, 50), steps=st.lists(STEP, max_size=25))
def test_no_order_of_events_confuses_the_pbx(seed: int, steps: list[tuple[Any, ...]]) -> None:
    pbx = new_pbx(default_world(), replace(draw(seed), upsert_repeat_ms=0), START, seed)
    watcher, tickets, now = Watcher(), list[Ticket](), START
    for step in steps:
        now += timedelta(seconds=step[1] if step[0] == "wait" else 0.1)
        doing = deed(pbx, step, tickets)
        try:
            _, effects = act(pbx, doing, now)
        except verbs.Refused:
            tickets = tickets[:-1] if step[0] in {"divert", "route_to", "transfer_to"} else tickets
            continue
        if step[0] == "restart":
            watcher.told.clear()
        watcher.see(effects)
        consistent(pbx)
    told = [line.what for call in (*pbx.calls.values(), *pbx.ended.values()) for line in call.timeline]
    assert all(moment(what) for what in told), "scenarios may wait for whatever a timeline says"
    _, effects = act(pbx, upheaval.clean, now + timedelta(hours=1))
    watcher.see(effects)
    assert not pbx.legs
    assert not watcher.told, "legs that are gone were never said to be gone"
    assert set(watcher.settled) == set(tickets), "a verb never had a result"
    assert next_due(pbx) is None
