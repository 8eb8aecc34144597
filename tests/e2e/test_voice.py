"""The voice templates on a real n8n: callers hear a menu, press keys, and end where the workflow sends them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from lab.simulator import Simulator
from lab.stack import Stack, template
from lab.waiting import wait_for

from .conftest import Activate

TALKS = {"answersAfter": 1, "hangsUpAfter": 2}
ABSENT = {"answersAfter": None}
BUSY = {"busy": True}


class Caller:
    """A person on the phone, who hears and presses keys."""

    def __init__(self, pbx: Simulator, number: str) -> None:
        self.pbx = pbx
        self.id = pbx.call(number)
        self.number = number

    def heard(self) -> list[dict[str, Any]]:
        """Sounds that were heard so far, with begin and end in seconds."""
        told = requests.get(f"{self.pbx.control_url}/calls/{self.id}/heard", timeout=30).json()
        return [span for span in told["spans"] if span["sound"]]

    def press_after_prompt(self, keys: str) -> None:
        """Listens until it has been silent for a while, then presses."""
        self.listens()
        requests.post(
            f"{self.pbx.control_url}/calls/{self.id}/keys", json={"keys": keys}, timeout=30
        ).raise_for_status()

    def listens(self) -> None:
        """Returns when something new was heard, and silence since; or when the call is over."""
        known = len(self.heard())
        wait_for(lambda: self._prompted(known) or None, "a prompt and silence after it", within_s=40)

    def _prompted(self, known: int) -> bool:
        told = requests.get(f"{self.pbx.control_url}/calls/{self.id}/heard", timeout=30).json()
        last = told["spans"][-1] if told["spans"] else {"sound": True, "start": 0, "end": 0}
        silent = not last["sound"] and last["end"] - last["start"] > 0.8
        sounds = sum(1 for span in told["spans"] if span["sound"])
        return (silent and sounds > known) or self.pbx.report(self.id).state == "ended"

    def keep(self, wav: Path) -> None:
        """What was heard, for people to listen to."""
        heard = requests.get(f"{self.pbx.control_url}/calls/{self.id}/heard.wav", timeout=30)
        wav.write_bytes(heard.content)


Answer = Callable[[Caller], None]


def sales(caller: Caller) -> None:
    caller.press_after_prompt("1")


def wrong_then_support(caller: Caller) -> None:
    caller.press_after_prompt("7")
    caller.press_after_prompt("2")


def hangs_up(caller: Caller) -> None:
    caller.listens()
    caller.pbx.hang_up(caller.id)


def sales_is_busy_then_operator(caller: Caller) -> None:
    caller.press_after_prompt("1")
    caller.press_after_prompt("0")


def types_an_extension(caller: Caller) -> None:
    caller.press_after_prompt("102")


def silent(caller: Caller) -> None:
    caller.listens()


CALLERS = [
    pytest.param(sales, {"101": TALKS}, "connected 101", id="key 1"),
    pytest.param(wrong_then_support, {"102": TALKS}, "connected 102", id="wrong key, then 2"),
    pytest.param(hangs_up, {}, "ended by caller", id="hangs up in the menu"),
    pytest.param(sales_is_busy_then_operator, {"101": BUSY, "100": TALKS}, "connected 100", id="101 is busy"),
    pytest.param(silent, {}, "ended by 8001", id="says nothing"),
]


@pytest.mark.parametrize("name", ["smart_ivr"])
@pytest.mark.parametrize(("does", "people", "ends"), CALLERS)
@pytest.mark.proves("template.smart_ivr", "control.menu", "control.outputs")
def test_each_caller_of_the_menu_ends_where_the_key_leads(
    stack: Stack,
    pbx: Simulator,
    activate: Activate,
    artifacts: Path,
    request: pytest.FixtureRequest,
    name: str,
    does: Answer,
    people: dict[str, dict[str, Any]],
    ends: str,
) -> None:
    for number, behaviour in people.items():
        pbx.behave(number, **behaviour)
    _tried(stack, activate, artifacts / f"{name}, {request.node.callspec.id}.wav", does, ends, name)


@pytest.mark.parametrize(("does", "people", "ends"), CALLERS[1:2])
@pytest.mark.proves("template.smart_ivr_guide")
def test_the_guide_s_own_form_does_the_same_with_a_switch(
    stack: Stack,
    pbx: Simulator,
    activate: Activate,
    artifacts: Path,
    does: Answer,
    people: dict[str, dict[str, Any]],
    ends: str,
) -> None:
    for number, behaviour in people.items():
        pbx.behave(number, **behaviour)
    _tried(stack, activate, artifacts / "smart_ivr_guide.wav", does, ends, "smart_ivr_guide")


@pytest.mark.proves("template.basic_call_handler")
def test_the_basic_handler_greets_collects_and_routes(
    stack: Stack, pbx: Simulator, activate: Activate, artifacts: Path
) -> None:
    pbx.behave("102", **TALKS)
    wav = artifacts / "basic_call_handler.wav"
    _tried(stack, activate, wav, types_an_extension, "connected 102", "basic_call_handler")


def _tried(stack: Stack, activate: Activate, wav: Path, does: Answer, ends: str, name: str) -> None:
    """One caller of a template: where the call ends, that the execution succeeds, that something was heard."""
    workflow = activate(template(name))
    caller = Caller(stack.simulator, "+4930111020")
    does(caller)
    report = stack.simulator.ended(caller.id, within_s=90)
    execution = stack.rest.next_execution(workflow, set())
    caller.keep(wav)
    assert ends in report.moments, f"{report.moments}; {execution.status} {execution.error}"
    assert execution.status == "success", execution.error
    assert caller.heard()
