"""Say Text: the caller hears a text, in a language and at a speed."""

import shutil
from typing import Any

import pytest

from tests.readings import ANSWERED

from .conftest import Workflow

pytestmark = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed here")


@pytest.mark.proves("control.sayText")
@ANSWERED
async def test_a_text_is_said_and_faster_when_asked(workflow: Workflow) -> None:
    call = await workflow.call()
    slow = await call.run("sayText", text="Ein Satz", language="de")
    fast = await call.run("sayText", text="Ein Satz", language="de", speed=2)
    assert slow["item"]["status"] == fast["item"]["status"] == "completed"
    assert 0.2 < fast["item"]["secondsHeard"] < slow["item"]["secondsHeard"]


@ANSWERED
@pytest.mark.parametrize(
    "wrong",
    [
        {"text": ""},
        {"text": "Hello", "speed": 100},
        {"text": "Hello", "language": "no such"},
        {"text": "Hello", "language": "xx"},
        {"text": "Hello", "voice": "nosuch"},
    ],
)
async def test_what_cannot_be_said_is_named(workflow: Workflow, wrong: dict[str, Any]) -> None:
    call = await workflow.call()
    line = await call.run("sayText", **wrong)
    assert line["error"]["errorId"] == "badParameter"
    assert workflow.sim.control.report(call.report).state == "connected"
