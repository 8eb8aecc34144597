"""A runner in this process, and what stands around it: calls are claimed as n8n would, operations enter at the Dispatcher."""

import asyncio
import base64
import hashlib
import itertools
import json
import time
import wave
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
from aiohttp import web
from pydantic import SecretStr

from lab.simulator import CLIENT_ID, CLIENT_SECRET, ROUTE_POINT_NUMBER
from threecx_credentials.threecx_call_control_api import Login
from threecx_pbx.clock import SystemClock
from threecx_runner.api.wire import Item, Request
from threecx_runner.serve import Runner, started
from threecx_runner.settings import Listen, Settings

_PATH = "/webhook/bench/webhook"
PAGE = 4096


@dataclass(frozen=True)
class Places:
    """Where the simulator is, and a folder for what the runner keeps."""

    url: str
    control: str
    ca_file: str
    folder: Path


@dataclass
class VoiceRunner:
    """Lives on the loop; made by `voice_runner`."""

    places: Places
    runner: Runner
    http: aiohttp.ClientSession
    came: "asyncio.Queue[str]" = field(default_factory=asyncio.Queue)
    """The calls that were claimed."""
    _keys: "itertools.count[int]" = field(default_factory=itertools.count)

    @property
    def login(self) -> Login:
        """As the credential has it."""
        return Login(server_url=self.places.url, client_id=CLIENT_ID, client_secret=SecretStr(CLIENT_SECRET))

    async def run(self, operation: str, call_id: str, **parameters: Any) -> dict[str, Any]:
        """One operation on one call, as an execution of its own."""
        key = f"{next(self._keys)}:bench:0:0"
        item = Item(index=0, key=key, call_id=call_id, parameters=parameters)
        request = Request(
            protocol=1,
            execution_id=key.partition(":")[0],
            items=[item],
            node="callControl",
            operation=operation,
            login=self.login,
        )
        (line,) = [line async for line in self.runner.services.dispatcher.run(request)]
        return line.model_dump()

    async def ask(self, method: str, path: str, body: Any = None) -> Any:
        """The simulator's control API."""
        async with self.http.request(method, self.places.control + path, json=body) as answer:
            answer.raise_for_status()
            return await answer.json() if answer.content_type == "application/json" else await answer.read()

    async def call(self, number: int) -> tuple[str, str]:
        """A caller who has been answered: the simulator's id and ours."""
        call = await self.place(number)
        return call, await asyncio.wait_for(self.came.get(), 30)

    async def place(self, number: int) -> str:
        """A caller; the simulator's id."""
        order = {"from": f"+4930{200_000 + number}", "to": ROUTE_POINT_NUMBER}
        return str((await self.ask("POST", "/calls", order))["id"])

    async def subscribe(self, base: str) -> None:
        """A Receiver that answers by itself."""
        login = {"serverUrl": self.places.url, "clientId": CLIENT_ID, "clientSecret": CLIENT_SECRET}
        self.http.headers["X-3CX-Login"] = base64.b64encode(json.dumps(login).encode()).decode()
        body = {"protocol": 1, "node": "callReceiver", "trigger": "incomingCall", "webhookUrl": base + _PATH}
        body |= {
            "webhookId": "bench",
            "workflowName": "Bench",
            "parameters": {"idleAudio": "silence", "ifWorkflowStops": "leave"},
        }
        wanted = hashlib.sha256(_PATH.encode()).hexdigest()[:32]
        url = f"{self.runner.api.address}/v1/subscriptions/{wanted}"
        async with self.http.put(url, json=body) as answer:
            answer.raise_for_status()

    async def deliver(self, request: web.Request) -> web.Response:
        """What n8n's webhook does."""
        body = await request.json()
        accepted = []
        for event in body["events"]:
            url = f"{self.runner.api.address}/v1/deliveries/{event['eventId']}/claim"
            async with self.http.post(url, json={"subscriptionId": body["subscriptionId"]}) as answer:
                if (await answer.json())["claimed"]:
                    accepted.append(event["eventId"])
                    self.came.put_nowait(event["item"]["callId"])
        return web.json_response({"accepted": accepted})


@asynccontextmanager
async def voice_runner(places: Places) -> AsyncIterator[VoiceRunner]:
    """Up, with a Receiver that claims every call."""
    async with AsyncExitStack() as stack:
        settings = Settings(
            state_dir=places.folder / "state",
            prompts=places.folder / "prompts",
            listen=Listen(host="127.0.0.1", port=0),
            ca_file=Path(places.ca_file) if places.ca_file else None,
        )
        runner = await started(settings, SystemClock(), stack)
        http = await stack.enter_async_context(aiohttp.ClientSession())
        made = VoiceRunner(places, runner, http)
        await made.subscribe(await _n8n(made, stack))
        yield made


async def _n8n(runner: VoiceRunner, stack: AsyncExitStack) -> str:
    async def root(_: web.Request) -> web.Response:
        return web.Response(text="n8n")

    app = web.Application()
    app.router.add_get("/", root)
    app.router.add_post(_PATH, runner.deliver)
    server = web.AppRunner(app, access_log=None)
    await server.setup()
    stack.push_async_callback(server.cleanup)
    await web.TCPSite(server, "127.0.0.1", 0).start()
    return f"http://127.0.0.1:{server.addresses[0][1]}"


def write_tone(folder: Path, name: str, hertz: float, seconds: float) -> None:
    """A prompt of the bench."""
    folder.mkdir(parents=True, exist_ok=True)
    sound = 0.3 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * 8000)) / 8000)
    with wave.open(str(folder / f"{name}.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes((sound * 32767).astype("<i2").tobytes())


def resident() -> int:
    """Bytes of this process that are in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE


async def lateness(seconds: float) -> list[float]:
    """How late the loop was, in ms, each time it should have woken after 20 ms: as late is the clock of the calls' sound."""
    late: list[float] = []
    end = time.monotonic() + seconds
    while (began := time.monotonic()) < end:
        await asyncio.sleep(0.02)
        late.append(max(0.0, time.monotonic() - began - 0.02) * 1000)
    return late
