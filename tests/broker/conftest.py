"""A task broker as n8n has it, on real sockets: grant tokens, offers, tasks; and what the runner would do, scripted."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from threecx_pbx.clock import Clock, ManualClock
from threecx_runner.api.wire import Line, Request
from threecx_runner.broker import Brokers
from threecx_runner.files import Files
from threecx_runner.settings import load_settings

TOKEN = "a-token-that-n8n-shares-with-its-runners"
Frame = dict[str, Any]


@dataclass
class Runner:
    """One connection, seen from n8n."""

    socket: web.WebSocketResponse
    id: str
    frames: list[Frame] = field(default_factory=list)
    heard: asyncio.Condition = field(default_factory=asyncio.Condition)
    gone: asyncio.Event = field(default_factory=asyncio.Event)

    async def said(self, kind: str, *, count: int = 1, **facts: Any) -> Frame:
        """Waits for the `count`th frame of a kind with these fields."""

        def found() -> list[Frame]:
            return [one for one in self.frames if one["type"] == kind and facts.items() <= one.items()]

        async with self.heard, asyncio.timeout(5):
            await self.heard.wait_for(lambda: len(found()) >= count)
        return found()[count - 1]

    def offers(self) -> list[str]:
        return [one["offerId"] for one in self.frames if one["type"] == "runner:taskoffer"]

    async def tell(self, kind: str, **facts: Any) -> None:
        await self.socket.send_json({"type": kind, **facts})

    async def accept(self, task: str) -> None:
        """A node wants a task done: takes an offer, waits for the runner's word."""
        given = (await self.said("runner:taskoffer"))["offerId"]
        self.frames = [one for one in self.frames if one.get("offerId") != given]
        await self.tell("broker:taskofferaccept", offerId=given, taskId=task)
        await self.said("runner:taskaccepted", taskId=task)

    async def start(self, task: str, settings: Any) -> None:
        """`accept`, and hands over the settings."""
        await self.accept(task)
        await self.tell("broker:tasksettings", taskId=task, settings=settings)


@dataclass
class FakeBroker:
    """One n8n process's broker."""

    url: str = ""
    token: str = TOKEN
    grants: set[str] = field(default_factory=set)
    refused: int = 0
    granted: str = "grant-{}-{}"
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    answers: asyncio.Event = field(default_factory=asyncio.Event)
    runners: list[Runner] = field(default_factory=list)
    joined: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def runner(self, count: int = 1) -> Runner:
        """Waits for the `count`th connection, registers it and waits for its first offers."""
        runner = await self.connection(count)
        await runner.tell("broker:inforequest")
        await runner.said("runner:info")
        await runner.tell("broker:runnerregistered")
        await runner.said("runner:taskoffer", count=16)
        return runner

    def __post_init__(self) -> None:
        self.answers.set()

    async def connection(self, count: int = 1) -> Runner:
        """Waits for the `count`th connection, and says nothing."""
        async with self.joined, asyncio.timeout(5):
            await self.joined.wait_for(lambda: len(self.runners) >= count)
        return self.runners[count - 1]

    async def auth(self, request: web.Request) -> web.Response:
        if (await request.json()).get("token") != self.token:
            async with self.joined:
                self.refused += 1
                self.joined.notify_all()
            return web.json_response({"message": "Invalid token"}, status=403)
        self.asked.set()
        await self.answers.wait()
        grant = self.granted.format(len(self.grants), len(self.runners))
        self.grants.add(grant)
        return web.json_response({"data": {"token": grant}})

    async def connect(self, request: web.Request) -> web.StreamResponse:
        grant = request.headers["Authorization"].removeprefix("Bearer ")
        if grant not in self.grants:
            return web.Response(status=403)
        self.grants.remove(grant)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        runner = Runner(socket, request.query["id"])
        async with self.joined:
            self.runners.append(runner)
            self.joined.notify_all()
        async for message in socket:
            async with runner.heard:
                runner.frames.append(json.loads(message.data))
                runner.heard.notify_all()
        runner.gone.set()
        return socket


@asynccontextmanager
async def serving(broker: FakeBroker, port: int | None = None) -> AsyncIterator[int]:
    """The broker on a port of the system's choice, or on the one that it had before."""
    app = web.Application()
    app.router.add_post("/runners/auth", broker.auth)
    app.router.add_get("/runners/_ws", broker.connect)
    async with TestServer(app, port=port or 0) as server:
        broker.url = f"http://127.0.0.1:{server.port}"
        yield server.port or 0
        for runner in broker.runners:
            await runner.socket.close()


@pytest.fixture
async def n8n() -> AsyncIterator[FakeBroker]:
    broker = FakeBroker()
    async with serving(broker):
        yield broker


@dataclass
class Dispatch:
    """What the Dispatcher would do; a test scripts it and reads what was asked."""

    lines: list[Line] = field(default_factory=list)
    failure: Exception | None = None
    hold: asyncio.Event | None = None
    requests: list[Request] = field(default_factory=list)
    cancelled: asyncio.Event = field(default_factory=asyncio.Event)
    began: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self, request: Request) -> AsyncIterator[Line]:
        self.requests.append(request)
        self.began.set()
        if self.failure is not None:
            raise self.failure
        for line in self.lines:
            yield line
        if self.hold is not None:
            try:
                await self.hold.wait()
            except asyncio.CancelledError:
                self.cancelled.set()
                raise


@pytest.fixture
def dispatch() -> Dispatch:
    return Dispatch()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


Connect = Callable[..., AbstractAsyncContextManager[Brokers]]


@pytest.fixture
def connect(dispatch: Dispatch, clock: Clock, tmp_path: Path) -> Connect:
    """Brokers of a runner with these addresses."""

    def start(*brokers: FakeBroker, token: str = TOKEN, time: Clock = clock, **more: Any) -> Brokers:
        uris = ", ".join(broker.url for broker in brokers)
        settings = load_settings(state_dir=tmp_path, task_broker_uris=uris, task_broker_token=token, **more)
        return Brokers(dispatch, Files(tmp_path / "files", time), settings, time)

    return start


@pytest.fixture
def task() -> dict[str, Any]:
    """tests/contract/task.json."""
    found: dict[str, Any] = json.loads(
        (Path(__file__).parents[1] / "contract" / "task.json").read_text("utf-8")
    )
    return found
