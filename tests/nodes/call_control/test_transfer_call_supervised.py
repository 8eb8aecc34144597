"""Transfer, supervised: the caller stays with the workflow until the target answers."""

import numpy as np
import pytest

from tests.readings import ANSWERED, TOLD
from tests.waiting import eventually
from threecx_pbx.media import ringback

from .conftest import SHIPPED, Workflow, likeness, samples

SUPERVISED = {"transferType": "supervised", "target": {"mode": "number", "value": "101"}, "timeout": 5}


@pytest.mark.proves("control.transferCall.supervised")
async def test_the_caller_is_put_through_when_the_target_answers(workflow: Workflow) -> None:
    call = await workflow.call()
    line = await call.run("transferCall", **SUPERVISED)
    assert line["output"] == "connected"
    assert line["item"]["transferType"] == "supervised"
    await call.reached("connected 101")


@ANSWERED
async def test_the_caller_hears_ring_back_meanwhile(workflow: Workflow) -> None:
    workflow.sim.control.behave("101", answers_after=2)
    call = await workflow.call()
    line = await call.run("transferCall", **SUPERVISED)
    assert line["output"] == "connected"
    tone = np.frombuffer(ringback().data[:14_000], "<i2").astype(np.float64)
    await call.hears(tone)


@pytest.mark.proves("control.transferCall.supervised")
@TOLD
@pytest.mark.parametrize(
    ("behaviour", "outcome"), [({"busy": True}, "busy"), ({"answers_after": None}, "noAnswer")]
)
async def test_the_caller_stays_here_when_it_does_not(
    workflow: Workflow, behaviour: dict[str, object], outcome: str
) -> None:
    workflow.sim.control.behave("101", **behaviour)
    call = await workflow.call()
    line = await call.run("transferCall", **SUPERVISED)
    assert (line["output"], line["item"]["outcome"]) == ("notConnected", outcome)
    again = await call.run("transferCall", target="102")
    assert again["output"] == "connected"


@ANSWERED
async def test_music_in_the_background_goes_on_when_the_target_does_not_answer(workflow: Workflow) -> None:
    workflow.sim.control.behave("101", busy=True)
    call = await workflow.call()
    music = samples(SHIPPED / "en/please-hold.wav")
    await call.run("playAudio", audioFile="en/please-hold", background=True)
    assert (await call.run("transferCall", **SUPERVISED))["output"] == "notConnected"
    before = len(call.heard)
    await eventually(lambda: likeness(call.heard[before:], music) > 0.85, "the music", every=0.5)


async def test_a_caller_who_hangs_up_meanwhile_leaves_by_hung_up(workflow: Workflow) -> None:
    workflow.sim.control.behave("101", answers_after=None)
    report = workflow.sim.control.call("+4930123456", "+4930555001", hangup_when="ringing 101")
    item = await workflow.received.get()
    await workflow.run("answerCall", item["callId"])
    line = await workflow.run("transferCall", item["callId"], **SUPERVISED)
    assert line["output"] == "hungUp"
    assert workflow.sim.control.report(report).ended_by == "caller"
