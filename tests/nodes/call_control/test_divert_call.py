"""Divert: a ringing call goes elsewhere, a connected one is refused with the better operation named."""

import pytest

from tests.readings import RINGING, under

from .conftest import Workflow


@pytest.mark.proves("control.divertCall")
@RINGING
async def test_a_ringing_call_is_sent_elsewhere(workflow: Workflow) -> None:
    call = await workflow.call(answered=False)
    line = await call.run("divertCall", target={"mode": "number", "value": "101"})
    assert line["output"] == "connected"
    assert line["item"]["target"] == "101"
    await call.reached("connected 101")


@under(told=True, route_point_answer="manual")
async def test_a_busy_target_leaves_by_not_connected_and_the_caller_stays_here(workflow: Workflow) -> None:
    workflow.sim.control.behave("101", busy=True)
    call = await workflow.call(answered=False)
    line = await call.run("divertCall", target="101")
    assert (line["output"], line["item"]["outcome"]) == ("notConnected", "busy")


@pytest.mark.proves("control.divertCall")
async def test_a_connected_call_is_refused_and_transfer_is_named(workflow: Workflow) -> None:
    call = await workflow.call()
    line = await call.run("divertCall", target="101")
    assert line["error"]["errorId"] == "notRinging"
    assert "Transfer" in line["error"]["hint"]
    assert "connected 101" not in workflow.sim.control.report(call.report).moments


@RINGING
async def test_a_number_that_the_credential_does_not_allow_is_refused(workflow: Workflow) -> None:
    call = await workflow.call(answered=False)
    line = await call.run("divertCall", target="+4930999999")
    assert line["error"]["errorId"] == "destinationRefused"
