"""Hang Up: the own leg, a leg that is seen, or the whole call."""

import pytest

from .conftest import Workflow


@pytest.mark.proves("control.hangupCall")
async def test_leaving_a_call_of_two_ends_it(workflow: Workflow) -> None:
    call = await workflow.call()
    line = await call.run("hangupCall")
    assert line["item"] == {"callId": call.id, "ended": "ownLeg", "legs": ["8001"]}
    await call.reached("dropped 8001")
    assert (await workflow.sim.control.ended(call.report)).ended_by == "8001"


@pytest.mark.proves("control.hangupCall")
async def test_the_leg_of_an_extension_is_ended_after_a_transfer(workflow: Workflow) -> None:
    call = await workflow.call()
    await call.run("transferCall", target="101")
    line = await call.run("hangupCall", leg="seenLeg", legExtension="101")
    assert line["item"]["legs"] == ["101"]
    await call.reached("dropped 101")


@pytest.mark.proves("control.hangupCall")
async def test_the_whole_call_ends_through_the_xapi(workflow: Workflow) -> None:
    call = await workflow.call()
    line = await call.run("hangupCall", leg="wholeCall")
    assert line["item"]["ended"] == "wholeCall"
    await workflow.sim.control.ended(call.report)
    assert any(one.path.endswith("Pbx.DropCall") for one in workflow.sim.control.requests().asked)


async def test_an_extension_without_a_leg_in_the_call_is_told_with_those_that_have_one(
    workflow: Workflow,
) -> None:
    call = await workflow.call()
    line = await call.run("hangupCall", leg="seenLeg", legExtension="105")
    assert line["error"]["errorId"] == "badParameter"
    assert "105" in line["error"]["message"]
    assert "8001" in line["error"]["hint"]
    assert workflow.sim.control.report(call.report).state == "connected"


async def test_hanging_up_twice_ends_the_branch_quietly(workflow: Workflow) -> None:
    call = await workflow.call()
    await call.run("hangupCall")
    await workflow.gone(call.id)
    assert (await call.run("hangupCall"))["item"] is None
