"""Stop Audio: whatever sounds on a call falls silent, and who played it is told."""

import asyncio

import pytest

from tests.waiting import eventually

from .conftest import SHIPPED, Workflow, samples

WELCOME = {"mode": "list", "value": "en/welcome"}
MENU = {"mode": "list", "value": "en/main-menu"}


@pytest.mark.proves("control.stopAudio")
async def test_background_audio_goes_on_until_it_is_stopped(workflow: Workflow) -> None:
    call = await workflow.call()
    line = await call.run("playAudio", audioFile=WELCOME, background=True)
    assert line["item"]["status"] == "background"
    await call.hears(samples(SHIPPED / "en/welcome.wav"))
    stopped = await call.run("stopAudio")
    assert stopped["item"] == {"callId": call.id, "promptStopped": False}
    await eventually(lambda: not workflow.sim.control.heard(call.report).spans[-1].sound)


@pytest.mark.proves("control.stopAudio")
async def test_a_prompt_is_stopped_and_its_operation_ends(workflow: Workflow) -> None:
    call = await workflow.call()
    playing = asyncio.create_task(call.run("playAudio", audioFile=MENU, repeat=10))
    await call.heard_sound()
    stopped = await call.run("stopAudio")
    line = await playing
    assert stopped["item"]["promptStopped"] is True
    assert line["item"]["status"] == "stopped"
    await eventually(lambda: not workflow.sim.control.heard(call.report).spans[-1].sound)


async def test_where_nothing_sounds_nothing_is_stopped(workflow: Workflow) -> None:
    call = await workflow.call()
    assert (await call.run("stopAudio"))["item"]["promptStopped"] is False
