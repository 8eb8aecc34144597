"""Something dies in mid-call: no caller is left in silence, and what can go on goes on."""

import pytest

from lab.simulator import Simulator
from lab.stack import Stack

from .conftest import Activate
from .workflows import chain, control, receiver, wait


@pytest.mark.proves("care.workflow-stopped", "receiver.fallbackDestination")
def test_n8n_is_killed_in_mid_call_and_the_caller_reaches_the_fallback_within_40_seconds(
    stack: Stack, pbx: Simulator, activate: Activate
) -> None:
    fallback = {"__rl": True, "mode": "number", "value": "102"}
    desk = receiver(ifWorkflowStops="fallback", fallbackDestination=fallback)
    activate(chain("Killed", desk, control("Answer", "answerCall"), wait(60), control("Bye", "hangupCall")))
    placed = pbx.call("+4930111030")
    pbx.reached(placed, "connected 8001")

    stack.n8n.kill()
    try:
        report = pbx.reached(placed, "connected 102", within_s=40)
    finally:
        stack.n8n.start()
        stack.rest.sign_in()

    assert report.connected_to == "102"


@pytest.mark.proves("behaviour.restart-keeps-call-ids", "behaviour.recovery")
def test_a_killed_runner_goes_on_with_the_same_call_id(
    stack: Stack, pbx: Simulator, activate: Activate
) -> None:
    nodes = (
        receiver(ifWorkflowStops="leave"),
        control("Answer", "answerCall"),
        wait(12),
        control("Bye", "hangupCall"),
    )
    workflow = activate(chain("Runner killed", *nodes))
    placed = pbx.call("+4930111031")
    pbx.reached(placed, "connected 8001")

    stack.runner.kill()
    stack.runner.start()
    execution = stack.rest.next_execution(workflow, set(), within_s=60)

    [start], [bye] = execution.items("Receiver"), execution.items("Bye")
    assert bye["callId"] == start["callId"]
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
