"""Reject: a call that still rings is dropped, or sent elsewhere."""

import pytest

from tests.readings import RINGING, under

from .conftest import Workflow


@pytest.mark.proves("control.rejectCall")
@RINGING
async def test_a_ringing_call_is_dropped(workflow: Workflow) -> None:
    call = await workflow.call(answered=False)
    line = await call.run("rejectCall")
    assert (line["item"]["how"], line["item"]["target"]) == ("drop", "")
    assert "dropped 8001" in (await workflow.sim.control.ended(call.report)).moments


@pytest.mark.proves("control.rejectCall")
@RINGING
async def test_a_ringing_call_is_sent_elsewhere(workflow: Workflow) -> None:
    call = await workflow.call(answered=False)
    line = await call.run("rejectCall", how="divert", target="101")
    assert line["item"]["target"] == "101"
    await call.reached("connected 101")


@under(told=True, route_point_answer="manual")
async def test_a_target_that_does_not_take_the_call_is_an_error_with_the_reason(workflow: Workflow) -> None:
    workflow.sim.control.behave("101", busy=True)
    call = await workflow.call(answered=False)
    line = await call.run("rejectCall", how="divert", target="101")
    assert line["error"]["errorId"] == "impossibleNow"
    assert line["error"]["message"] == "The call could not be diverted to 101: DestinationBusy."
    assert "Divert" in line["error"]["hint"]
    assert workflow.sim.control.report(call.report).state == "ringing"


async def test_a_connected_call_cannot_be_rejected_and_stays(workflow: Workflow) -> None:
    call = await workflow.call()
    line = await call.run("rejectCall")
    assert line["error"]["errorId"] == "notRinging"
    assert "Hang Up" in line["error"]["hint"]
    assert workflow.sim.control.report(call.report).state == "connected"


@pytest.mark.proves("care.destination-guard")
@RINGING
async def test_a_number_that_is_not_allowed_is_refused_and_the_call_still_rings(workflow: Workflow) -> None:
    call = await workflow.call(answered=False)
    line = await call.run("rejectCall", how="divert", target="+4930999999")
    assert line["error"]["errorId"] == "destinationRefused"
    assert workflow.sim.control.report(call.report).state == "ringing"
