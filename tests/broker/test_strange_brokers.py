"""What a broker or a task may do that nobody expects: the runner says so, goes on, and keeps its loop free."""

import asyncio
import json
from datetime import datetime
from typing import Any

import pytest
from structlog.testing import capture_logs

from threecx_pbx.clock import SystemClock
from threecx_runner.api.wire import ItemLine, Line
from threecx_runner.broker.done import Outcome, done
from threecx_runner.broker.frames import TaskId

from .conftest import Connect, Dispatch, FakeBroker


@pytest.mark.parametrize("levels", [900, 1_500, 100_000])
async def test_settings_nested_too_deeply_are_refused_and_the_next_task_is_done(
    n8n: FakeBroker, connect: Connect, dispatch: Dispatch, task: dict[str, Any], levels: int
) -> None:
    deep = f"{'[' * levels}{']' * levels}"
    async with connect(n8n):
        runner = await n8n.runner()
        await runner.accept("t1")
        await runner.socket.send_str(
            f'{{"type":"broker:tasksettings","taskId":"t1","settings":{{"request":{deep}}}}}'
        )
        failed = await runner.said("runner:taskerror", taskId="t1")
        await runner.start("t2", task["settings"])
        await runner.said("runner:taskdone", taskId="t2")

    assert failed["error"]["httpStatus"] == 400
    assert len(n8n.runners) == 1
    assert len(dispatch.requests) == 1


async def test_half_a_surrogate_pair_in_a_task_id_comes_back_as_it_was(
    n8n: FakeBroker, connect: Connect, task: dict[str, Any]
) -> None:
    async with connect(n8n):
        runner = await n8n.runner()
        await runner.start("t\ud83d", task["settings"])
        await runner.said("runner:taskdone", taskId="t\ud83d")


async def test_a_grant_that_fits_into_no_header_is_a_trouble_and_the_broker_is_asked_again(
    n8n: FakeBroker, connect: Connect
) -> None:
    n8n.granted = "grant\r\nX-Evil: 1"
    async with connect(n8n, time=SystemClock(scale=20)) as brokers:
        for _ in range(2):
            n8n.asked.clear()
            async with asyncio.timeout(5):
                await n8n.asked.wait()
        [told] = brokers.troubles()
        n8n.granted = "grant-{}-{}"
        await n8n.runner()

    assert told.endswith("is not connected: what answers there is no task broker of n8n.")


async def test_whatever_ends_a_connection_is_logged_and_told_and_it_is_made_again(
    n8n: FakeBroker, connect: Connect, dispatch: Dispatch, task: dict[str, Any]
) -> None:
    class Failing(SystemClock):
        """A bug of ours, once, where a connection does not expect it."""

        fails = False

        def now(self) -> datetime:
            fails, self.fails = self.fails, False
            if fails:
                raise RuntimeError("a bug")
            return super().now()

    time = Failing(scale=20)
    with capture_logs() as logged:
        async with connect(n8n, time=time):
            first = await n8n.runner()
            time.fails = True
            await first.tell("broker:taskofferaccept", offerId=first.offers()[0], taskId="t1")
            second = await n8n.runner(2)
            await second.start("t2", task["settings"])
            await second.said("runner:taskdone", taskId="t2")

    [error] = [one for one in logged if one["log_level"] == "error"]
    assert (error["broker"], str(error["exc_info"])) == (n8n.url, "a bug")
    assert any("not made for (RuntimeError)" in one.get("why", "") for one in logged)


async def test_a_broker_that_never_registers_the_runner_is_left_and_asked_again(
    n8n: FakeBroker, connect: Connect
) -> None:
    async with connect(n8n, time=SystemClock(scale=100)) as brokers:
        first = await n8n.connection()
        await n8n.connection(2)
        [told] = brokers.troubles()

    assert first.gone.is_set()
    assert told == f"n8n's task broker at {n8n.url} is not connected: it has not registered the runner."


async def test_a_broker_that_registers_and_hangs_up_is_asked_less_and_less_often(
    n8n: FakeBroker, connect: Connect
) -> None:
    time, moments = SystemClock(scale=20), []
    async with connect(n8n, time=time):
        for count in range(1, 7):
            runner = await n8n.runner(count)
            moments.append(time.now())
            await runner.socket.close()

    assert (moments[-1] - moments[-2]).total_seconds() > 3


async def test_a_runner_that_is_told_to_stop_while_it_connects_takes_no_task(
    n8n: FakeBroker, connect: Connect
) -> None:
    n8n.answers.clear()
    async with connect(n8n) as brokers:
        await n8n.asked.wait()
        brokers.refuse()
        n8n.answers.set()
        runner = await n8n.connection()
        async with asyncio.timeout(5):
            await runner.gone.wait()

    assert runner.frames == []


async def test_a_task_that_is_given_twice_runs_once_and_can_still_be_cancelled(
    n8n: FakeBroker, connect: Connect, dispatch: Dispatch, task: dict[str, Any]
) -> None:
    dispatch.hold = asyncio.Event()
    async with connect(n8n):
        runner = await n8n.runner()
        await runner.start("t1", task["settings"])
        await dispatch.began.wait()
        await runner.start("t1", task["settings"])
        await runner.tell("broker:taskcancel", taskId="t1", reason="Task cancelled by user")
        async with asyncio.timeout(5):
            await dispatch.cancelled.wait()

    assert len(dispatch.requests) == 1


async def test_a_large_answer_is_written_in_portions_between_which_the_loop_is_free() -> None:
    items = [{"callHistoryId": f"call {number}", "talkingSeconds": 1.5} for number in range(10_000)]
    lines: list[Line] = [ItemLine(index=0, item=item, output=None) for item in items]
    rounds = 0

    async def count() -> None:
        nonlocal rounds
        while True:
            rounds += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(count(), name="rounds of the loop")
    frame = json.loads(await done(TaskId("t1"), Outcome(lines)))
    counting.cancel()

    assert rounds > 100
    assert [one["item"] for one in frame["data"]["result"]["lines"][:-1]] == items
    assert frame["data"]["result"]["lines"][-1] == {"end": True}
