"""Menu: each choice has its output; a wrong key and silence repeat it."""

import asyncio
from typing import Any

import pytest

from tests.readings import ANSWERED

from .conftest import SHIPPED, Workflow, samples

PROMPT = {"mode": "list", "value": "en/main-menu"}
SHORT = {"mode": "list", "value": "en/please-hold"}
CHOICES = {"rows": [{"key": "1", "label": "Sales"}, {"key": "2", "label": "Support"}, {"key": "0"}]}


@pytest.mark.proves("control.menu")
async def test_a_key_leaves_by_its_own_output_and_cuts_the_prompt(workflow: Workflow) -> None:
    call = await workflow.call()
    asking = asyncio.create_task(call.run("menu", prompt=PROMPT, choices=CHOICES))
    await call.heard_sound()
    call.press("2")
    line = await asking
    assert line["output"] == "2"
    assert line["item"] == {
        "callId": call.id,
        "status": "chosen",
        "key": "2",
        "label": "Support",
        "attempts": 1,
    }
    await workflow.sim.control.after_prompt(call.report, silence=0.2)
    heard = workflow.sim.control.heard(call.report)
    assert sum(span.end - span.start for span in heard.spans if span.sound) < 3


@pytest.mark.proves("control.menu")
@ANSWERED
async def test_a_wrong_key_is_told_and_the_menu_comes_again(workflow: Workflow) -> None:
    call = await workflow.call()
    call.press("7")
    invalid = {"mode": "list", "value": "en/invalid"}
    asking = asyncio.create_task(call.run("menu", prompt=SHORT, choices=CHOICES, invalidPrompt=invalid))
    await workflow.sim.control.after_prompt(call.report)
    call.press("0")
    line = await asking
    assert (line["output"], line["item"]["attempts"]) == ("0", 2)
    await call.hears(samples(SHIPPED / "en/invalid.wav"))
    await call.hears(samples(SHIPPED / "en/please-hold.wav"))


@pytest.mark.proves("control.menu")
@ANSWERED
async def test_what_was_typed_after_a_wrong_key_chooses_nothing(workflow: Workflow) -> None:
    call = await workflow.call()
    call.press("999")
    asking = asyncio.create_task(call.run("menu", prompt=SHORT, choices=CHOICES, retries=1))
    await call.hears(samples(SHIPPED / "en/please-hold.wav"))
    call.press("1")
    line = await asking
    assert (line["output"], line["item"]["attempts"]) == ("1", 2)


@pytest.mark.proves("control.menu")
@ANSWERED
@pytest.mark.parametrize(("pressed", "status"), [("", "timeout"), ("9", "invalid")])
async def test_without_a_choice_it_leaves_by_no_input(workflow: Workflow, pressed: str, status: str) -> None:
    call = await workflow.call()
    call.press(pressed)
    line = await call.run("menu", prompt=SHORT, choices=CHOICES, timeout=1, retries=0)
    assert (line["output"], line["item"]["status"]) == ("noInput", status)


@pytest.mark.proves("control.menu")
async def test_a_caller_who_hangs_up_leaves_by_hung_up(workflow: Workflow) -> None:
    call = await workflow.call()
    asking = asyncio.create_task(call.run("menu", prompt=PROMPT, choices=CHOICES))
    await call.heard_sound()
    call.hang_up()
    line = await asking
    assert (line["output"], line["item"]["status"]) == ("hungUp", "hangup")


@ANSWERED
@pytest.mark.parametrize(
    ("parameters", "names"),
    [
        ({"prompt": SHORT}, "choices"),
        ({"choices": CHOICES}, "Prompt"),
        ({"prompt": SHORT, "choices": {"rows": [{"key": "1"}, {"key": "1"}]}}, "same key"),
        ({"prompt": SHORT, "choices": [{"key": "12"}]}, "choices.1.key"),
    ],
)
async def test_a_menu_that_cannot_be_is_named(
    workflow: Workflow, parameters: dict[str, Any], names: str
) -> None:
    call = await workflow.call()
    line = await call.run("menu", **parameters)
    assert line["error"]["errorId"] == "badParameter"
    assert names in line["error"]["message"]
