"""Make Call: placed once, its outcome is told, and it ends when nobody waits for it any more."""

import asyncio
import json

import pytest

from tests.readings import ANSWERED
from tests.waiting import eventually

from .conftest import WITHIN, Workflow

pytestmark = ANSWERED
"""How a route point answers does not matter to calls that go out."""


@pytest.mark.proves("control.makeCall")
async def test_an_answered_call_has_its_call_id_and_can_be_ended(workflow: Workflow) -> None:
    line = await workflow.run("makeCall", None, target="101")
    assert line["output"] == "answered"
    assert line["item"]["outcome"] == "answered"
    ended = await workflow.run("hangupCall", line["item"]["callId"])
    assert ended["item"]["ended"] == "ownLeg"


@pytest.mark.proves("control.makeCall")
@pytest.mark.parametrize(
    ("behaviour", "outcome"), [({"busy": True}, "busy"), ({"answers_after": None}, "noAnswer")]
)
async def test_a_call_that_is_not_answered_says_why(
    workflow: Workflow, behaviour: dict[str, object], outcome: str
) -> None:
    workflow.sim.control.behave("101", **behaviour)
    line = await workflow.run("makeCall", None, target="101", timeout=5)
    assert (line["output"], line["item"]["outcome"]) == ("notAnswered", outcome)


@pytest.mark.proves("care.licence-room", "control.makeCall")
async def test_calls_that_the_credential_keeps_free_are_not_taken(workflow: Workflow) -> None:
    workflow.login(reserveCalls=2)
    workflow.sim.control.limit_calls(3)
    first = await workflow.run("makeCall", None, target="101")
    second = await workflow.run("makeCall", None, target="102")
    assert first["item"]["outcome"] == "answered"
    assert second["error"]["errorId"] == "licenceFull"
    assert "1 of the licence's 3" in second["error"]["message"]
    await workflow.run("hangupCall", first["item"]["callId"])
    again = await workflow.run("makeCall", None, target="102")
    assert again["item"]["outcome"] == "answered"


@pytest.mark.proves("care.licence-room", "credential.reports-client")
async def test_a_plain_user_beside_a_second_client_keeps_calls_free_and_ends_whole_calls(
    workflow: Workflow,
) -> None:
    second = {"reportsClientId": "8001", "reportsClientSecret": "simulator-secret"}
    workflow.login(clientId="8003", reserveCalls=2, **second)
    workflow.sim.control.limit_calls(3)
    made = await workflow.run("makeCall", None, target="101")
    refused = await workflow.run("makeCall", None, target="102")
    ended = await workflow.run("hangupCall", made["item"]["callId"], leg="wholeCall")

    assert made["item"]["outcome"] == "answered"
    assert refused["error"]["errorId"] == "licenceFull"
    assert ended["item"]["ended"] == "wholeCall"


async def test_a_phone_that_is_not_registered_fails_with_the_reason_of_the_pbx(workflow: Workflow) -> None:
    workflow.sim.control.behave("101", registered=False)
    line = await workflow.run("makeCall", None, target="101")
    assert (line["output"], line["item"]["outcome"]) == ("notAnswered", "failed")
    assert line["item"]["reason"]


async def test_an_outside_number_needs_the_credential_s_leave(workflow: Workflow) -> None:
    line = await workflow.run("makeCall", None, target="+4930999999")
    assert line["error"]["errorId"] == "destinationRefused"
    assert workflow.sim.control.requests().counts.get("POST makecall") is None


async def test_the_phone_of_an_extension_rings_first(workflow: Workflow) -> None:
    line = await workflow.run(
        "makeCall", None, target="102", callFrom="extension", fromExtension={"mode": "list", "value": "101"}
    )
    assert line["output"] == "answered", line


async def test_without_the_extension_that_calls_the_parameter_is_named(workflow: Workflow) -> None:
    line = await workflow.run("makeCall", None, target="102", callFrom="extension")
    assert line["error"]["errorId"] == "badParameter"
    assert "From Extension" in line["error"]["message"]


async def test_spaces_around_the_extension_that_calls_do_not_matter(workflow: Workflow) -> None:
    line = await workflow.run("makeCall", None, target="102", callFrom="extension", fromExtension="  101 ")
    assert line["output"] == "answered", line


@pytest.mark.parametrize("wrong", ["101/../8001", "١٠١", "Anna"])  # noqa: RUF001
async def test_what_is_no_extension_cannot_call(workflow: Workflow, wrong: str) -> None:
    line = await workflow.run("makeCall", None, target="102", callFrom="extension", fromExtension=wrong)
    assert line["error"]["errorId"] == "badParameter"
    assert f"From Extension is '{wrong}'" in line["error"]["message"]


@pytest.mark.proves("control.makeCall")
async def test_a_call_that_nobody_waits_for_any_more_is_ended(workflow: Workflow) -> None:
    workflow.sim.control.behave("101", answers_after=None)
    url = f"{workflow.runner.api.address}/v1/nodes/callControl/makeCall"
    body = workflow.envelope(None, {"target": "101", "timeout": 60})

    async def ask() -> None:
        async with workflow.http.post(url, json=body, headers=workflow.headers) as answer:
            await answer.read()

    asking = asyncio.create_task(ask())
    (placed,) = await eventually(workflow.sim.control.calls)
    await workflow.sim.control.reached(placed.id, "ringing 101", within=WITHIN)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    await workflow.sim.control.ended(placed.id, within=WITHIN)


async def test_a_repeated_item_places_no_second_call(workflow: Workflow) -> None:
    url = f"{workflow.runner.api.address}/v1/nodes/callControl/makeCall"
    body = workflow.envelope(None, {"target": "101"})
    said = []
    for _ in range(2):
        async with workflow.http.post(url, json=body, headers=workflow.headers) as answer:
            said.append([json.loads(line) for line in (await answer.text()).splitlines()])
    assert said[0] == said[1]
    assert len(workflow.sim.control.calls()) == 1


@pytest.mark.proves("care.workflow-stopped")
async def test_a_placed_call_does_not_outlive_the_workflow_that_placed_it(workflow: Workflow) -> None:
    line = await workflow.run("makeCall", None, target="101")
    (placed,) = workflow.sim.control.calls()
    assert line["output"] == "answered"
    await workflow.sim.control.ended(placed.id, within=40)


async def test_what_comes_after_it_in_the_execution_acts_on_the_placed_call(workflow: Workflow) -> None:
    placed = await workflow.run("makeCall", None, target="101")
    line = await workflow.run("playAudio", None, audioFile={"mode": "list", "value": "en/welcome"})
    assert line["item"]["callId"] == placed["item"]["callId"]
    assert line["item"]["status"] == "completed"
