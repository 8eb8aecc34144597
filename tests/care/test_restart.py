"""A runner that ends and starts again: callers, their owners, call ids and events go on where they were."""

import asyncio
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest

from tests.readings import KEPT, WAITING, under
from tests.waiting import eventually

from .conftest import Office, claims, unknown

pytestmark = pytest.mark.proves("behaviour.restart-keeps-call-ids")
KILLED = under(seeds_often=False, route_point_answer="auto", drop_on_post_end=False)
"""A process of its own for each reading takes its time."""


async def forgotten(office: Office) -> None:
    """The journal keeps no login for callers."""
    async with asyncio.timeout(20):
        while await office.runner.services.journal.logins():
            pass


def repeated(events: list[dict[str, object]]) -> list[object]:
    """Event ids that were told more than once, and calls that began more than once."""
    ids = Counter(event["eventId"] for event in events)
    starts = Counter(event["callId"] for event in events if event["type"] == "call_started")
    return [one for counted in (ids, starts) for one, count in counted.items() if count > 1]


@KEPT
async def test_a_caller_keeps_call_id_and_owner_over_a_restart_and_no_event_is_told_twice(
    office: Office,
) -> None:
    await office.receive(ifWorkflowStops="leave")
    await office.subscribe("watcher", node="callMonitor")
    call = office.call()
    item = await office.n8n.execution()
    await office.run("answerCall", item["callId"])
    await office.restart()
    line = await office.run("transferCall", item["callId"], target="101")
    assert (line["output"], line["item"]["callId"]) == ("connected", item["callId"])
    office.sim.control.hang_up(call)
    await office.n8n.until(
        lambda: (
            "call_ended" in [e["item"]["type"] for p in office.n8n.posts_to("watcher") for e in p["events"]]
        ),
        "the end told to the Monitor",
    )
    events = await office.events()
    assert repeated(events) == []
    assert {event["callId"] for event in events} == {item["callId"]}
    assert [event["type"] for event in events].count("call_received") == 1
    told = [event["eventId"] for post in office.n8n.posts_to("watcher") for event in post["events"]]
    assert len(told) == len(set(told))


@KEPT
async def test_a_claimed_caller_is_not_offered_again_after_a_restart(office: Office) -> None:
    await office.receive(ifWorkflowStops="leave")
    office.call()
    item = await office.n8n.execution()
    await office.restart()
    event = office.n8n.posts[0]["events"][0]["eventId"]
    again = await office.n8n.claim(event, office.id_of("one"))
    assert again["claimed"] is False
    assert [known.id for _, known in office.runner.sessions.calls()] == [item["callId"]]
    assert len(office.n8n.posts) == 1


@pytest.mark.proves("care.workflow-stopped")
@KEPT
async def test_a_workflow_that_stopped_before_the_restart_is_found_after_it(office: Office) -> None:
    await office.receive(idleTimeout=5, fallbackDestination="101")
    call = office.call()
    item = await office.n8n.execution()
    await office.run("answerCall", item["callId"])
    await office.restart()
    office.hurry()
    await office.reached(call, "connected 101")


@pytest.mark.proves("care.workflow-stopped")
@KEPT
async def test_a_placed_call_that_no_workflow_touches_after_the_restart_ends(office: Office) -> None:
    await office.receive()
    line = await office.run("makeCall", None, target="101")
    assert line["output"] == "answered"
    (placed,) = office.sim.control.calls()
    await office.restart()
    office.hurry()
    await office.sim.control.ended(placed.id)


@pytest.mark.proves("care.workflow-stopped")
@KEPT
async def test_a_caller_whose_workflow_was_deactivated_is_looked_after_after_the_restart(
    office: Office,
) -> None:
    await office.receive(idleTimeout=5)
    call = office.call()
    item = await office.n8n.execution()
    await office.run("answerCall", item["callId"])
    await office.unsubscribe()
    await office.restart()
    office.hurry()
    await office.reached(call, "connected 102")


@pytest.mark.proves("care.workflow-stopped")
@KEPT
async def test_a_placed_call_ends_after_the_restart_though_no_workflow_wants_calls(office: Office) -> None:
    line = await office.run("makeCall", None, target="101")
    assert line["output"] == "answered"
    (placed,) = office.sim.control.calls()
    await office.restart()
    assert [known.id for _, known in office.runner.sessions.calls()] == [line["item"]["callId"]]
    office.hurry()
    await office.sim.control.ended(placed.id)


@KEPT
async def test_a_login_is_forgotten_with_the_last_caller_who_needs_it(office: Office) -> None:
    await office.run("makeCall", None, target="101")
    (placed,) = office.sim.control.calls()
    journal = office.runner.services.journal
    (kept,) = await journal.logins()
    assert kept.client_secret.get_secret_value() == office.secret
    office.sim.control.hang_up(placed.id)
    await eventually(lambda: not any(known.own_leg for _, known in office.runner.sessions.calls()), "the end")
    await forgotten(office)
    await office.restart()
    assert office.runner.sessions.calls() == []


@KEPT
async def test_the_login_of_an_active_workflow_is_kept_once(office: Office) -> None:
    await office.receive(ifWorkflowStops="leave")
    office.call()
    item = await office.n8n.execution()
    await office.run("answerCall", item["callId"])
    assert await office.runner.services.journal.logins() == ()
    await office.unsubscribe()
    assert len(await office.runner.services.journal.logins()) == 1
    await office.receive(ifWorkflowStops="leave")
    await office.run("transferCall", item["callId"], target="101")
    await forgotten(office)


@pytest.mark.proves("care.workflow-stopped")
@KEPT
async def test_a_caller_is_looked_after_as_soon_as_the_pbx_is_back_after_the_restart(office: Office) -> None:
    await office.receive(idleTimeout=5)
    call = office.call()
    item = await office.n8n.execution()
    await office.run("answerCall", item["callId"])
    await office.unsubscribe()
    office.sim.control.answer_next(503, count=4, path="/connect/token")
    office.hurry()
    await office.restart()
    await office.reached(call, "connected 102")


@pytest.mark.proves("care.nobody-home")
@KEPT
async def test_a_caller_whom_nobody_had_claimed_is_offered_again(office: Office) -> None:
    await office.receive()
    office.n8n.answer = unknown
    office.call()
    await office.n8n.until(lambda: office.n8n.posts, "the first offer")
    await office.stop()
    office.n8n.answer = claims
    await office.begin()
    item = await office.n8n.execution()
    assert (await office.run("transferCall", item["callId"], target="101"))["output"] == "connected"


@pytest.mark.proves("trouble.call-not-found", "care.hang-up-outcome")
@KEPT
async def test_a_call_that_ended_while_the_runner_was_away_is_told_from_one_that_never_was(
    office: Office,
) -> None:
    await office.receive()
    call = office.call()
    item = await office.n8n.execution()
    await office.stop()
    office.sim.control.hang_up(call)
    await office.begin()
    await office.receive()
    office.hurry()
    await eventually(lambda: not office.runner.sessions.calls(), "the end")
    await office.restart()
    over = await office.run("transferCall", item["callId"], target="101")
    never = await office.run("transferCall", "c_00000000000000ff", target="101")
    assert (over.get("output"), never["error"]["errorId"]) == ("hungUp", "callUnknown")


@WAITING
async def test_a_caller_who_came_while_the_runner_was_away_is_offered(office: Office) -> None:
    await office.receive()
    await office.stop()
    office.call()
    await office.begin()
    assert (await office.n8n.execution())["fromNumber"] == "+4930123456"


@KEPT
async def test_a_caller_who_left_while_the_runner_was_away_is_told_as_ended_and_never_offered(
    office: Office,
) -> None:
    await office.receive()
    office.n8n.answer = unknown
    call = office.call()
    await office.n8n.until(lambda: office.n8n.posts, "the first offer")
    await office.stop()
    office.sim.control.hang_up(call)
    posts = len(office.n8n.posts)
    office.n8n.answer = claims
    await office.begin()
    office.call("+4940222")
    await office.n8n.execution()
    assert [item["fromNumber"] for item in office.n8n.executions] == ["+4940222"]
    assert all(post["events"][0]["item"]["fromNumber"] == "+4940222" for post in office.n8n.posts[posts:])


class Process:
    """`threecx-runner serve` as a process that may be killed."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.running: asyncio.subprocess.Process | None = None
        self.address = ""

    async def start(self) -> None:
        command = (sys.executable, "-c", "from threecx_runner.cli import main; main()", "serve")
        options = ("--listen", "127.0.0.1:0", "--state-dir", str(self.office.state))
        environment = {name: value for name, value in os.environ.items() if not name.startswith("N8N_3CX")}
        self.running = await asyncio.create_subprocess_exec(
            *command,
            *options,
            stderr=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            env=environment | {"N8N_3CX_FALLBACK_DESTINATION": "102"},
        )
        assert self.running.stderr is not None
        async with asyncio.timeout(30):
            while "address" not in (line := (await self.running.stderr.readline()).decode()):
                assert line, "the runner has ended"
        self.address = (
            "http://127.0.0.1:" + line.split("127.0.0.1:")[1].split('"')[0].split("\x1b")[0].strip()
        )
        self.draining = asyncio.create_task(self.running.stderr.read())

    async def kill(self) -> None:
        if self.running is not None:
            self.running.send_signal(signal.SIGKILL)
            await self.running.wait()
            await self.draining
            self.running = None


@asynccontextmanager
async def processes(office: Office) -> AsyncIterator[Process]:
    """A runner as a process, at which the office asks."""
    process = Process(office)

    class Api:
        @property
        def address(self) -> str:
            return process.address

    class Running:
        api = Api()

    office.runner = Running()  # type: ignore[assignment]  # only its address is asked for here
    await process.start()
    office.address_known.set()
    try:
        yield process
    finally:
        await process.kill()


@KILLED
async def test_kill_9_in_mid_call_and_the_same_call_goes_on(closed: Office) -> None:
    async with processes(closed) as process:
        await closed.receive(ifWorkflowStops="leave")
        call = closed.call()
        item = await closed.n8n.execution()
        await closed.run("answerCall", item["callId"])
        await process.kill()
        await process.start()
        line = await closed.run("transferCall", item["callId"], target="101")
        assert (line.get("output"), line["item"]["callId"]) == ("connected", item["callId"]), line
        assert repeated(await closed.events()) == []
        assert len(closed.n8n.executions) == 1
        await closed.reached(call, "connected 101")


@KILLED
async def test_a_call_that_rings_when_the_runner_is_killed_is_ended_and_not_placed_again(
    closed: Office,
) -> None:
    closed.sim.control.behave("101", answers_after=600)
    async with processes(closed) as process:
        placing = asyncio.create_task(closed.run("makeCall", None, key="7:node:0:0", target="101"))
        await eventually(lambda: "ringing 101" in moments(closed), "a ringing phone")
        await process.kill()
        with pytest.raises(aiohttp.ClientError):
            await placing
        await process.start()
        line = await closed.run("makeCall", None, key="7:node:0:0", target="101")
        assert line["error"]["errorId"] == "dialInterrupted"
        (placed,) = closed.sim.control.calls()
        await closed.sim.control.ended(placed.id)
        closed.sim.control.behave("101", answers_after=0.5)
        anew = await closed.run("makeCall", None, key="8:node:0:0", target="101")
        assert anew["output"] == "answered"


def moments(office: Office) -> list[str]:
    """What has happened in all calls."""
    return [moment for call in office.sim.control.calls() for moment in call.moments]
