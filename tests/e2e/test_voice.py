"""The voice templates on a real n8n: callers hear a menu, press keys, and end where the workflow sends them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lab.hearing import heard_prompts
from lab.simulator import Simulator
from lab.stack import Stack, template

from .conftest import Activate

TALKS = {"answersAfter": 1, "hangsUpAfter": 2}
ABSENT = {"answersAfter": None}
BUSY = {"busy": True}


@dataclass(frozen=True)
class Story:
    """What a caller does: keys, each after a prompt, and perhaps the end."""

    keys: str = ""
    hangs_up: bool = False

    def tell(self, pbx: Simulator) -> str:
        """Places the call and does it; the simulator's id of the call."""
        call = pbx.call("+4930111020")
        for key in self.keys.split():
            pbx.listens(call)
            pbx.press(call, key)
        if self.hangs_up:
            pbx.listens(call)
            pbx.hang_up(call)
        return call


CALLERS = [
    pytest.param(Story("1"), {"101": TALKS}, "connected 101", id="key 1"),
    pytest.param(Story("7 2"), {"102": TALKS}, "connected 102", id="wrong key, then 2"),
    pytest.param(Story(hangs_up=True), {}, "ended by caller", id="hangs up in the menu"),
    pytest.param(Story("1 0"), {"101": BUSY, "100": TALKS}, "connected 100", id="101 is busy"),
    pytest.param(Story(), {}, "ended by 8001", id="says nothing"),
]


@pytest.mark.parametrize(("story", "people", "ends"), CALLERS)
@pytest.mark.proves("template.smart_ivr", "control.menu", "control.outputs")
def test_each_caller_of_the_menu_ends_where_the_key_leads(
    stack: Stack,
    pbx: Simulator,
    activate: Activate,
    artifacts: Path,
    request: pytest.FixtureRequest,
    story: Story,
    people: dict[str, dict[str, Any]],
    ends: str,
) -> None:
    for number, behaviour in people.items():
        pbx.behave(number, **behaviour)
    _tried(
        stack, activate, artifacts / f"smart_ivr, {request.node.callspec.id}.wav", story, ends, "smart_ivr"
    )


@pytest.mark.parametrize(("story", "people", "ends"), CALLERS[1:2])
@pytest.mark.proves("template.smart_ivr_guide")
def test_the_guide_s_own_form_does_the_same_with_a_switch(
    stack: Stack,
    pbx: Simulator,
    activate: Activate,
    artifacts: Path,
    story: Story,
    people: dict[str, dict[str, Any]],
    ends: str,
) -> None:
    for number, behaviour in people.items():
        pbx.behave(number, **behaviour)
    _tried(stack, activate, artifacts / "smart_ivr_guide.wav", story, ends, "smart_ivr_guide")


@pytest.mark.proves("template.basic_call_handler")
def test_the_basic_handler_greets_collects_and_routes(
    stack: Stack, pbx: Simulator, activate: Activate, artifacts: Path
) -> None:
    pbx.behave("102", **TALKS)
    wav = artifacts / "basic_call_handler.wav"
    _tried(stack, activate, wav, Story("102"), "connected 102", "basic_call_handler")


def _tried(stack: Stack, activate: Activate, wav: Path, story: Story, ends: str, name: str) -> None:
    """One caller of a template: where the call ends, that the execution succeeds, what was heard (kept, to listen to)."""
    workflow = activate(template(name))
    call = story.tell(stack.simulator)
    report = stack.simulator.ended(call, within_s=90)
    execution = stack.rest.next_execution(workflow, set())
    wav.write_bytes(stack.simulator.heard_wav(call))
    assert ends in report.moments, f"{report.moments}; {execution.status} {execution.error}"
    assert execution.status == "success", execution.error
    assert heard_prompts(wav.read_bytes())[0] == "welcome"
