"""The calls of the demo on a real n8n: what callers get, and what the execution says."""

import pytest

from lab.demo_calls import CALLS, TEMPLATE, DemoCall
from lab.stack import Stack, template

from .conftest import BY_URL, Activate
from .workflows import chain, control, data, monitor, receiver, transfer


@BY_URL
@pytest.mark.proves(
    "receiver.autoAnswer", "template.smart_ivr", "control.menu", "install.npm-folder", "behaviour.n8n-2.x"
)
@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.story)
def test_each_caller_of_the_demo_ends_where_the_workflow_sends_them(
    stack: Stack, pbx: object, activate: Activate, call: DemoCall
) -> None:
    workflow = activate(template(TEMPLATE))

    seen = call.place(stack, workflow)

    assert seen.as_json() | {"executionId": "", "heard": seen.heard[:1]} == {
        "from": call.caller,
        "endedAt": call.ends_at,
        "executionId": "",
        "status": "success",
        "heard": ["welcome"],
    }


@pytest.mark.proves("receiver.output", "control.answerCall")
def test_the_workflow_gets_the_caller_and_says_that_the_call_was_answered(
    stack: Stack, activate: Activate
) -> None:
    workflow = activate(
        chain("Answer", receiver(), control("Answer", "answerCall"), control("Bye", "hangupCall"))
    )

    placed = stack.simulator.call("+4930111005", name="Carla Caller")
    execution = stack.rest.next_execution(workflow, set())
    report = stack.simulator.ended(placed)

    [start], [answered] = execution.items("Receiver"), execution.items("Answer")
    assert start["fromNumber"] == start["fromE164"] == "+4930111005"
    assert start["direction"] == "inbound"
    assert answered["callId"] == start["callId"]
    assert answered["fromNumber"] == "+4930111005"
    assert execution.items("Bye") == [{"callId": start["callId"], "ended": "ownLeg", "legs": ["8001"]}]
    assert report.ended_by == "8001"


@pytest.mark.proves("care.hang-up-outcome")
def test_a_caller_who_hangs_up_ends_the_branch_without_a_failure(stack: Stack, activate: Activate) -> None:
    nodes = (receiver(), transfer("To 101", "101"), control("Never", "hangupCall"))
    workflow = activate(chain("Hang-up", *nodes))
    stack.simulator.behave("101", answersAfter=None)

    placed = stack.simulator.call("+4930111006", hangupWhen="ringing 101", hangupDelay=1)
    stack.simulator.ended(placed)
    execution = stack.rest.next_execution(workflow, set())

    assert execution.status == "success"
    assert execution.items("Never") == []


@pytest.mark.proves("data.getActiveCalls")
def test_active_calls_are_listed_while_somebody_talks(stack: Stack, pbx: object, activate: Activate) -> None:
    nodes = (receiver(), data("Active", "getActiveCalls"), control("Bye", "hangupCall"))
    workflow = activate(chain("Active calls", *nodes))

    stack.simulator.call("+4930111007")
    execution = stack.rest.next_execution(workflow, set())

    assert execution.status == "success", execution.error
    assert "+4930111007" in str(execution.items("Active"))


@BY_URL
@pytest.mark.proves(
    "monitor.call_started", "monitor.call_answered", "monitor.call_ended", "monitor.eventTypes"
)
def test_the_monitor_tells_the_life_of_a_call_between_others(
    stack: Stack, pbx: object, activate: Activate
) -> None:
    types = ["call_started", "call_answered", "call_ended"]
    workflow = activate(
        chain("Monitor", monitor(eventTypes=types), control("Look", "answerCall") | {"disabled": True})
    )

    placed = stack.simulator.call("+4930111008", number="+4930555101")
    stack.simulator.reached(placed, "connected 101")
    stack.simulator.hang_up(placed)
    told = stack.monitored(workflow, "Monitor", "+4930111008", len(types))
    # n8n may start executions that come within milliseconds in any order
    told.sort(key=lambda event: event["timestamp"])

    assert [event["type"] for event in told] == types
    assert len({event["callId"] for event in told}) == 1
