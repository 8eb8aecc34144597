"""A runner at a simulated PBX and a stand-in for n8n that behaves as well or badly as a test wants.

The PBX lives five times as fast as the wall. The runner keeps the wall's time until a test lets it hurry: so
nothing is late on a busy machine, and the rules of 3 and 30 seconds can be waited for.
"""

import asyncio
import base64
import hashlib
import itertools
import json
import time
import wave
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
import pytest
from aiohttp import web

from threecx_runner.serve import Runner, started
from threecx_runner.settings import load_settings
from threecx_simulator import Profile, Simulator
from threecx_simulator import SystemClock as PbxClock

CALLER = "+4930123456"
ROUTE_POINT = "+4930555001"
SPEED = 5.0
WITHIN = 15.0
T = TypeVar("T")


class Pace:
    """A clock whose seconds may be made shorter while others sleep on it."""

    def __init__(self) -> None:
        self._began = datetime.now(UTC)
        self._zero = time.monotonic()
        self._scale = 1.0

    def now(self) -> datetime:
        return self._began + timedelta(seconds=(time.monotonic() - self._zero) * self._scale)

    def hurry(self, scale: float) -> None:
        self._began, self._zero, self._scale = self.now(), time.monotonic(), scale

    async def sleep(self, seconds: float) -> None:
        due = self.now() + timedelta(seconds=seconds)
        while (left := (due - self.now()).total_seconds()) > 0:  # noqa: ASYNC110 - the pace may change meanwhile
            await asyncio.sleep(min(left / self._scale, 0.02))


Answer = Callable[["N8n", dict[str, Any]], Awaitable[web.Response]]


async def claims(n8n: "N8n", body: dict[str, Any]) -> web.Response:
    """As our webhook() does: claim first, then start the execution and echo."""
    accepted = []
    for event in body["events"]:
        if not body["claim"] or (await n8n.claim(event["eventId"], body["subscriptionId"]))["claimed"]:
            accepted.append(event["eventId"])
            n8n.executions.append(event["item"])
    return web.json_response({"accepted": accepted})


async def starting(_: "N8n", __: dict[str, Any]) -> web.Response:
    """n8n while it starts answers 200 to anything."""
    return web.Response(text="n8n is starting up. Please wait", content_type="text/html")


async def unknown(_: "N8n", __: dict[str, Any]) -> web.Response:
    """n8n just after an activation."""
    return web.json_response({"code": 404, "message": "not registered"}, status=404)


async def echoes_only(_: "N8n", body: dict[str, Any]) -> web.Response:
    """Says that it has taken the call, and claims nothing."""
    return web.json_response({"accepted": [event["eventId"] for event in body["events"]]})


class N8n:
    """n8n's web server, and the executions that its triggers started."""

    def __init__(self) -> None:
        self.office: Office
        self.base = ""
        self.posts: list[dict[str, Any]] = []
        self.executions: list[dict[str, Any]] = []
        self.claims: list[dict[str, Any]] = []
        self.answer: Answer = claims
        self._heard = asyncio.Event()

    async def until(self, look: Callable[[], T], what: str) -> T:
        """What `look` gives as soon as it gives something; asked again whenever something reached n8n."""
        try:
            async with asyncio.timeout(WITHIN):
                while not (found := look()):
                    self._heard.clear()
                    await self._heard.wait()
        except TimeoutError:
            pytest.fail(f"{what} did not happen")
        return found

    def posts_to(self, path: str) -> list[dict[str, Any]]:
        return [post for post in self.posts if post["path"] == path]

    async def hear(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.posts.append(body | {"path": request.match_info["path"]})
        self._heard.set()
        answer = await self.answer(self, body)
        self._heard.set()
        return answer

    async def claim(self, event: str, subscription: str) -> dict[str, Any]:
        await self.office.address_known.wait()
        _, body = await self.office.ask(
            "POST", f"/v1/deliveries/{event}/claim", json={"subscriptionId": subscription}
        )
        self.claims.append(body)
        return dict(body)

    async def execution(self, number: int = 1) -> dict[str, Any]:
        """The item that the execution of this number began with."""
        await self.until(lambda: len(self.executions) >= number, f"execution {number}")
        return self.executions[number - 1]


class Office:
    """All of it."""

    def __init__(self, sim: Simulator, n8n: N8n, http: aiohttp.ClientSession, state: Path) -> None:
        self.sim = sim
        self.n8n = n8n
        self.http = http
        self.state = state
        self.runner: Runner
        self.secret = "simulator-secret"
        self.client = "8001"
        self.credential: dict[str, Any] = {}
        self.settings: dict[str, Any] = {}
        self.clock = Pace()
        self.address_known = asyncio.Event()
        """A runner that starts anew gets another port, and offers callers before `begin` has returned."""
        self._stack: AsyncExitStack | None = None
        self._keys = itertools.count()

    # the runner

    async def begin(self) -> None:
        self._stack = AsyncExitStack()
        settings = load_settings(state_dir=self.state, listen="127.0.0.1:0", **self.settings)
        self.runner = await started(settings, self.clock, self._stack)
        self.address_known.set()

    async def stop(self) -> None:
        if self._stack is not None:
            self.address_known.clear()
            stack, self._stack = self._stack, None
            await stack.aclose()

    def hurry(self, scale: float = 10.0) -> None:
        """The runner's seconds pass so much faster from now on."""
        self.clock.hurry(scale)

    async def restart(self) -> None:
        await self.stop()
        await self.begin()

    # what n8n asks of it

    @property
    def headers(self) -> dict[str, str]:
        login = {"serverUrl": self.sim.url, "clientId": self.client, "clientSecret": self.secret}
        packed = base64.b64encode(json.dumps(login | self.credential).encode()).decode()
        return {"X-3CX-Login": packed}

    async def ask(self, method: str, path: str, **more: Any) -> tuple[int, Any]:
        url = self.runner.api.address + path
        async with self.http.request(method, url, headers=self.headers, **more) as answer:
            text = await answer.text()
            return answer.status, json.loads(text) if answer.content_type == "application/json" else text

    async def run(
        self, operation: str, call: str | None, *, key: str = "", **parameters: Any
    ) -> dict[str, Any]:
        """The one line of an operation on one item, which is done once for each key."""
        key = key or f"1:node:0:{next(self._keys)}"
        item = {"index": 0, "key": key, "callId": call, "parameters": parameters}
        body = {"protocol": 1, "executionId": "1", "items": [item]}
        status, text = await self.ask("POST", f"/v1/nodes/callControl/{operation}", json=body)
        assert status == 200, text
        return dict(json.loads(text.splitlines()[0]))

    def url_of(self, path: str, *, test: bool = False) -> str:
        return f"{self.n8n.base}/{'webhook-test' if test else 'webhook'}/{path}/webhook"

    def id_of(self, path: str, *, test: bool = False) -> str:
        url = self.url_of(path, test=test).removeprefix(self.n8n.base)
        return hashlib.sha256(url.encode()).hexdigest()[:32]

    async def subscribe(
        self, path: str = "one", *, node: str = "callReceiver", test: bool = False, **parameters: Any
    ) -> tuple[int, Any]:
        body = {
            "protocol": 1,
            "node": node,
            "trigger": "incomingCall" if node == "callReceiver" else "callEvents",
            "webhookUrl": self.url_of(path, test=test),
            "webhookId": path,
            "workflowId": f"wf-{path}",
            "workflowName": f"Workflow {path}",
            "nodeName": "Trigger",
            "test": test,
            "parameters": parameters,
        }
        return await self.ask("PUT", f"/v1/subscriptions/{self.id_of(path, test=test)}", json=body)

    async def receive(self, path: str = "one", **parameters: Any) -> None:
        """An active Receiver, silent between operations."""
        status, body = await self.subscribe(path, **{"idleAudio": "silence"} | parameters)
        assert status == 200, body

    async def unsubscribe(self, path: str = "one", *, test: bool = False) -> None:
        status, _ = await self.ask("DELETE", f"/v1/subscriptions/{self.id_of(path, test=test)}")
        assert status == 204

    async def watch(self) -> None:
        """The runner is at the PBX, though no workflow wants calls."""
        status, body = await self.ask("GET", "/v1/account")
        assert (status, body["problem"]) == (200, None), body

    async def events(self) -> list[dict[str, Any]]:
        """All events that were told, from the runner's own list."""
        token = (self.state / "token").read_text().strip()
        url = f"{self.runner.api.address}/v1/events?most=1000"
        async with self.http.get(url, headers={"Authorization": f"Bearer {token}"}) as answer:
            assert answer.status == 200, await answer.text()
            return list((await answer.json())["events"])

    # the world

    def call(self, caller: str = CALLER, **more: Any) -> str:
        return self.sim.control.call(caller, ROUTE_POINT, **more)

    async def reached(self, call: str, what: str) -> None:
        await self.sim.control.reached(call, what, within=WITHIN)

    def state_of(self, call: str) -> str:
        return str(self.sim.control.report(call).state)


def _quick_prompts(folder: Path) -> Path:
    """Prompts of a fifth of a second instead of the shipped ones."""
    (folder / "en").mkdir(parents=True)
    for name in ("fallback", "apology"):
        with wave.open(str(folder / "en" / f"{name}.wav"), "wb") as made:
            made.setnchannels(1)
            made.setsampwidth(2)
            made.setframerate(8000)
            made.writeframes(b"\x00\x10" * 1600)
    return folder


@pytest.fixture
async def n8n() -> AsyncIterator[N8n]:
    made = N8n()
    app = web.Application()
    app.router.add_get("/", _page)
    app.router.add_post("/webhook/{path}/webhook", made.hear)
    app.router.add_post("/webhook-test/{path}/webhook", made.hear)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.base = "http://{}:{}".format(*runner.addresses[0][:2])
    yield made
    await runner.cleanup()


async def _page(_: web.Request) -> web.Response:
    return web.Response(text="n8n")


@pytest.fixture
async def closed(profile: Profile, n8n: N8n, tmp_path: Path) -> AsyncIterator[Office]:
    """Everything but the runner, which a test starts with the settings that it wants."""
    async with (
        Simulator(profile=profile, clock=PbxClock(SPEED)) as sim,
        aiohttp.ClientSession() as http,
    ):
        for agent in ("101", "102"):
            sim.control.behave(agent, answers_after=0.5)
        made = Office(sim, n8n, http, tmp_path / "state")
        made.settings = {"prompts": _quick_prompts(tmp_path / "prompts")}
        n8n.office = made
        try:
            yield made
        finally:
            await made.stop()


@pytest.fixture
async def office(closed: Office) -> Office:
    """A runner whose callers go to 102 when nobody is home."""
    closed.settings["fallback_destination"] = "102"
    await closed.begin()
    return closed
