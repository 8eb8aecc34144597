"""Transfer: the caller reaches the target, or the result says why not and the caller is still there."""

import asyncio
from typing import Any

import pytest

from tests.readings import ANSWERED, RINGING, TOLD, under

from .conftest import Workflow
from .test_every_operation import ask, item


@pytest.mark.proves("control.transferCall.blind", "control.transferCall.outcomes")
@under(places_reachable=True)
@pytest.mark.parametrize(
    ("target_type", "target", "outcome", "moment"),
    [
        ("extension", "101", "human", "connected 101"),
        ("queue", "800", "queue", "connected 800"),
        ("ringGroup", "810", "human", "ringing 104"),
        ("ivr", "820", "ivr", "connected 820"),
        ("voicemail", "101", "voicemail", "voicemail of 101"),
    ],
)
async def test_each_kind_of_target_is_reached(
    workflow: Workflow, target_type: str, target: str, outcome: str, moment: str
) -> None:
    for agent in ("102", "103"):
        workflow.sim.control.behave(agent, answers_after=5)  # the queue has the caller until then
    call = await workflow.call()
    line = await call.run("transferCall", targetType=target_type, target={"mode": "list", "value": target})
    assert line["output"] == "connected", line
    assert (line["item"]["outcome"], line["item"]["target"]) == (outcome, target)
    await call.reached(moment)


@under(places_reachable=False)
async def test_a_voicemail_box_that_3cx_does_not_reach_leaves_by_not_connected(workflow: Workflow) -> None:
    call = await workflow.call()
    line = await call.run("transferCall", target="101", targetType="voicemail", timeout=1)
    assert (line["output"], line["item"]["connected"]) == ("notConnected", False)
    assert (await call.run("transferCall", target="102"))["output"] == "connected"


@pytest.mark.proves("control.outputs", "control.transferCall.outcomes")
@TOLD
@pytest.mark.parametrize(
    ("behaviour", "outcome", "reason"),
    [
        ({"busy": True}, "busy", "DestinationBusy"),
        ({"answers_after": None}, "noAnswer", "DestinationNoAnswer"),
        ({"registered": False}, "refused", "DestinationIsNotRegistered"),
    ],
)
async def test_a_target_that_does_not_take_the_call_leaves_by_not_connected_and_the_next_is_tried(
    workflow: Workflow, behaviour: dict[str, Any], outcome: str, reason: str
) -> None:
    workflow.sim.control.behave("101", **behaviour)
    call = await workflow.call()
    line = await call.run("transferCall", target="101", timeout=1)
    assert (line["output"], line["item"]["outcome"], line["item"]["reason"]) == (
        "notConnected",
        outcome,
        reason,
    )
    again = await call.run("transferCall", target="102")
    assert (again["output"], again["item"]["answeredBy"]) == ("connected", "102")


@pytest.mark.proves("care.hang-up-outcome", "control.outputs")
async def test_a_caller_who_hangs_up_while_it_rings_leaves_by_hung_up(workflow: Workflow) -> None:
    workflow.sim.control.behave("101", answers_after=None)
    call = await workflow.call()
    moving = asyncio.create_task(call.run("transferCall", target="101", timeout=60))
    await call.reached("ringing 101")
    call.hang_up()
    line = await moving
    assert (line["output"], line["item"]["callId"], line["item"]["hungUp"]) == ("hungUp", call.id, True)


@pytest.mark.proves("control.outputs")
async def test_a_caller_who_has_hung_up_before_leaves_by_hung_up_too(workflow: Workflow) -> None:
    call = await workflow.call()
    call.hang_up()
    await workflow.gone(call.id)
    assert (await call.run("transferCall", target="101"))["output"] == "hungUp"


@pytest.mark.proves("care.destination-guard")
@pytest.mark.parametrize("target", ["+4930999999", "*21*0900#", "112", "0112", "+112", "900123456789"])
async def test_a_number_that_is_not_allowed_is_refused_and_the_call_stays_as_it_was(
    workflow: Workflow, target: str
) -> None:
    call = await workflow.call()
    line = await call.run("transferCall", target=target)
    assert line["error"]["errorId"] == "destinationRefused"
    assert target in line["error"]["message"]
    assert workflow.sim.control.report(call.report).moments[-1] == "connected 8001"


@ANSWERED
@pytest.mark.parametrize("target", ["015112345", "+4915112345", "800"])
async def test_only_an_extension_has_a_voicemail_box(workflow: Workflow, target: str) -> None:
    workflow.login(allowedDestinations="*")
    call = await workflow.call()
    line = await call.run("transferCall", target=target, targetType="voicemail")
    assert line["error"]["errorId"] == "badParameter"
    assert f"'{target}' has no voicemail box" in line["error"]["message"]
    assert workflow.sim.control.report(call.report).moments[-1] == "connected 8001"


async def test_an_empty_target_is_named(workflow: Workflow) -> None:
    call = await workflow.call()
    line = await call.run("transferCall", target={"mode": "list", "value": ""})
    assert (line["error"]["errorId"], "target" in line["error"]["message"]) == ("badParameter", True)


async def test_a_target_is_understood_as_people_write_it(workflow: Workflow) -> None:
    call = await workflow.call()
    line = await call.run("transferCall", target=" 1-0 1 ")
    assert (line["output"], line["item"]["target"]) == ("connected", "101")


@RINGING
async def test_a_ringing_call_is_put_through_and_the_result_says_who_picked_up(workflow: Workflow) -> None:
    call = await workflow.call(answered=False)
    line = await call.run("transferCall", target="101")
    assert (line["output"], line["item"]["outcome"], line["item"]["answeredBy"]) == (
        "connected",
        "human",
        "101",
    )
    await call.reached("connected 101")


@ANSWERED
async def test_half_of_a_character_is_one_error_that_names_the_parameter(workflow: Workflow) -> None:
    call = await workflow.call()
    line = await call.run("transferCall", target="\ud83d")
    assert line["error"]["errorId"] == "badParameter"
    assert line["error"]["message"] == "The parameter target contains half of a character."
    (broken,) = await ask(workflow, "transferCall", item("x", "\ud83d", target="101"))
    assert broken["error"]["message"] == "The parameter callId contains half of a character."
