"""What goes on at the PBX is seen whatever the link does: cuts, half-open sockets, races of events and reads."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from tests.readings import WAITING
from threecx_pbx.calls.events import CallEnded, CallStarted
from threecx_pbx.clock import ManualClock
from threecx_simulator import Simulator

from .conftest import CALLER, ROUTE_POINT, WITHIN, Link, Linked

Start = Callable[..., Awaitable[Simulator]]


def reads(pbx: Linked) -> Counter[str]:
    """GETs of single legs, by path."""
    return Counter(
        one.path
        for one in pbx.sim.control.requests().asked
        if one.method == "GET" and "/participants/" in one.path
    )


async def test_a_whole_call_is_told_from_start_to_end(pbx: Linked) -> None:
    report, call = await pbx.answered()
    await pbx.session.transfer(call, "101", timedelta(seconds=20))
    pbx.sim.control.hang_up(report)
    await pbx.ends()
    told = [event.type for event in pbx.events]
    assert told[:3] == ["call_started", "call_received", "call_answered"]
    assert told[-2:] == ["call_transferred", "call_ended"]
    assert {event.call for event in pbx.events} == {call.id}


@pytest.mark.proves("behaviour.recovery")
@WAITING
async def test_after_a_cut_the_socket_is_opened_again_and_what_was_missed_is_told(pbx: Linked) -> None:
    report, call = await pbx.arrives()
    await pbx.sim.control.cut_sockets()
    pbx.sim.control.hang_up(report)
    pbx.sim.control.call("+4940111", ROUTE_POINT)
    await pbx.until(lambda: pbx.types.count("call_ended") == 1 and pbx.types.count("call_received") == 2)
    assert pbx.sim.control.requests().sockets_opened == 2
    ended = next(event for event in pbx.events if isinstance(event, CallEnded))
    assert ended.call == call.id


@pytest.mark.parametrize("code", [1001, 1006, 1011])
async def test_a_call_that_is_up_over_a_cut_is_told_once_and_keeps_its_id(pbx: Linked, code: int) -> None:
    report, call = await pbx.answered()
    await pbx.sim.control.cut_sockets(code)
    await pbx.sim.control.asked("GET", "/callcontrol/ws", count=2)
    await asyncio.wait_for(pbx.session.watcher.linked.wait(), WITHIN)
    pbx.sim.control.hang_up(report)
    await pbx.ends()
    assert [event.call for event in pbx.events if isinstance(event, CallStarted)] == [call.id]
    assert pbx.types.count("call_received") == 1


async def test_a_half_open_socket_is_found_by_reading_everything_every_45_seconds(
    start: Start, link: Link
) -> None:
    clock = ManualClock()
    pbx = await link(await start(), clock)
    pbx.sim.control.half_open()
    pbx.sim.control.call(CALLER, ROUTE_POINT)
    await clock.advance(44)
    assert pbx.events == []
    await clock.advance(1)
    await pbx.until(lambda: "call_received" in pbx.types)


@WAITING
async def test_frames_that_come_while_everything_is_read_are_applied_after_it(
    start: Start, link: Link
) -> None:
    sim = await start()
    reports = [sim.control.call(f"+49301000{number}", ROUTE_POINT) for number in range(5)]
    pbx = await link(sim)
    for report in reports[:3]:
        sim.control.hang_up(report)
    await pbx.until(lambda: len(pbx.session.calls_now()) == 2)
    assert pbx.types.count("call_started") == 5
    assert pbx.types.count("call_ended") == 3


@pytest.mark.parametrize("race_ms", [50, 120, 400])
async def test_a_leg_that_rest_does_not_know_at_once_is_read_again(
    start: Start, link: Link, race_ms: int
) -> None:
    pbx = await link(await start(get_404_race=race_ms))
    _, call = await pbx.arrives()
    assert call.own_leg is not None
    assert pbx.types[:2] == ["call_started", "call_received"]


async def test_repeated_upserts_tell_nothing_new(start: Start, link: Link) -> None:
    pbx = await link(await start(upsert_repeat_ms=200, route_point_answer="manual"))
    _, call = await pbx.arrives()
    leg = pbx.session.own_leg(call)
    path = f"/participants/{leg.participant}"
    await pbx.sim.control.asked("GET", path, count=5)
    assert pbx.types == ["call_started", "call_received"]


async def test_a_leg_is_read_once_at_a_time_and_once_more_when_it_changed_meanwhile(pbx: Linked) -> None:
    rest = pbx.session.rest
    running: Counter[int] = Counter()
    most: Counter[int] = Counter()
    original = rest.participant

    async def counted(dn: str, participant: int) -> object:
        running[participant] += 1
        most[participant] = max(most[participant], running[participant])
        try:
            return await original(dn, participant)
        finally:
            running[participant] -= 1

    rest.participant = counted  # type: ignore[method-assign, assignment]  # a counter around the real call
    _, call = await pbx.answered()
    await pbx.session.transfer(call, "101", timedelta(seconds=20))
    assert set(most.values()) == {1}


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_read_that_the_pbx_fails_at_is_repeated(start: Start, link: Link, status: int) -> None:
    pbx = await link(await start())
    pbx.sim.control.answer_next(status, count=2, method="GET", path="/participants/", html=status == 500)
    _, call = await pbx.arrives()
    assert call.own_leg is not None


@WAITING
async def test_a_pbx_that_restarts_with_the_same_numbers_has_new_calls(pbx: Linked) -> None:
    _, first = await pbx.answered()
    await pbx.sim.control.restart(reuse_ids=True)
    report = pbx.sim.control.call("+4940999", ROUTE_POINT)
    second = await pbx.until(
        lambda: next((c for c in pbx.session.calls_now() if c.caller.number == "+4940999"), None)
    )
    assert second.id != first.id
    await pbx.until(lambda: [e.call for e in pbx.events if isinstance(e, CallEnded)] == [first.id])
    assert pbx.session.call(second.id).own_leg is not None
    pbx.sim.control.hang_up(report)


async def test_a_removed_leg_is_gone_although_a_read_of_it_ends_later(start: Start, link: Link) -> None:
    pbx = await link(await start())
    held = asyncio.Event()
    original = pbx.session.rest.participant

    async def late(dn: str, participant: int) -> object:
        shape = await original(dn, participant)
        await held.wait()
        return shape

    pbx.session.rest.participant = late  # type: ignore[method-assign, assignment]  # a slow connection
    report = pbx.sim.control.call(CALLER, ROUTE_POINT)
    await pbx.sim.control.reached(report, "ringing 8001" if _manual(pbx) else "connected 8001", within=WITHIN)
    await pbx.sim.control.asked("GET", "", count=1)
    pbx.sim.control.hang_up(report)
    await pbx.sim.control.ended(report, within=WITHIN)
    other = pbx.sim.control.call("+4940111", ROUTE_POINT)
    held.set()
    await pbx.until(lambda: "call_received" in pbx.types)
    await pbx.until(lambda: len(pbx.session.calls_now()) == 1 or None)
    assert pbx.session.calls_now()[0].caller.number == "+4940111"
    pbx.sim.control.hang_up(other)


def _manual(pbx: Linked) -> bool:
    return pbx.sim.profile.route_point_answer == "manual"


@pytest.mark.proves("behaviour.restart-keeps-call-ids")
async def test_a_session_that_takes_up_the_calls_of_an_earlier_life_tells_nothing_twice(
    start: Start, link: Link
) -> None:
    sim = await start()
    first = await link(sim)
    report, call = await first.answered()
    second = await link(sim, calls=first.session.calls_now())
    assert [now.id for now in second.session.calls_now()] == [call.id]
    sim.control.hang_up(report)
    await second.ends()
    assert "call_started" not in second.types
    assert "call_received" not in second.types
    ended = [event for event in second.events if isinstance(event, CallEnded)]
    assert [event.call for event in ended] == [call.id]
