"""Something dies in mid-call: no caller is left in silence, and what can go on goes on."""

import pytest

from lab.simulator import Simulator
from lab.stack import Stack

from .conftest import BY_URL, Activate
from .workflows import chain, control, receiver, wait

pytestmark = BY_URL

_FALLBACK = {
    "ifWorkflowStops": "fallback",
    "fallbackDestination": {"__rl": True, "mode": "number", "value": "102"},
}


@pytest.mark.proves("care.workflow-stopped", "receiver.fallbackDestination")
def test_n8n_is_killed_in_mid_call_and_the_caller_reaches_the_fallback_within_40_seconds(
    stack: Stack, pbx: Simulator, activate: Activate
) -> None:
    nodes = (receiver(**_FALLBACK), control("Answer", "answerCall"), wait(60), control("Bye", "hangupCall"))
    workflow = activate(chain("n8n killed", *nodes))
    placed = pbx.call("+4930111030")
    stack.rest.started(workflow)

    with stack.n8n_killed():
        report = pbx.reached(placed, "connected 102", within_s=40)

    assert report.connected_to == "102"


def test_a_caller_whom_a_killed_n8n_never_claimed_reaches_the_fallback(
    stack: Stack, pbx: Simulator, activate: Activate
) -> None:
    activate(chain("n8n is down", receiver(**_FALLBACK), control("Answer", "answerCall")))

    with stack.n8n_killed():
        placed = pbx.call("+4930111033")
        report = pbx.reached(placed, "connected 102", within_s=20)

    assert report.connected_to == "102"


@pytest.mark.proves("behaviour.restart-keeps-call-ids", "behaviour.recovery")
def test_a_killed_runner_goes_on_with_the_same_call_id(
    stack: Stack, pbx: Simulator, activate: Activate
) -> None:
    # no operation is under way when the runner dies: that one would fail, as it must
    nodes = (receiver(ifWorkflowStops="leave"), wait(8), control("Bye", "hangupCall"))
    workflow = activate(chain("Runner killed", *nodes))
    placed = pbx.call("+4930111031")
    running = stack.rest.started(workflow)

    stack.runner.kill()
    stack.runner.start()
    execution = stack.rest.ended(running)

    [start], [bye] = execution.items("Receiver"), execution.items("Bye")
    assert bye["callId"] == start["callId"]
    assert pbx.ended(placed).ended_by == "8001"
    assert len(stack.rest.executions(workflow)) == 1


def test_a_caller_who_came_just_before_the_runner_was_killed_gets_the_workflow_after_its_restart(
    stack: Stack, pbx: Simulator, activate: Activate
) -> None:
    workflow = activate(chain("Runner killed early", receiver(), control("Bye", "hangupCall")))

    stack.runner.kill()
    placed = pbx.call("+4930111034")
    stack.runner.start()
    execution = stack.rest.next_execution(workflow, set())

    assert execution.status == "success"
    assert pbx.ended(placed).ended_by == "8001"
    assert len(stack.rest.executions(workflow)) == 1


@pytest.mark.proves("behaviour.lease")
def test_a_runner_that_lost_its_state_folder_is_subscribed_again_within_a_minute(
    stack: Stack, pbx: Simulator, activate: Activate
) -> None:
    workflow = activate(chain("Forgotten", receiver(), control("Bye", "hangupCall")))

    stack.runner.kill()
    stack.runner.forget()
    stack.runner.start()
    stack.wait_subscribed(workflow, within_s=60)
    placed = pbx.call("+4930111032")

    assert stack.rest.next_execution(workflow, set()).status == "success"
    assert pbx.ended(placed).ended_by == "8001"
