"""Placing calls: once, and what came about by it ends when nobody waits for it any more."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.readings import TOLD
from tests.waiting import eventually
from threecx_pbx.calls.model import LegState
from threecx_pbx.calls.routing import Dialled, DialOrder, Outcome
from threecx_pbx.errors import Forbidden, PbxFailed, StillRouting
from threecx_simulator import Simulator

from .conftest import ROUTE_POINT, SECONDS, WITHIN, Link, Linked

Start = Callable[..., Awaitable[Simulator]]


def order(to: str, source: str = "", within: float = 20) -> DialOrder:
    return DialOrder(to, source, within * SECONDS)


def placed(pbx: Linked) -> int:
    return sum(one.path.endswith("/makecall") for one in pbx.sim.control.requests().asked)


@pytest.mark.proves("control.makeCall")
async def test_an_answered_call_is_ours_and_connected(pbx: Linked) -> None:
    dialled = await pbx.session.dial(order("101"))
    assert dialled.connected
    assert dialled.leg is not None
    assert (dialled.leg.ours, dialled.leg.state) == (True, LegState.CONNECTED)
    assert placed(pbx) == 1
    assert pbx.sim.control.calls()[0].state == "connected"


@pytest.mark.parametrize(
    ("behaviour", "outcome"),
    [
        ({"busy": True}, Outcome.BUSY),
        ({"answers_after": None}, Outcome.NO_ANSWER),
        ({"registered": False}, Outcome.REFUSED),
    ],
)
@pytest.mark.parametrize("status", ["424", "422", "200"])
async def test_a_call_that_nobody_takes_says_why_whatever_the_status(
    start: Start, link: Link, behaviour: dict[str, object], outcome: Outcome, status: str
) -> None:
    pbx = await link(await start(unanswered_makecall=status))
    pbx.sim.control.behave("101", **behaviour)
    dialled = await pbx.session.dial(order("101", within=2))
    assert (dialled.connected, dialled.outcome, dialled.leg) == (False, outcome, None)
    assert [call.state for call in pbx.sim.control.calls()] == ["ended"]


@pytest.mark.parametrize("reply", ["dialing", "outcome"])
async def test_a_call_that_rings_too_long_is_ended(start: Start, link: Link, reply: str) -> None:
    pbx = await link(await start(makecall_reply=reply))
    pbx.sim.control.behave("101", answers_after=None)
    dialled = await pbx.session.dial(order("101", within=3))
    assert (dialled.connected, dialled.outcome) == (False, Outcome.NO_ANSWER)
    (call,) = pbx.sim.control.calls()
    await pbx.sim.control.ended(call.id, within=WITHIN)


@pytest.mark.proves("behaviour.cancellation", "control.makeCall")
@pytest.mark.parametrize("reply", ["dialing", "outcome"])
async def test_a_cancelled_call_leaves_no_leg_and_disturbs_no_other(
    start: Start, link: Link, reply: str
) -> None:
    pbx = await link(await start(makecall_reply=reply))
    pbx.sim.control.behave("101", answers_after=None)
    pbx.sim.control.behave("102", answers_after=None)
    _, incoming = await pbx.answered()
    one = asyncio.create_task(pbx.session.dial(order("101", within=300)))
    other = asyncio.create_task(pbx.session.dial(order("102", within=300)))
    await pbx.until(lambda: len([c for c in pbx.session.calls_now() if c.own_leg]) == 3)
    await pbx.arrives(caller="+4940222")
    one.cancel()
    await asyncio.wait({one})
    reports = {(call.from_, call.to): call.state for call in pbx.sim.control.calls()}
    assert reports["8001", "101"] == "ended"
    assert reports["8001", "102"] == "ringing"
    assert pbx.session.call(incoming.id).own_leg is not None
    assert len([call for call in reports.values() if call != "ended"]) == 3
    other.cancel()
    await asyncio.wait({other})


@pytest.mark.parametrize("reply", ["dialing", "outcome"])
async def test_a_call_whose_leg_takes_the_id_of_one_that_has_just_ended_is_another_call(
    start: Start, link: Link, reply: str
) -> None:
    late: dict[str, Any] = {
        "participant_ids": "recycled",
        "upsert_delay_ms": 500,
        "originated_by_self": False,
    }
    pbx = await link(await start(makecall_reply=reply, **late))
    first = await pbx.session.dial(order("101"))
    former = first.call
    assert former is not None
    assert first.leg is not None
    await pbx.session.drop_own(former)
    second = await pbx.session.dial(order("102"))
    assert second.leg is not None
    assert second.leg.participant == first.leg.participant
    assert (second.connected, second.call == former) == (True, False)
    await pbx.until(lambda: former.id not in {call.id for call in pbx.session.calls_now()})
    assert "call_received" not in pbx.types


@pytest.mark.parametrize("delays", [(500, 0.7), (0, 0.7), (500, 0.0)])
async def test_a_call_that_connects_before_its_answer_comes_is_not_taken_for_a_caller(
    start: Start, link: Link, delays: tuple[int, float]
) -> None:
    late: dict[str, Any] = {"upsert_delay_ms": delays[0], "makecall_reply_delay_s": delays[1]}
    pbx = await link(await start(makecall_reply="dialing", originated_by_self=False, **late))
    pbx.sim.control.behave("101", answers_after=0.0)
    dialled = await pbx.session.dial(order("101"))
    assert dialled.connected
    assert dialled.leg is not None
    assert dialled.leg.calling
    assert "call_received" not in pbx.types


async def test_a_caller_who_comes_in_meanwhile_is_not_taken_for_the_answer(pbx: Linked) -> None:
    pbx.sim.control.behave("101", answers_after=5.0)
    dialling = asyncio.create_task(pbx.session.dial(order("101")))
    _, incoming = await pbx.answered()
    dialled: Dialled = await dialling
    assert dialled.call is not None
    assert dialled.call.id != incoming.id
    assert dialled.leg is not None
    assert dialled.leg.party.number == "101"


@pytest.mark.proves("behaviour.cancellation")
@TOLD
async def test_a_call_whose_answer_is_lost_is_ended_though_its_leg_shows_only_later(
    start: Start, link: Link
) -> None:
    pbx = await link(await start(makecall_reply="outcome", upsert_delay_ms=2000))
    pbx.sim.control.behave("101", answers_after=None)
    dialling = asyncio.create_task(pbx.session.dial(order("101", within=300)))
    (call,) = await eventually(pbx.sim.control.calls)
    assert pbx.sim.control.cut_requests("/makecall") == 1
    with pytest.raises(StillRouting, match="the call was ended"):
        await dialling
    await pbx.sim.control.ended(call.id, within=WITHIN)


async def test_many_changes_elsewhere_do_not_shorten_the_wait(start: Start, link: Link) -> None:
    pbx = await link(await start(makecall_reply="dialing"))
    pbx.sim.control.behave("101", answers_after=8.0)
    dialling = asyncio.create_task(pbx.session.dial(order("101", within=20)))
    for number in range(40):
        pbx.sim.control.call(f"+4940{number:04}", ROUTE_POINT, hangup_after=1.0)
    assert (await dialling).connected


async def test_a_call_from_an_extension_rings_its_phone_first(pbx: Linked) -> None:
    dialled = await pbx.session.dial(order("102", source="101"))
    assert dialled.connected
    (call,) = pbx.sim.control.calls()
    assert call.moments[:2] == ["began", "ringing 101"]


async def test_a_source_that_is_not_this_clients_is_forbidden(pbx: Linked) -> None:
    with pytest.raises(Forbidden, match="8002"):
        await pbx.session.dial(order("101", source="8002"))
    assert pbx.sim.control.calls() == []


async def test_a_failed_makecall_is_never_repeated(pbx: Linked) -> None:
    pbx.sim.control.answer_next(500, count=5, path="/makecall")
    with pytest.raises(PbxFailed):
        await pbx.session.dial(order("101"))
    assert placed(pbx) == 1
