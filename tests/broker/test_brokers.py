"""The runner at n8n's task brokers: joining, offers, tasks, cancelling, draining, coming back."""

import asyncio
import logging
from copy import deepcopy
from typing import Any

import pytest
from structlog.testing import capture_logs

from threecx_pbx.clock import ManualClock, SystemClock
from threecx_pbx.errors import WrongCredentials
from threecx_runner.api.wire import BinaryLine, FileField, ItemLine

from .conftest import Connect, Dispatch, FakeBroker, serving

LINE = ItemLine(index=0, item={"callId": "c_0123456789abcdef", "alreadyConnected": False}, output=None)


async def test_it_joins_as_task_type_threecx_and_offers_places(n8n: FakeBroker, connect: Connect) -> None:
    async with connect(n8n) as brokers:
        runner = await n8n.runner()

        info, offer = await runner.said("runner:info"), await runner.said("runner:taskoffer")
        assert info["types"] == ["threecx"]
        assert (offer["taskType"], offer["validFor"]) == ("threecx", 5000)
        assert len(set(runner.offers())) == len(runner.offers())
        assert runner.id
        assert brokers.troubles() == []


@pytest.mark.proves("behaviour.task-runner")
async def test_a_task_is_run_as_a_request_over_http_is(
    n8n: FakeBroker, connect: Connect, dispatch: Dispatch, task: dict[str, Any]
) -> None:
    dispatch.lines = [LINE]
    async with connect(n8n):
        runner = await n8n.runner()
        await runner.start("t1", task["settings"])
        done = await runner.said("runner:taskdone")

    assert done == {"type": "runner:taskdone", "taskId": "t1", "data": {"result": task["result"]}}
    [request] = dispatch.requests
    assert (request.node, request.operation) == ("callControl", "answerCall")
    assert request.login.client_secret.get_secret_value() == "not-a-real-secret"
    assert request.items[0].call_id == "c_0123456789abcdef"


async def test_the_files_of_an_item_are_named_as_over_http(
    n8n: FakeBroker, connect: Connect, dispatch: Dispatch, task: dict[str, Any]
) -> None:
    sound = FileField(id="f_1", file_name="call.wav", mime_type="audio/wav")
    dispatch.lines = [BinaryLine(index=0, item={}, output=None, binary={"data": sound})]
    async with connect(n8n):
        runner = await n8n.runner()
        await runner.start("t1", task["settings"])
        done = await runner.said("runner:taskdone")

    named = {"data": {"id": "f_1", "fileName": "call.wav", "mimeType": "audio/wav"}}
    assert done["data"]["result"]["lines"][0]["binary"] == named


async def test_the_runners_defaults_fill_an_empty_credential(
    n8n: FakeBroker, connect: Connect, dispatch: Dispatch, task: dict[str, Any]
) -> None:
    settings = deepcopy(task["settings"])
    settings["login"]["serverUrl"] = ""
    async with connect(n8n, default_server="https://other.example.com"):
        runner = await n8n.runner()
        await runner.start("t1", settings)
        await runner.said("runner:taskdone")

    assert dispatch.requests[0].login.server_url == "https://other.example.com"


async def test_what_concerns_the_whole_request_is_the_tasks_error(
    n8n: FakeBroker, connect: Connect, dispatch: Dispatch, task: dict[str, Any]
) -> None:
    dispatch.failure = WrongCredentials("3CX refused the Client ID or the Client Secret.")
    async with connect(n8n):
        runner = await n8n.runner()
        await runner.start("t1", task["settings"])
        failed = await runner.said("runner:taskerror", taskId="t1")

    assert failed["error"].keys() == task["error"].keys()
    assert failed["error"]["errorId"] == task["error"]["errorId"]


@pytest.mark.parametrize(
    ("change", "error_id"),
    [
        (lambda settings: None, "badParameter"),
        (lambda settings: {**settings, "request": {**settings["request"], "items": "none"}}, "badParameter"),
        (lambda settings: {**settings, "request": {"protocol": 99, "new": True}}, "protocolMismatch"),
    ],
    ids=["nobody waits any more", "nonsense", "a newer package"],
)
async def test_settings_that_are_no_request_are_refused_and_do_nothing(
    n8n: FakeBroker, connect: Connect, dispatch: Dispatch, task: dict[str, Any], change: Any, error_id: str
) -> None:
    async with connect(n8n):
        runner = await n8n.runner()
        await runner.start("t1", change(task["settings"]))
        failed = await runner.said("runner:taskerror", taskId="t1")

    assert failed["error"]["errorId"] == error_id
    assert dispatch.requests == []


async def test_an_acceptance_is_answered_while_other_tasks_run(
    n8n: FakeBroker, connect: Connect, dispatch: Dispatch, task: dict[str, Any]
) -> None:
    dispatch.hold = asyncio.Event()
    async with connect(n8n):
        runner = await n8n.runner()
        for number in range(40):  # more than were offered at once
            await runner.start(f"t{number}", task["settings"])
        dispatch.hold.set()
        for number in range(40):
            await runner.said("runner:taskdone", taskId=f"t{number}")


async def test_offers_are_renewed_before_they_expire_and_an_expired_one_is_refused(
    n8n: FakeBroker, connect: Connect, clock: ManualClock
) -> None:
    async with connect(n8n):
        runner = await n8n.runner()
        old = runner.offers()[0]
        for seconds in (3, 3, 3):
            count = len(runner.offers())
            await clock.advance(seconds)
            await runner.said("runner:taskoffer", count=count + 16)
        await runner.tell("broker:taskofferaccept", offerId=old, taskId="t1")
        rejected = await runner.said("runner:taskrejected", taskId="t1")

    assert rejected["reason"] == "the offer has expired"


async def test_a_cancelled_task_is_stopped_and_not_answered(
    n8n: FakeBroker, connect: Connect, dispatch: Dispatch, task: dict[str, Any]
) -> None:
    dispatch.hold = asyncio.Event()
    async with connect(n8n):
        runner = await n8n.runner()
        await runner.start("t1", task["settings"])
        await dispatch.began.wait()
        await runner.tell("broker:taskcancel", taskId="t1", reason="Task cancelled by user")
        async with asyncio.timeout(5):
            await dispatch.cancelled.wait()
        dispatch.hold = None
        await runner.start("t2", task["settings"])
        await runner.said("runner:taskdone", taskId="t2")

    assert [one for one in runner.frames if one.get("taskId") == "t1"] == [
        {"type": "runner:taskaccepted", "taskId": "t1"}
    ]


async def test_what_is_not_done_at_the_deadline_is_told_to_be_late(
    n8n: FakeBroker, connect: Connect, dispatch: Dispatch, clock: ManualClock, task: dict[str, Any]
) -> None:
    dispatch.lines, dispatch.hold = [LINE], asyncio.Event()
    settings = deepcopy(task["settings"])
    settings["request"]["items"].append({"index": 1, "key": "42:node-id:0:1", "parameters": {}})
    async with connect(n8n):
        runner = await n8n.runner()
        await runner.start("t1", settings)
        await dispatch.began.wait()
        await clock.advance(301)
        done = await runner.said("runner:taskdone", taskId="t1")

    first, second, end = done["data"]["result"]["lines"]
    assert first["item"]["alreadyConnected"] is False
    assert (second["index"], second["error"]["errorId"]) == (1, "deadlinePassed")
    assert end == {"end": True}
    assert dispatch.cancelled.is_set()


async def test_a_draining_n8n_gets_no_more_offers_and_its_running_tasks_answers(
    n8n: FakeBroker, connect: Connect, dispatch: Dispatch, clock: ManualClock, task: dict[str, Any]
) -> None:
    dispatch.hold = asyncio.Event()
    async with connect(n8n):
        runner = await n8n.runner()
        await runner.start("t1", task["settings"])
        await dispatch.began.wait()
        offered = runner.offers()
        await runner.tell("broker:drain")
        await runner.tell("broker:taskofferaccept", offerId=offered[0], taskId="t2")
        await runner.said("runner:taskrejected", taskId="t2")
        await clock.advance(10)
        dispatch.hold.set()
        await runner.said("runner:taskdone", taskId="t1")

    assert runner.offers()[-1] == offered[-1]


async def test_a_stopping_runner_lets_running_tasks_end(
    n8n: FakeBroker, connect: Connect, dispatch: Dispatch, task: dict[str, Any]
) -> None:
    dispatch.hold = asyncio.Event()
    async with connect(n8n) as brokers:
        runner = await n8n.runner()
        await runner.start("t1", task["settings"])
        await dispatch.began.wait()
        brokers.refuse()
        dispatch.hold.set()

    await runner.said("runner:taskdone", taskId="t1")
    async with asyncio.timeout(5):
        await runner.gone.wait()


async def test_a_stopping_runner_still_does_what_it_has_accepted(
    n8n: FakeBroker, connect: Connect, task: dict[str, Any]
) -> None:
    async with connect(n8n) as brokers:
        runner = await n8n.runner()
        for id_, offer in zip(("t1", "t2"), runner.offers(), strict=False):
            await runner.tell("broker:taskofferaccept", offerId=offer, taskId=id_)
            await runner.said("runner:taskaccepted", taskId=id_)
        brokers.refuse()
        await runner.tell("broker:taskcancel", taskId="t2", reason="Task request expired")
        await runner.tell("broker:tasksettings", taskId="t1", settings=task["settings"])

    await runner.said("runner:taskdone", taskId="t1")


async def test_a_stopping_runner_waits_no_longer_than_its_drain(
    n8n: FakeBroker, connect: Connect, dispatch: Dispatch, task: dict[str, Any]
) -> None:
    dispatch.hold = asyncio.Event()
    async with connect(n8n, time=SystemClock(scale=100)):
        runner = await n8n.runner()
        await runner.start("t1", task["settings"])
        await dispatch.began.wait()

    assert dispatch.cancelled.is_set()


async def test_a_cut_connection_stops_its_tasks_and_is_made_again_with_another_id(
    n8n: FakeBroker, connect: Connect, dispatch: Dispatch, task: dict[str, Any]
) -> None:
    dispatch.hold = asyncio.Event()
    async with connect(n8n, time=SystemClock(scale=20)):
        first = await n8n.runner()
        await first.start("t1", task["settings"])
        await dispatch.began.wait()
        await first.socket.close()
        async with asyncio.timeout(5):
            await dispatch.cancelled.wait()
        dispatch.hold = None
        second = await n8n.runner(2)
        await second.start("t2", task["settings"])
        await second.said("runner:taskdone", taskId="t2")

    assert first.id != second.id


async def test_a_broker_that_starts_later_or_again_is_found(connect: Connect) -> None:
    n8n = FakeBroker()
    async with serving(n8n) as port:
        pass
    async with connect(n8n, time=SystemClock(scale=20)) as brokers:
        assert brokers.troubles() != []
        async with serving(n8n, port):
            await n8n.runner(1)
            assert brokers.troubles() == []
        async with serving(n8n, port):
            await n8n.runner(2)


async def test_several_brokers_are_served_at_once(
    n8n: FakeBroker, connect: Connect, dispatch: Dispatch, task: dict[str, Any]
) -> None:
    other = FakeBroker()
    async with serving(other), connect(n8n, other):
        one, two = await n8n.runner(), await other.runner()
        await one.start("t1", task["settings"])
        await two.start("t1", task["settings"])
        await one.said("runner:taskdone", taskId="t1")
        await two.said("runner:taskdone", taskId="t1")

    assert one.id != two.id
    assert len(dispatch.requests) == 2


async def test_a_wrong_token_is_a_trouble_that_names_the_variable(n8n: FakeBroker, connect: Connect) -> None:
    async with connect(n8n, token="another-token") as brokers:
        async with n8n.joined, asyncio.timeout(5):
            await n8n.joined.wait_for(lambda: n8n.refused > 0)
        for _ in range(100):
            if "N8N_RUNNERS_AUTH_TOKEN" in brokers.troubles()[0]:
                break
            await asyncio.sleep(0.01)
        [told] = brokers.troubles()

    assert told == (
        f"n8n's task broker at {n8n.url} is not connected: it does not take the token of N8N_RUNNERS_AUTH_TOKEN."
    )


async def test_no_secret_is_logged_or_told(
    n8n: FakeBroker,
    connect: Connect,
    dispatch: Dispatch,
    task: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    broken = deepcopy(task["settings"])
    broken["login"]["maxCallsPerHour"] = "not-a-real-secret"
    dispatch.failure = RuntimeError("a bug")
    with capture_logs() as logged:
        async with connect(n8n):
            runner = await n8n.runner()
            for number, settings in enumerate((task["settings"], broken)):
                await runner.start(f"t{number}", settings)
                await runner.said("runner:taskerror", taskId=f"t{number}")

    told = f"{caplog.text} {logged} {runner.frames}"
    assert "a bug" in told
    assert "not-a-real-secret" not in told
    assert "a-token-that-n8n-shares" not in told
