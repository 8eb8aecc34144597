"""A known client secret, a known runner token and a known prompt travel through everything, failures included, at log
level debug. Afterwards they are looked for in every place where somebody could read them.
"""

import asyncio
import base64
import hashlib
import json
import os
import re
import signal
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest
from aiohttp import web

from threecx_runner.registry import found
from threecx_simulator import PROFILES, Simulator, SystemClock, default_world

SECRET = "canary-secret/+&=9f2a61d0c4b7e835"
WRONG = "canary-wrong-secret-77aa15"
TOKEN = "canary-runner-token-0f4c9d21b7"
WEBHOOK = "6d5cf1b2-3a53-4f0b-9b0e-2f1f1e0c9a11"
ROUTE_POINT = "+4930555001"
WITHIN = 20.0


def spellings(secret: str) -> Iterator[bytes]:
    """As text, in a URL, in JSON, and inside a longer text that was put into base64."""
    yield secret.encode()
    yield quote(secret, safe="").encode()
    yield json.dumps(secret)[1:-1].encode()
    for before in range(3):
        # base64 letters that hang on the neighbours are left out
        yield base64.b64encode(b"x" * before + secret.encode())[4:-4]


def leaks(where: str, content: str | bytes) -> list[str]:
    data = content.encode() if isinstance(content, str) else content
    return [
        f"{where}: {secret}"
        for secret in (SECRET, WRONG, TOKEN)
        if any(spelling in data for spelling in spellings(secret))
    ]


def test_the_search_finds_each_secret_in_each_spelling() -> None:
    login = base64.b64encode(json.dumps({"a": 1, "clientSecret": SECRET}).encode())
    assert leaks("here", b"header " + login)
    assert leaks("here", f"?client_secret={quote(SECRET, safe='')}")
    assert leaks("here", f"Bearer {TOKEN}")
    assert not leaks("here", "nothing")


class Traffic:
    """n8n, its requests to a runner that is a process, and everything that came back."""

    def __init__(self, sim: Simulator, http: aiohttp.ClientSession, address: str, base: str) -> None:
        self.sim, self.http, self.address, self.base = sim, http, address, base
        self.seen: list[tuple[str, str]] = []
        self.received: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.answering = True

    def login(self, secret: str = SECRET, **more: Any) -> str:
        login = {"serverUrl": self.sim.url, "clientId": "8001", "clientSecret": secret} | more
        return base64.b64encode(json.dumps(login).encode()).decode()

    async def ask(
        self, method: str, path: str, *, login: str | None = None, token: str = TOKEN, **more: Any
    ) -> Any:
        headers = {
            "X-3CX-Login": self.login() if login is None else login,
            "Authorization": f"Bearer {token}",
        }
        async with self.http.request(method, self.address + path, headers=headers, **more) as answer:
            text = await answer.text(errors="replace")
            told = f"{answer.status} {dict(answer.headers)} {answer.url} {text}"
            self.seen.append((f"answer to {method} {path}", told))
            return json.loads(text) if answer.content_type == "application/json" else text

    async def operate(self, node: str, name: str, call: str | None, key: str, **parameters: Any) -> str:
        item = {"index": 0, "key": key, "callId": call, "parameters": parameters}
        body = {"protocol": 1, "executionId": "1", "deadlineSeconds": 5, "items": [item]}
        return str(await self.ask("POST", f"/v1/nodes/{node}/{name}", json=body))

    async def subscribe(self, node: str, trigger: str, path: str, **more: Any) -> Any:
        url = f"{self.base}/webhook/{path}/webhook"
        wanted = hashlib.sha256(f"/webhook/{path}/webhook".encode()).hexdigest()[:32]
        body = {"protocol": 1, "node": node, "trigger": trigger, "webhookUrl": url, "webhookId": path}
        login = more.pop("login", None)
        return await self.ask("PUT", f"/v1/subscriptions/{wanted}", json=body | more, login=login)

    async def hear(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.seen.append(("post to n8n", f"{dict(request.headers)} {request.url} {json.dumps(body)}"))
        if not self.answering:
            return web.Response(status=500)
        for event in body["events"] if body["claim"] else ():
            claim = {"subscriptionId": body["subscriptionId"]}
            await self.ask("POST", f"/v1/deliveries/{event['eventId']}/claim", json=claim)
            self.received.put_nowait(event["item"])
        return web.json_response({"accepted": [event["eventId"] for event in body["events"]]})


def _address(log: Path, process: asyncio.subprocess.Process) -> str:
    """Where the runner listens, as soon as it says so."""
    until = time.monotonic() + 60
    while not (told := re.search(r"http://127\.0\.0\.1:\d+", log.read_text())):
        assert process.returncode is None, log.read_text()
        assert time.monotonic() < until, log.read_text()
        time.sleep(0.05)
    return told.group()


@asynccontextmanager
async def runner(state: Path, log: Path) -> AsyncIterator[str]:
    """`threecx-runner serve` at level debug, all that it prints in a file; its address."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("N8N_3CX")}
    with log.open("ab") as out:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-X", "dev", "-c", "from threecx_runner.cli import main; main()", "serve"),
            *("--listen", "127.0.0.1:0", "--state-dir", str(state), "--log-level", "debug"),
            stdout=out,
            stderr=out,
            env=environment | {"N8N_3CX_RUNNER_TOKEN": TOKEN},
        )
    try:
        yield await asyncio.to_thread(_address, log, process)
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await process.wait()


@asynccontextmanager
async def n8n() -> AsyncIterator[tuple[str, list[Traffic]]]:
    """Its address, and a place for whoever hears what is posted to it."""
    app = web.Application()
    hearing: list[Traffic] = []

    async def root(_: web.Request) -> web.Response:
        return web.Response(text="n8n")

    async def hook(request: web.Request) -> web.Response:
        return await hearing[0].hear(request)

    app.router.add_get("/", root)
    app.router.add_post("/webhook/{path}/webhook", hook)
    served = web.AppRunner(app, shutdown_timeout=0.1)
    await served.setup()
    await web.TCPSite(served, "127.0.0.1", 0).start()
    try:
        yield "http://{}:{}".format(*served.addresses[0][:2]), hearing
    finally:
        await served.cleanup()


async def all_that_works(traffic: Traffic) -> None:
    """Every trigger, list and operation with a living caller."""
    await traffic.ask("GET", "/v1/account")
    for name in found().lists:
        await traffic.ask("GET", f"/v1/options/{name}?search=1")
    await traffic.operate("callControl", "makeCall", None, "1:make:0:0", target="101")
    await traffic.subscribe("callReceiver", "incomingCall", WEBHOOK, parameters={"ifWorkflowStops": "leave"})
    await traffic.subscribe("callMonitor", "callEvents", "monitor")
    for number, (node, name) in enumerate(sorted(found().operations)):
        call = traffic.sim.control.call(f"+49301{number:04}", ROUTE_POINT)
        item = await asyncio.wait_for(traffic.received.get(), WITHIN)
        for parameters in ({}, {"target": "101"}, {"nonsense": "1"}):
            key = f"1:{name}:{number}:{len(parameters)}"
            await traffic.operate(node, name, item["callId"], key, **parameters)
        traffic.sim.control.hang_up(call)


async def all_that_fails(traffic: Traffic) -> None:
    """Wrong secrets, wrong tokens, damaged log-ins, a PBX that fails, and one that is not there."""
    for path in ("/v1/account", "/v1/options/extensions"):
        await traffic.ask("GET", path, login=traffic.login(WRONG))
        await traffic.ask("GET", path, login=traffic.login(clientId=""))
        await traffic.ask("GET", path, login=traffic.login(serverUrl="http://127.0.0.1:9"))
        await traffic.ask("GET", path, login=traffic.login(maxCallsPerHour="many", callingHours=SECRET))
        await traffic.ask("GET", path, login="no base64 " + SECRET)
        await traffic.ask("GET", path, token=WRONG)
    await traffic.subscribe("callReceiver", "incomingCall", "other", login=traffic.login(WRONG))
    await traffic.subscribe("callReceiver", "nonsense", "other")
    for status in (401, 403, 404, 429, 500, 503):
        traffic.sim.control.answer_next(status, count=6, html=True)
        await traffic.ask("GET", "/v1/options/extensions")
        await traffic.operate("callControl", "hangupCall", "c_00000000000000ff", f"2:{status}:0:0")
    traffic.sim.control.invalidate_tokens()
    await traffic.sim.control.cut_sockets()
    traffic.answering = False
    traffic.sim.control.call("+4940222", ROUTE_POINT, hangup_after=3)
    await traffic.ask("GET", "/v1/account")
    await traffic.ask("POST", "/v1/nodes/callControl/answerCall", data=f"{{broken {SECRET}")


def kept(state: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(state.rglob("*")):
        if path.is_file():
            yield f"state folder: {path.name}", path.read_bytes()


@pytest.mark.proves("behaviour.secrets-nowhere")
@pytest.mark.parametrize("profile", ["auto", "worst_case"])
async def test_secrets_are_found_nowhere(profile: str, tmp_path: Path) -> None:
    state, log = tmp_path / "state", tmp_path / "log"
    world = default_world(secret=SECRET)
    async with (
        Simulator(profile=PROFILES[profile], world=world, clock=SystemClock(5)) as sim,
        aiohttp.ClientSession() as http,
        n8n() as (base, hearing),
    ):
        async with runner(state, log) as address:
            traffic = Traffic(sim, http, address, base)
            hearing.append(traffic)
            await all_that_works(traffic)
            await all_that_fails(traffic)
            for path in ("/v1/calls", "/v1/events", "/metrics", "/healthz", "/readyz", "/openapi.json"):
                await traffic.ask("GET", path)
            running = list(kept(state))
        places: list[tuple[str, str | bytes]] = [
            *traffic.seen,
            ("log", log.read_text()),
            *running,
            *kept(state),
        ]
        urls = "\n".join(one.path for one in sim.control.requests().asked)
    assert sum("answer to POST /v1/nodes" in where for where, _ in places) > len(found().operations)
    assert '"level": "warning"' in log.read_text()
    assert "journal.sqlite" in " ".join(where for where, _ in places)
    assert [
        leak for where, content in [*places, ("URL at the PBX", urls)] for leak in leaks(where, content)
    ] == []
