"""What holds for every operation: which call is meant, many items, doing things once, and being stopped."""

import asyncio
import json
from typing import Any

import pytest

from tests.waiting import eventually
from threecx_simulator import Profile

from .conftest import PhoneCall, Workflow


def item(key: str, call_id: str | None = None, index: int = 0, **parameters: Any) -> dict[str, Any]:
    return {"index": index, "key": key, "callId": call_id, "parameters": parameters}


async def ask(
    workflow: Workflow, operation: str, *items: dict[str, Any], **envelope: Any
) -> list[dict[str, Any]]:
    """The lines of one request, without the end line."""
    url = f"{workflow.runner.api.address}/v1/nodes/callControl/{operation}"
    body = {"protocol": 1, "stopOnError": False, "items": list(items)} | envelope
    async with workflow.http.post(url, json=body, headers=workflow.headers) as answer:
        lines = [json.loads(line) for line in (await answer.text()).splitlines()]
    assert lines[-1] == {"end": True}
    return lines[:-1]


def dropped(workflow: Workflow) -> int:
    return sum(one.path.endswith("/drop") for one in workflow.sim.control.requests().asked)


# which call


@pytest.mark.proves("care.which-call")
async def test_the_call_of_the_item_the_call_by_id_and_the_call_of_an_execution_are_found(
    workflow: Workflow,
) -> None:
    call = await workflow.call()
    (first,) = await ask(workflow, "answerCall", item("a", call.id), executionId="41")
    (second,) = await ask(workflow, "answerCall", item("b", call="callId", callId=f" {call.id} "))
    (third,) = await ask(
        workflow, "answerCall", item("c", call="executionId", executionId="41"), executionId="99"
    )
    (fourth,) = await ask(workflow, "answerCall", item("d"), executionId="41")
    assert [line["item"]["callId"] for line in (first, second, third, fourth)] == [call.id] * 4


@pytest.mark.proves("care.which-call")
async def test_an_execution_with_two_calls_does_not_say_which_is_meant(workflow: Workflow) -> None:
    one, other = await workflow.call(), await workflow.call("+4940222")
    await ask(workflow, "answerCall", item("a", one.id), item("b", other.id, 1), executionId="41")
    (line,) = await ask(workflow, "answerCall", item("c"), executionId="41")
    assert line["error"]["errorId"] == "callUnknown"
    assert "2 calls" in line["error"]["message"]


async def test_the_ended_call_of_an_execution_gives_way_to_the_living_one(workflow: Workflow) -> None:
    one, other = await workflow.call(), await workflow.call("+4940222")
    await ask(workflow, "answerCall", item("a", one.id), item("b", other.id, 1), executionId="41")
    one.hang_up()
    await workflow.gone(one.id)
    (line,) = await ask(workflow, "answerCall", item("c"), executionId="41")
    assert line["item"]["callId"] == other.id


@pytest.mark.proves("trouble.call-not-found", "errors.404")
async def test_a_call_that_never_was_and_an_execution_without_one_are_told_with_the_remedy(
    workflow: Workflow,
) -> None:
    (never,) = await ask(workflow, "hangupCall", item("a", "c_00000000000000ff"))
    (none,) = await ask(workflow, "hangupCall", item("b"), executionId="nobody")
    (empty,) = await ask(workflow, "hangupCall", item("c", call="callId", callId=""))
    assert [line["error"]["errorId"] for line in (never, none, empty)] == ["callUnknown"] * 3
    assert "3CX Call Receiver Trigger" in none["error"]["hint"]


@pytest.mark.proves("care.which-call", "control.ai-tool")
async def test_a_model_does_not_choose_the_call(workflow: Workflow) -> None:
    mine, other = await workflow.call(), await workflow.call("+4940222")
    await ask(workflow, "answerCall", item("a", mine.id), executionId="41")
    (line,) = await ask(
        workflow, "hangupCall", item("b", call="callId", callId=other.id), executionId="41", tool=True
    )
    assert line["item"]["callId"] == mine.id
    assert workflow.sim.control.report(other.report).state == "connected"


# many items


async def several(workflow: Workflow, count: int) -> list[PhoneCall]:
    return [await workflow.call(f"+49302000{number}") for number in range(count)]


@pytest.mark.proves("control.items.parallel")
async def test_many_items_run_side_by_side_and_keep_their_index(workflow: Workflow) -> None:
    workflow.sim.control.behave("101", answers_after=None)
    calls = await several(workflow, 4)
    slow = [item(f"s{number}", call.id, number, target="101", timeout=1) for number, call in enumerate(calls)]
    async with asyncio.timeout(3):
        lines = await ask(workflow, "transferCall", *slow)
    assert {line["index"]: line["item"]["callId"] for line in lines} == dict(
        enumerate(call.id for call in calls)
    )


@pytest.mark.proves("control.items.parallel")
async def test_one_by_one_the_second_begins_when_the_first_has_ended(workflow: Workflow) -> None:
    first, second = await several(workflow, 2)
    workflow.sim.control.behave("101", answers_after=0.5)
    lines = await ask(
        workflow,
        "transferCall",
        item("a", first.id, 0, target="101"),
        item("b", second.id, 1, target="102"),
        concurrency=1,
    )
    assert [line["index"] for line in lines] == [0, 1]
    began = {
        report.id: next(moment.at for moment in report.timeline if moment.what.startswith("transferred"))
        for report in workflow.sim.control.calls()
    }
    done = next(
        moment.at
        for moment in workflow.sim.control.report(first.report).timeline
        if moment.what == "connected 101"
    )
    assert began[second.report] >= done


async def test_after_a_failed_item_no_further_one_is_begun_when_the_author_wants_it_so(
    workflow: Workflow,
) -> None:
    first, second = await several(workflow, 2)
    lines = await ask(
        workflow,
        "hangupCall",
        item("a", first.id, 0, leg="seenLeg", legExtension="105"),
        item("b", second.id, 1),
        concurrency=1,
        stopOnError=True,
    )
    assert [line["index"] for line in lines] == [0]
    assert "error" in lines[0]
    assert dropped(workflow) == 0


async def test_a_failed_item_does_not_touch_the_others_when_the_workflow_goes_on(workflow: Workflow) -> None:
    first, second = await several(workflow, 2)
    lines = await ask(
        workflow,
        "hangupCall",
        item("a", first.id, 0, leg="nonsense"),
        item("b", second.id, 1),
        concurrency=1,
    )
    assert [("error" in line, line["index"]) for line in lines] == [(True, 0), (False, 1)]
    assert "leg" in lines[0]["error"]["message"]


# once


@pytest.mark.proves("behaviour.retry")
async def test_a_repeated_item_is_replayed_and_not_done_again(workflow: Workflow) -> None:
    call = await workflow.call()
    first = await ask(workflow, "hangupCall", item("once", call.id))
    again = await ask(workflow, "hangupCall", item("once", call.id))
    assert first == again
    assert dropped(workflow) == 1


@pytest.mark.proves("behaviour.retry")
async def test_a_running_twin_is_joined(workflow: Workflow) -> None:
    call = await workflow.call()
    one, other = await asyncio.gather(
        ask(workflow, "transferCall", item("twin", call.id, target="101")),
        ask(workflow, "transferCall", item("twin", call.id, target="101")),
    )
    assert one == other
    assert sum(one.path.endswith("/transferto") for one in workflow.sim.control.requests().asked) == 1


async def test_a_failure_runs_again_under_the_same_key(workflow: Workflow) -> None:
    call = await workflow.call()
    workflow.sim.control.answer_next(500, path="/drop")
    (failed,) = await ask(workflow, "hangupCall", item("again", call.id))
    (done,) = await ask(workflow, "hangupCall", item("again", call.id))
    assert failed["error"]["errorId"] == "pbxFailed"
    assert done["item"]["ended"] == "ownLeg"


# stopped


@pytest.mark.proves("behaviour.cancellation")
async def test_an_execution_that_is_stopped_leaves_the_call_as_it_was(
    workflow: Workflow, profile: Profile
) -> None:
    workflow.sim.control.behave("101", answers_after=None)
    call = await workflow.call()
    asking = asyncio.create_task(ask(workflow, "transferCall", item("a", call.id, target="101", timeout=60)))
    await call.reached("ringing 101")
    asking.cancel()
    await asyncio.wait({asking})
    assert workflow.sim.control.report(call.report).state == "connected"
    (line,) = await ask(workflow, "transferCall", item("b", call.id, target="102"))
    # 3CX cannot be told to give a transfer up: where the leg is on hold for it, another is refused while 101 rings
    outcomes = {"connected", "notConnected"} if profile.held_shown else {"connected"}
    assert line["output"] in outcomes
    assert workflow.sim.control.report(call.report).state == "connected"


async def test_a_deadline_that_passes_is_told_and_the_call_is_left(workflow: Workflow) -> None:
    workflow.sim.control.behave("101", answers_after=None)
    call = await workflow.call()
    url = f"{workflow.runner.api.address}/v1/nodes/callControl/transferCall"
    wanted = [item("a", call.id, target="101", timeout=60)]
    body = {"protocol": 1, "deadlineSeconds": 0.5, "items": wanted}
    async with workflow.http.post(url, json=body, headers=workflow.headers) as answer:
        assert (answer.status, (await answer.json())["errorId"]) == (504, "deadlinePassed")
    assert workflow.sim.control.report(call.report).state == "connected"


async def test_a_pbx_that_fails_is_told_apart_from_a_wrong_request(workflow: Workflow) -> None:
    call = await workflow.call()
    for status, error in ((429, "rateLimited"), (503, "pbxFailed"), (403, "forbidden")):
        workflow.sim.control.answer_next(status, path="/drop")
        (line,) = await ask(workflow, "hangupCall", item(f"s{status}", call.id))
        assert line["error"]["errorId"] == error
    assert await eventually(lambda: workflow.sim.control.report(call.report).state == "connected")
