"""Several n8n instances and several PBXs on one runner: numbers that are alike mean different things."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.readings import ANSWERED
from threecx_simulator import Profile, Simulator

from .conftest import Workflow
from .test_every_operation import ask, item

pytestmark = ANSWERED
"""How a route point answers does not matter to what is kept apart."""


@pytest.mark.proves("behaviour.several-n8n")
async def test_an_execution_means_the_calls_of_its_own_n8n(workflow: Workflow) -> None:
    mine, theirs = await workflow.call(), await workflow.call("+4940222")
    await ask(workflow, "answerCall", item("a", mine.id), executionId="41", instanceId="mine")
    await ask(workflow, "answerCall", item("a", theirs.id), executionId="41", instanceId="theirs")
    asked = [
        *await ask(workflow, "answerCall", item("b"), executionId="41", instanceId="mine"),
        *await ask(workflow, "answerCall", item("b"), executionId="41", instanceId="theirs"),
        *await ask(
            workflow,
            "answerCall",
            item("c", call="executionId", executionId="41"),
            executionId="42",
            instanceId="theirs",
        ),
    ]
    assert [line["item"]["callId"] for line in asked] == [mine.id, theirs.id, theirs.id]


@pytest.mark.proves("behaviour.several-n8n")
async def test_the_same_workflow_at_the_same_count_of_another_n8n_places_a_call_of_its_own(
    workflow: Workflow,
) -> None:
    dial = item("41:node:0:0", target="101")
    (one,) = await ask(workflow, "makeCall", dial, executionId="41", workflowId="wf", instanceId="mine")
    (again,) = await ask(workflow, "makeCall", dial, executionId="41", workflowId="wf", instanceId="mine")
    (other,) = await ask(workflow, "makeCall", dial, executionId="41", workflowId="wf", instanceId="theirs")
    assert again["item"]["callId"] == one["item"]["callId"]
    assert other["item"]["callId"] != one["item"]["callId"]


@pytest.fixture
async def elsewhere(workflow: Workflow, profile: Profile, tmp_path: Path) -> AsyncIterator[Workflow]:
    """A second PBX with the same extensions and client id, on the same runner."""
    async with Simulator(profile=profile) as sim:
        sim.control.behave("101", answers_after=0.2)
        yield Workflow(sim, workflow.runner, workflow.http, tmp_path)


async def _listed(workflow: Workflow) -> list[str]:
    url = f"{workflow.runner.api.address}/v1/nodes/callData/getActiveCalls"
    async with workflow.http.post(url, json=workflow.envelope(None, {}), headers=workflow.headers) as answer:
        assert answer.status == 200
        return (await answer.text()).splitlines()[:-1]


@pytest.mark.proves("behaviour.several-pbxs")
async def test_a_call_of_one_pbx_is_not_found_at_another_and_stays_as_it_was(
    workflow: Workflow, elsewhere: Workflow
) -> None:
    call = await workflow.call()
    (strange,) = await ask(elsewhere, "hangupCall", item("a", call.id))
    assert strange["error"]["errorId"] == "callUnknown"
    assert workflow.sim.control.report(call.report).state == "connected"
    assert (len(await _listed(workflow)), len(await _listed(elsewhere))) == (1, 0)


@pytest.mark.proves("behaviour.several-pbxs")
async def test_a_pbx_that_fails_leaves_the_calls_of_another_alone(
    workflow: Workflow, elsewhere: Workflow
) -> None:
    placed: dict[str, Any] = await elsewhere.run("makeCall", None, target="101")
    assert placed["output"] == "answered"
    elsewhere.sim.control.answer_next(503, path="/drop")
    refused = await elsewhere.run("hangupCall", placed["item"]["callId"])
    call = await workflow.call()
    ended = await call.run("hangupCall")
    assert (refused["error"]["errorId"], ended["item"]["ended"]) == ("pbxFailed", "ownLeg")
