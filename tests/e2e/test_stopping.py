"""Somebody presses Stop in n8n while an operation is under way: it ends on the telephone too, by either way to the runner."""

import pytest

from lab.hearing import heard_prompts
from lab.n8n_rest import Json
from lab.simulator import Simulator
from lab.stack import Stack
from lab.waiting import wait_for

from .conftest import Activate
from .workflows import chain, control, manual, receiver

_RECOGNISED_S = 1.5
"""So much of a prompt tells which one it is."""


def _heard_s(pbx: Simulator, call: str) -> float:
    return sum(span.end - span.start for span in pbx.heard(call).sounds)


def _stop(stack: Stack, execution: str) -> str:
    stack.rest.call("POST", f"/executions/{execution}/stop", {})
    return stack.rest.ended(execution, within_s=20).status


@pytest.mark.proves("control.makeCall", "behaviour.task-runner")
def test_a_call_that_is_being_placed_ends(stack: Stack, pbx: Simulator, credential: Json) -> None:
    pbx.behave("101", answersAfter=None)
    where = {"__rl": True, "mode": "number", "value": "101"}
    workflow = stack.add_workflow(
        chain("Dial", manual(), control("Dial", "makeCall", target=where, timeout=60)), credential
    )
    execution = str(stack.rest.run(workflow, "Start")["executionId"])
    placed = pbx.ringing("101")

    assert _stop(stack, execution) == "canceled"
    pbx.ended(placed, within_s=20)


@pytest.mark.proves("control.playAudio", "behaviour.task-runner")
def test_a_prompt_falls_silent_and_the_caller_is_looked_after(
    stack: Stack, pbx: Simulator, activate: Activate
) -> None:
    prompt = {"__rl": True, "mode": "list", "value": "en/main-menu.wav"}
    play = control("Play", "playAudio", resource="audio", audioFile=prompt, repeat=10)
    looked_after = receiver(idleAudio="silence", idleTimeout=5, ifWorkflowStops="hangUp")
    workflow = activate(chain("Stopped", looked_after, play))
    call = pbx.call("+4930111050")
    execution = stack.rest.started(workflow)
    wait_for(lambda: _heard_s(pbx, call) > _RECOGNISED_S, "some of the prompt is heard", within_s=20)

    assert _stop(stack, execution) == "canceled"
    report = pbx.ended(call, within_s=30)

    assert report.ended_by == "8001"
    assert heard_prompts(pbx.heard_wav(call)).count("main-menu") == 1  # of ten
