"""What every operation offers: input fields kept, what a hang-up does, items side by side or one by one."""

from datetime import datetime

import pytest

from lab.hearing import heard_prompts
from lab.n8n_rest import Execution, Json
from lab.simulator import Simulator
from lab.stack import Stack
from lab.waiting import wait_for
from threecx_simulator.control.model import CallReport

from .conftest import Activate
from .workflows import chain, code, control, manual, receiver

_PROMPT = {"__rl": True, "mode": "list", "value": "en/main-menu.wav"}


def _play(**options: object) -> Json:
    return control("Play", "playAudio", resource="audio", audioFile=_PROMPT, repeat=10, options=options)


def _hung_up_in_a_prompt(stack: Stack, pbx: Simulator, activate: Activate, choice: str) -> Execution:
    """The execution of a caller who hangs up in the middle of it."""
    nodes = (
        receiver(idleAudio="silence"),
        _play(onHangUp=choice, includeInput=True),
        code("After", "return $input.all();"),
    )
    workflow = activate(chain(f"Hang-up: {choice}", *nodes))
    call = pbx.call("+4930111070")
    stack.rest.started(workflow)
    wait_for(
        lambda: bool(heard_prompts(pbx.heard_wav(call))), "the prompt is heard", within_s=20, every_s=0.5
    )
    pbx.hang_up(call)
    return stack.rest.next_execution(workflow, set())


@pytest.mark.proves("care.hang-up-outcome")
def test_a_hang_up_can_go_on_as_an_item(stack: Stack, pbx: Simulator, activate: Activate) -> None:
    execution = _hung_up_in_a_prompt(stack, pbx, activate, "continue")

    [item] = execution.items("After")
    assert execution.status == "success", execution.error
    assert item["hungUp"] is True
    assert item["fromNumber"] == "+4930111070"  # of the input, which is kept


@pytest.mark.proves("care.hang-up-outcome")
def test_a_hang_up_can_be_an_error(stack: Stack, pbx: Simulator, activate: Activate) -> None:
    execution = _hung_up_in_a_prompt(stack, pbx, activate, "error")

    assert execution.status == "error"
    assert "has ended" in str(execution.error_of("Play"))


@pytest.mark.proves("control.items.parallel", "control.includeInput", "control.makeCall")
@pytest.mark.parametrize("how", ["parallel", "oneByOne"])
def test_items_are_handled_side_by_side_or_one_after_another(
    stack: Stack, pbx: Simulator, credential: Json, how: str
) -> None:
    rows = "return ['101', '102'].map((to) => ({ json: { to } }));"
    where = {"__rl": True, "mode": "number", "value": "={{ $json.to }}"}
    options = {"itemExecution": how, "includeInput": True}
    make = control("Call", "makeCall", target=where, options=options)
    workflow = stack.add_workflow(chain(f"Items {how}", manual(), code("Rows", rows), make), credential)

    execution = stack.rest.ended(stack.rest.run(workflow, "Start")["executionId"])
    first, second = (pbx.report(pbx.ringing(number)) for number in ("101", "102"))

    assert execution.status == "success", execution.error
    assert [(item["to"], item["outcome"]) for item in execution.items("Call")] == [
        ("101", "answered"),
        ("102", "answered"),
    ]
    assert (second.began_at < _answered(first, "101")) is (how == "parallel")


def _answered(call: CallReport, number: str) -> datetime:
    return next(moment.at for moment in call.timeline if moment.what == f"connected {number}")
