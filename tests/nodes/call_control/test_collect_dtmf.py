"""Collect DTMF: what the caller types arrives, in time, hidden when secret, and nothing of it is lost."""

import asyncio
from typing import Any

import pytest

from .conftest import Workflow

PROMPT = {"mode": "list", "value": "en/please-hold"}


async def typed(workflow: Workflow, keys: str, **parameters: Any) -> dict[str, Any]:
    """What Collect DTMF says of a caller who types these keys ahead."""
    call = await workflow.call()
    call.press(keys)
    return await call.run("collectDTMF", **parameters)


@pytest.mark.proves("control.collectDTMF")
async def test_digits_arrive_after_a_prompt(workflow: Workflow) -> None:
    call = await workflow.call()
    asking = asyncio.create_task(call.run("collectDTMF", prompt=PROMPT, maxDigits=2))
    await workflow.sim.control.after_prompt(call.report, silence=0.3)
    call.press("12")
    line = await asking
    assert line["output"] == "collected"
    assert line["item"] == {
        "callId": call.id,
        "dtmfInput": "12",
        "status": "completed",
        "attempts": 1,
        "matches": None,
    }
