"""Verbs on a call: the state is checked first, and what comes of it is told, not what a status code says."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from tests.readings import TOLD, under
from threecx_pbx.calls.events import CallLeftView
from threecx_pbx.calls.model import Leg, LegState, PartyKind
from threecx_pbx.calls.routing import DialOrder, Outcome
from threecx_pbx.clock import ManualClock
from threecx_pbx.errors import (
    BadParameter,
    CallEnded,
    CallUnknown,
    NoDirectControl,
    NotOwnLeg,
    NotRinging,
    PbxFailed,
    RateLimited,
    StillRouting,
)
from threecx_simulator import PROFILES, Simulator

from .conftest import SECONDS, WITHIN, Link, Linked

Start = Callable[..., Awaitable[Simulator]]


def manual(pbx: Linked) -> bool:
    return pbx.sim.profile.route_point_answer == "manual"


# answer


@pytest.mark.proves("control.answerCall")
async def test_an_answered_leg_is_connected_and_was_answered_once(pbx: Linked) -> None:
    report, call = await pbx.arrives()
    leg = await pbx.session.answer(call)
    assert leg.state is LegState.CONNECTED
    await pbx.sim.control.reached(report, "connected 8001", within=WITHIN)
    assert pbx.sim.control.requests().answers == ({str(leg.participant): 1} if manual(pbx) else {})


@TOLD
async def test_an_answer_whose_result_shows_the_leg_connected_needs_no_reading(
    start: Start, link: Link
) -> None:
    pbx = await link(await start(route_point_answer="manual"))
    _, call = await pbx.arrives()
    pbx.sim.control.half_open()  # no frame tells of the leg any more
    leg = await pbx.session.answer(call)
    assert leg.state is LegState.CONNECTED
    assert pbx.session.call(call.id).own_leg == leg


def reads(pbx: Linked, leg: Leg) -> int:
    path = f"/participants/{leg.participant}"
    return sum(one.method == "GET" and one.path.endswith(path) for one in pbx.sim.control.requests().asked)


MANUAL = pytest.mark.parametrize("profile", [PROFILES["manual"]], ids=["manual"])


@MANUAL
async def test_a_leg_whose_answer_was_shown_is_read_after_it_not_beside_it(start: Start, link: Link) -> None:
    clock = ManualClock()
    pbx = await link(await start(), clock)
    _, call = await pbx.arrives()
    before = reads(pbx, pbx.session.own_leg(call))
    leg = await pbx.session.answer(call)
    assert reads(pbx, leg) == before
    asked = pbx.sim.control.asked("GET", f"/participants/{leg.participant}", count=before + 1)
    reading = asyncio.create_task(asked)
    while not reading.done():  # the Upsert may come only now
        await clock.advance(0.1)
    await reading


@MANUAL
@pytest.mark.parametrize("status", ["202", "4xx"])
async def test_a_leg_whose_answer_was_not_shown_is_read_at_once(
    start: Start, link: Link, status: str
) -> None:
    pbx = await link(await start(status_codes=status), ManualClock())
    _, call = await pbx.arrives()
    assert (await pbx.session.answer(call)).state is LegState.CONNECTED


async def test_two_who_answer_at_once_ask_the_pbx_once(pbx: Linked) -> None:
    _, call = await pbx.arrives()
    first, second = await asyncio.gather(pbx.session.answer(call), pbx.session.answer(call))
    assert first.key == second.key
    asked = [one for one in pbx.sim.control.requests().asked if one.path.endswith("/answer")]
    assert len(asked) == (1 if manual(pbx) else 0)


async def test_a_leg_that_takes_no_command_is_told_so_and_left_as_it_was(start: Start, link: Link) -> None:
    pbx = await link(await start(route_point_answer="manual"))
    pbx.sim.control.answer_next(422, path="/answer", count=9)
    report, call = await pbx.arrives()
    with pytest.raises(NoDirectControl, match="does not take commands"):
        await pbx.session.answer(call, within=SECONDS)
    assert pbx.session.call(call.id).own_leg is not None
    assert pbx.sim.control.report(report).state == "ringing"


async def test_a_422_counts_as_answered_when_the_pbx_connects_the_leg_by_itself(
    start: Start, link: Link
) -> None:
    pbx = await link(await start(route_point_answer="manual"))
    pbx.sim.control.answer_next(422, path="/answer")
    report, call = await pbx.arrives()
    answering = asyncio.create_task(pbx.session.answer(call))
    await pbx.sim.control.asked("POST", "/answer")
    await pbx.session.rest.act("8001", call.own_leg.participant, "answer", {})  # type: ignore[union-attr]
    assert (await answering).state is LegState.CONNECTED
    assert "connected 8001" in pbx.sim.control.report(report).moments


async def test_a_caller_who_hangs_up_while_being_answered_has_ended_the_call(
    start: Start, link: Link
) -> None:
    pbx = await link(await start(route_point_answer="manual"))
    pbx.sim.control.answer_next(422, path="/answer")
    report, call = await pbx.arrives()
    answering = asyncio.create_task(pbx.session.answer(call))
    await pbx.sim.control.asked("POST", "/answer")
    pbx.sim.control.hang_up(report)
    with pytest.raises(CallEnded):
        await answering


@pytest.mark.parametrize(("status", "error"), [(429, RateLimited), (500, PbxFailed)])
async def test_a_verb_that_the_pbx_refuses_is_not_repeated(
    start: Start, link: Link, status: int, error: type[Exception]
) -> None:
    pbx = await link(await start(route_point_answer="manual"))
    _, call = await pbx.arrives()
    pbx.sim.control.answer_next(status, path="/answer", retry_after=7, html=True)
    with pytest.raises(error, match="7 seconds" if status == 429 else "HTTP 500"):
        await pbx.session.answer(call)
    assert len(await pbx.sim.control.asked("POST", "/answer")) == 1


# hang up and reject


@pytest.mark.proves("control.hangupCall")
async def test_leaving_a_call_of_two_ends_it(pbx: Linked) -> None:
    report, call = await pbx.answered()
    await pbx.session.drop_own(call)
    ended = await pbx.sim.control.ended(report, within=WITHIN)
    assert "dropped 8001" in ended.moments
    await pbx.ends()
    with pytest.raises(CallEnded):
        pbx.session.call(call.id)


async def test_a_call_that_never_was_is_told_apart_from_one_that_is_over(pbx: Linked) -> None:
    with pytest.raises(CallUnknown, match="c_0000000000000000"):
        pbx.session.call("c_0000000000000000")  # type: ignore[arg-type]


async def test_dropping_a_leg_that_the_caller_has_just_ended_is_no_failure(pbx: Linked) -> None:
    report, call = await pbx.answered()
    leg = pbx.session.own_leg(call)
    pbx.sim.control.hang_up(report)
    await pbx.session.drop(leg)


async def test_a_leg_at_an_extension_without_one_is_named_with_those_that_are_seen(pbx: Linked) -> None:
    _, call = await pbx.answered()
    with pytest.raises(BadParameter, match="no leg at extension '105'") as wrong:
        await pbx.session.drop_seen(call, "105")
    assert "8001" in wrong.value.hint


@pytest.mark.proves("control.rejectCall")
async def test_only_a_ringing_call_can_be_rejected(pbx: Linked) -> None:
    report, call = await pbx.arrives()
    if manual(pbx):
        await pbx.session.reject(call)
        assert "dropped 8001" in (await pbx.sim.control.ended(report, within=WITHIN)).moments
        return
    with pytest.raises(NotRinging, match="connected") as wrong:
        await pbx.session.reject(call)
    assert "Hang Up" in wrong.value.hint


# transfer


@pytest.mark.proves("control.transferCall.blind")
@pytest.mark.parametrize(
    ("target", "moment", "outcome"),
    [
        ("101", "connected 101", Outcome.HUMAN),
        ("800", "connected 800", Outcome.QUEUE),
        ("820", "connected 820", Outcome.IVR),
        ("+4930777", "connected +4930777", Outcome.EXTERNAL),
    ],
)
async def test_a_caller_is_put_through_and_who_took_the_call_is_told(
    pbx: Linked, target: str, moment: str, outcome: Outcome
) -> None:
    pbx.session.numbers = {"820": PartyKind.IVR}
    for agent in ("102", "103"):
        pbx.sim.control.behave(agent, answers_after=20)  # the queue has the caller until then
    report, call = await pbx.answered()
    routed = await pbx.session.transfer(call, target, 20 * SECONDS)
    assert (routed.connected, routed.outcome, routed.reason) == (True, outcome, "")
    assert moment in pbx.sim.control.report(report).moments


@pytest.mark.proves("control.transferCall.outcomes")
@TOLD
@pytest.mark.parametrize(
    ("behaviour", "outcome"),
    [
        ({"busy": True}, Outcome.BUSY),
        ({"answers_after": None}, Outcome.NO_ANSWER),
        ({"registered": False}, Outcome.REFUSED),
    ],
)
async def test_a_transfer_that_nobody_takes_says_why_and_the_caller_is_still_ours(
    pbx: Linked, behaviour: dict[str, object], outcome: Outcome
) -> None:
    pbx.sim.control.behave("101", **behaviour)
    report, call = await pbx.answered()
    routed = await pbx.session.transfer(call, "101", 3 * SECONDS)
    assert (routed.connected, routed.outcome) == (False, outcome)
    assert pbx.session.own_leg(call).state is LegState.CONNECTED
    second = await pbx.session.transfer(call, "102", 20 * SECONDS)
    assert (second.outcome, second.answered_by) == (Outcome.HUMAN, "102")
    assert "connected 102" in pbx.sim.control.report(report).moments


@TOLD
async def test_a_number_that_nobody_has_is_refused(pbx: Linked) -> None:
    _, call = await pbx.answered()
    routed = await pbx.session.transfer(call, "199", 3 * SECONDS)
    assert (routed.connected, routed.outcome, routed.reason) == (False, Outcome.REFUSED, "UnknownDestination")


@TOLD
async def test_a_mailbox_that_takes_the_call_is_not_taken_for_a_human(pbx: Linked) -> None:
    pbx.sim.control.behave("101", answers_after=None, voicemail_after=1.0)
    _, call = await pbx.answered()
    routed = await pbx.session.transfer(call, "101", 20 * SECONDS)
    assert (routed.connected, routed.outcome) == (True, Outcome.UNKNOWN)


async def test_a_mailbox_shows_where_the_caller_s_own_leg_is_seen(pbx: Linked) -> None:
    pbx.sim.control.behave("101", answers_after=None, voicemail_after=1.0)
    _, call = await pbx.answered(caller="100", target="8001")
    routed = await pbx.session.transfer(call, "101", 20 * SECONDS)
    assert (routed.connected, routed.outcome) == (True, Outcome.VOICEMAIL)


@pytest.mark.proves("care.hang-up-outcome")
async def test_a_caller_who_hangs_up_during_a_transfer_ends_it_within_a_fifth_of_a_second(
    pbx: Linked,
) -> None:
    pbx.sim.control.behave("101", answers_after=None)
    report, call = await pbx.answered()
    moving = asyncio.create_task(pbx.session.transfer(call, "101", 300 * SECONDS))
    await pbx.until(lambda: "101" in pbx.session.call(call.id).rang)
    pbx.sim.control.hang_up(report)
    await pbx.until(lambda: pbx.session.look(call.id) is None or not pbx.session.look(call.id).legs)  # type: ignore[union-attr]
    with pytest.raises(CallEnded):
        async with asyncio.timeout(0.2):
            await moving


@TOLD
async def test_a_transfer_whose_answer_is_lost_says_that_it_may_still_succeed(pbx: Linked) -> None:
    _, call = await pbx.answered()
    pbx.sim.control.behave("101", answers_after=None)
    moving = asyncio.create_task(pbx.session.transfer(call, "101", 300 * SECONDS))
    await pbx.until(lambda: next((c for c in pbx.session.calls_now() if "101" in c.rang), None))
    assert pbx.sim.control.cut_requests("/transferto") == 1
    with pytest.raises(StillRouting):
        await moving


@under(told=True, route_reply_delay_s=300.0)
@pytest.mark.parametrize("verb", ["transfer", "route"])
async def test_a_transfer_whose_answer_hangs_after_the_target_took_the_call_is_told_by_the_legs(
    pbx: Linked, verb: str
) -> None:
    _, call = await pbx.answered()
    moved = getattr(pbx.session, verb)(call, "101", 20 * SECONDS)
    routed = await asyncio.wait_for(moved, WITHIN)
    assert (routed.connected, routed.outcome, routed.answered_by) == (True, Outcome.HUMAN, "101")


@pytest.mark.parametrize("codes", ["200", "202"])
async def test_the_far_side_of_a_call_of_ours_is_not_taken_for_the_target(
    start: Start, link: Link, codes: str
) -> None:
    pbx = await link(await start(status_codes=codes))
    pbx.sim.control.behave("102", answers_after=None)
    dialled = await pbx.session.dial(DialOrder("101", within=20 * SECONDS))
    ours = dialled.call
    assert ours is not None
    await pbx.until(lambda: "101" in {leg.dn for leg in pbx.session.call(ours.id).legs.values()} or None)
    routed = await pbx.session.route(ours, "102", 5 * SECONDS)
    assert (routed.connected, routed.outcome) == (False, Outcome.NO_ANSWER)


async def test_a_cancelled_transfer_leaves_the_call_as_it_was(pbx: Linked) -> None:
    pbx.sim.control.behave("101", answers_after=None)
    report, call = await pbx.answered()
    moving = asyncio.create_task(pbx.session.transfer(call, "101", 300 * SECONDS))
    await pbx.sim.control.reached(report, "ringing 101", within=WITHIN)
    moving.cancel()
    await asyncio.wait({moving})
    assert pbx.session.own_leg(call).state is LegState.CONNECTED
    assert "dropped 8001" not in pbx.sim.control.report(report).moments


async def test_a_transfer_that_was_given_up_and_succeeds_later_is_no_end_of_the_call(pbx: Linked) -> None:
    pbx.sim.control.behave("+4930777", answers_after=2.0)
    report, call = await pbx.answered()
    moving = asyncio.create_task(pbx.session.transfer(call, "+4930777", 20 * SECONDS))
    await pbx.sim.control.reached(report, "ringing +4930777", within=WITHIN)
    moving.cancel()
    await asyncio.wait({moving})
    await pbx.ends()
    (last,) = pbx.changes[-1].events
    assert isinstance(last, CallLeftView)
    assert (last.call, last.to) == (call.id, "+4930777")


@pytest.mark.parametrize("held", [False, True])
async def test_a_caller_on_hold_for_a_transfer_that_was_given_up_is_transferred_when_that_has_failed(
    start: Start, link: Link, held: bool
) -> None:
    pbx = await link(await start(held_shown=held))
    pbx.sim.control.behave("101", answers_after=None)
    pbx.sim.control.behave("102", answers_after=0.5)
    report, call = await pbx.answered()
    moving = asyncio.create_task(pbx.session.transfer(call, "101", 5 * SECONDS))
    await pbx.sim.control.reached(report, "ringing 101", within=WITHIN)
    moving.cancel()
    await asyncio.wait({moving})
    routed = await pbx.session.transfer(call, "102", 20 * SECONDS)
    assert (routed.outcome, routed.answered_by) == (Outcome.HUMAN, "102")
    assert "connected 102" in pbx.sim.control.report(report).moments


async def test_a_call_that_went_elsewhere_cannot_be_transferred_and_says_where_it_is(pbx: Linked) -> None:
    _, call = await pbx.answered()
    await pbx.session.transfer(call, "101", 20 * SECONDS)
    with pytest.raises(NotOwnLeg, match="it is at 101"):
        await pbx.session.transfer(call, "102", 20 * SECONDS)


async def test_a_ringing_call_is_diverted_and_tells_who_picked_up(start: Start, link: Link) -> None:
    pbx = await link(await start(route_point_answer="manual"))
    pbx.sim.control.behave("101", answers_after=3.0)
    report, call = await pbx.arrives()
    routed = await pbx.session.transfer(call, "101", 20 * SECONDS)
    assert (routed.connected, routed.outcome, routed.answered_by) == (True, Outcome.HUMAN, "101")
    assert "connected 101" in pbx.sim.control.report(report).moments


@pytest.mark.proves("control.divertCall")
async def test_a_connected_call_cannot_be_diverted_and_the_better_operation_is_named(pbx: Linked) -> None:
    _, call = await pbx.answered()
    with pytest.raises(NotRinging) as wrong:
        await pbx.session.divert(call, "101")
    assert "Transfer" in wrong.value.hint


# route: supervised


@pytest.mark.parametrize("own_leg", ["removed", "stays"])
async def test_a_supervised_transfer_ends_with_the_own_leg_gone_whether_the_pbx_leaves_it_or_not(
    start: Start, link: Link, own_leg: str
) -> None:
    pbx = await link(await start(own_leg_after_route=own_leg))
    pbx.sim.control.behave("101", answers_after=0.5)
    report, call = await pbx.answered()
    routed = await pbx.session.route(call, "101", 20 * SECONDS)
    assert (routed.connected, routed.outcome) == (True, Outcome.HUMAN)
    await pbx.until(lambda: pbx.own() is None)
    assert pbx.sim.control.report(report).state == "connected"


async def test_a_supervised_transfer_that_nobody_takes_keeps_the_caller(pbx: Linked) -> None:
    pbx.sim.control.behave("101", answers_after=None)
    report, call = await pbx.answered()
    routed = await pbx.session.route(call, "101", 3 * SECONDS)
    assert (routed.connected, routed.outcome) == (False, Outcome.NO_ANSWER)
    assert pbx.session.own_leg(call).state is LegState.CONNECTED
    assert pbx.sim.control.report(report).state == "connected"


# other readings of the PBX


@pytest.mark.parametrize("codes", ["200", "202", "4xx"])
@pytest.mark.parametrize("status", ["name", "number"])
@pytest.mark.proves("simulator.profiles")
async def test_outcomes_do_not_depend_on_how_the_pbx_tells_them(
    start: Start, link: Link, codes: str, status: str
) -> None:
    pbx = await link(await start(status_codes=codes, final_status=status))
    pbx.sim.control.behave("101", answers_after=None)
    pbx.sim.control.behave("102", answers_after=0.5)
    _, call = await pbx.answered()
    missed = await pbx.session.transfer(call, "101", 2 * SECONDS)
    assert (missed.connected, missed.outcome) == (False, Outcome.NO_ANSWER)
    taken = await pbx.session.transfer(call, "102", 20 * SECONDS)
    assert (taken.connected, taken.outcome) == (True, Outcome.HUMAN)


ACCEPTED = under(status_codes="202")


@pytest.mark.proves("control.transferCall.outcomes")
@ACCEPTED
@pytest.mark.parametrize(
    "behaviour",
    [{"busy": True}, {"answers_after": None}, {"registered": False}],
    ids=["busy", "unanswered", "gone"],
)
async def test_where_the_pbx_only_accepts_a_transfer_nobody_s_taking_it_is_told_when_the_ringing_is_over(
    pbx: Linked, behaviour: dict[str, object]
) -> None:
    pbx.sim.control.behave("101", **behaviour)
    _, call = await pbx.answered()
    routed = await pbx.session.transfer(call, "101", 1 * SECONDS)
    assert (routed.connected, routed.outcome) == (False, Outcome.NO_ANSWER)
    assert routed.reason == "nobody took the call in time"
    second = await pbx.session.transfer(call, "102", 20 * SECONDS)
    assert (second.outcome, second.answered_by) == (Outcome.HUMAN, "102")


async def test_an_error_page_instead_of_a_result_is_an_outcome_too(start: Start, link: Link) -> None:
    pbx = await link(await start(status_codes="4xx", error_body="html"))
    _, call = await pbx.answered()
    routed = await pbx.session.transfer(call, "199", 2 * SECONDS)
    assert (routed.connected, routed.outcome) == (False, Outcome.REFUSED)
    assert pbx.session.own_leg(call).state is LegState.CONNECTED
