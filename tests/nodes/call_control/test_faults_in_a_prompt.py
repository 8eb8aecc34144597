"""What goes wrong between us and the PBX while a caller listens does not cut the prompt, nor the call."""

import asyncio

import pytest

from tests.readings import ANSWERED

from .conftest import Workflow

MENU = {"mode": "list", "value": "en/main-menu"}


@pytest.mark.proves("behaviour.recovery")
@ANSWERED
@pytest.mark.parametrize("fault", ["streams end", "token dies", "socket breaks"])
async def test_a_prompt_is_heard_to_its_end_and_keys_still_count(workflow: Workflow, fault: str) -> None:
    call = await workflow.call()
    playing = asyncio.create_task(call.run("playAudio", audioFile=MENU))
    await call.heard_sound()
    control = workflow.sim.control
    if fault == "streams end":
        control.cut_streams()
    elif fault == "token dies":
        control.invalidate_tokens()
    else:
        await control.cut_sockets()
    assert (await playing)["item"]["status"] == "completed"
    asking = asyncio.create_task(call.run("collectDTMF", timeout=10))
    call.press("4")
    assert (await asking)["item"]["dtmfInput"] == "4"


@ANSWERED
async def test_a_pbx_that_starts_again_has_ended_the_call(workflow: Workflow) -> None:
    call = await workflow.call()
    playing = asyncio.create_task(call.run("playAudio", audioFile=MENU))
    await call.heard_sound()
    await workflow.sim.control.restart(reuse_ids=True)
    assert await playing == {"index": 0, "item": None, "output": None}


@ANSWERED
async def test_a_licence_that_is_lost_during_a_call_is_an_error_and_no_hang_up(workflow: Workflow) -> None:
    call = await workflow.call()
    playing = asyncio.create_task(call.run("playAudio", audioFile=MENU, repeat=10))
    await call.heard_sound()
    workflow.sim.control.licence(False)
    workflow.sim.control.cut_streams()
    assert (await playing)["error"]["errorId"] == "audioImpossible"
    assert "error" in await call.run("transferCall", target="101")
    workflow.sim.control.licence(True)
    assert (await call.run("transferCall", target="101"))["output"] == "connected"
