"""Hold and Resume: the caller hears music, keys do not count, and then they do again."""

import pytest

from tests.readings import ANSWERED

from .conftest import SHIPPED, Workflow, samples


@pytest.mark.proves("control.holdCall", "control.resumeCall")
async def test_a_caller_on_hold_hears_music_and_no_key_counts(workflow: Workflow) -> None:
    call = await workflow.call()
    assert (await call.run("holdCall"))["item"] == {"callId": call.id, "held": True}
    await call.heard_sound()
    call.press("1")
    assert (await call.run("resumeCall"))["item"] == {"callId": call.id, "wasHeld": True}
    call.press("2")
    line = await call.run("collectDTMF", maxDigits=1)
    assert line["item"]["dtmfInput"] == "2"


@ANSWERED
async def test_the_music_can_be_chosen(workflow: Workflow) -> None:
    call = await workflow.call()
    await call.run("holdCall", music={"mode": "list", "value": "en/welcome"})
    await call.hears(samples(SHIPPED / "en/welcome.wav"))
