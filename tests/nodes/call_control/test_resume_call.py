"""Resume: the caller is back in the workflow's hands."""

import pytest

from tests.readings import ANSWERED
from tests.waiting import eventually

from .conftest import SHIPPED, Workflow, samples


@pytest.mark.proves("control.resumeCall")
@ANSWERED
async def test_the_music_ends_and_prompts_are_heard_again(workflow: Workflow) -> None:
    call = await workflow.call()
    await call.run("holdCall")
    await call.heard_sound()
    assert (await call.run("resumeCall"))["item"] == {"callId": call.id, "wasHeld": True}
    await eventually(lambda: not workflow.sim.control.heard(call.report).spans[-1].sound)
    line = await call.run("playAudio", audioFile={"mode": "list", "value": "en/welcome"})
    assert line["item"]["status"] == "completed"
    await call.hears(samples(SHIPPED / "en/welcome.wav"))


@ANSWERED
async def test_a_caller_who_is_not_on_hold_is_resumed_without_harm(workflow: Workflow) -> None:
    call = await workflow.call()
    assert (await call.run("resumeCall"))["item"]["wasHeld"] is False
