"""A runner in this process, the simulator, and a workflow that claims its calls: what an operation sees in real life."""

import asyncio
import base64
import hashlib
import io
import itertools
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
import av
import numpy as np
import pytest
from aiohttp import web

from tests.waiting import eventually
from threecx_pbx.clock import SystemClock
from threecx_runner.serve import Runner, started
from threecx_runner.settings import Listen, Settings
from threecx_simulator import Profile, Simulator

CALLER = "+4930123456"
ROUTE_POINT = "+4930555001"
WEBHOOK = "6d5cf1b2-3a53-4f0b-9b0e-2f1f1e0c9a11"
WITHIN = 20.0
SHIPPED = Path(__file__).parents[3] / "src/threecx_runner/prompts"
Samples = np.ndarray[Any, np.dtype[np.float64]]
T = TypeVar("T")


def samples(wav: Path | bytes) -> Samples:
    """A sound file as a telephone has it: 8 kHz, mono; decoded here, and not by the runner."""
    with av.open(io.BytesIO(wav) if isinstance(wav, bytes) else str(wav), mode="r") as source:
        resampler = av.AudioResampler(format="s16", layout="mono", rate=8000)
        frames = [part for frame in [*source.decode(audio=0), None] for part in resampler.resample(frame)]
    return np.concatenate([frame.to_ndarray()[0] for frame in frames]).astype(np.float64)


def likeness(heard: bytes, expected: Samples) -> float:
    """How well the sound is found in what was heard, second by second, each at its best place; 1 is all of it, unchanged.

    Another text of the same voice stays below 0.6. A hiccup of a busy machine costs the second that it is in, no more.
    """
    have = np.frombuffer(heard, "<i2").astype(np.float64)
    seconds = [part for part in np.array_split(expected, max(1, len(expected) // 8000)) if part.any()]
    if len(have) < max(map(len, seconds)):
        return 0.0
    size = 1 << (len(have) + 16_000).bit_length()
    spectrum = np.fft.rfft(have, size)
    power = np.concatenate(([0.0], np.cumsum(have**2)))
    return float(np.mean([_best(spectrum, power, part, size) for part in seconds]))


def _best(spectrum: Any, power: Samples, part: Samples, size: int) -> float:
    """The highest normalised cross-correlation; near silence does not count."""
    product = np.fft.irfft(spectrum * np.conj(np.fft.rfft(part, size)), size)[: len(power) - len(part)]
    energy = power[len(part) :] - power[: -len(part)]
    own = float(np.sum(part**2))
    return float((product / np.sqrt(np.maximum(energy, 0.01 * own) * own)).max())


class Workflow:
    """Claims the calls that its Receiver gets, and runs operations on them through the runner's HTTP API."""

    def __init__(self, sim: Simulator, runner: Runner, http: aiohttp.ClientSession, state: Path) -> None:
        self.sim = sim
        self.state = state
        self.runner = runner
        self.http = http
        self.received: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.away = False
        """Whether n8n has stopped."""
        self._keys = itertools.count()
        self.headers: dict[str, str] = {}
        self.login()

    def login(self, **more: Any) -> None:
        """The credential of the operations from now on."""
        login = {"serverUrl": self.sim.url, "clientId": "8001", "clientSecret": "simulator-secret", **more}
        self.headers = {"X-3CX-Login": base64.b64encode(json.dumps(login).encode()).decode()}

    def envelope(self, call_id: str | None, *items: dict[str, Any]) -> dict[str, Any]:
        listed = [
            {
                "index": index,
                "key": f"7:node:{next(self._keys)}:{index}",
                "callId": call_id,
                "parameters": one,
            }
            for index, one in enumerate(items)
        ]
        return {"protocol": 1, "executionId": "7", "stopOnError": False, "items": listed}

    async def run(self, operation: str, call_id: str | None, **parameters: Any) -> dict[str, Any]:
        """The one line that an operation gives for one item: item and output, or error."""
        url = f"{self.runner.api.address}/v1/nodes/callControl/{operation}"
        body = self.envelope(call_id, parameters)
        async with self.http.post(url, json=body, headers=self.headers) as answer:
            lines = [json.loads(line) for line in (await answer.text()).splitlines()]
        assert answer.status == 200, lines
        assert lines[-1] == {"end": True}
        assert len(lines) == 2, lines
        return dict(lines[0])

    async def upload(self, content: bytes, name: str) -> dict[str, str]:
        """What the shim makes of a binary field."""
        headers = self.headers | {"X-File-Name": base64.b64encode(name.encode()).decode()}
        url = f"{self.runner.api.address}/v1/files"
        async with self.http.put(url, data=content, headers=headers) as answer:
            return {"mode": "binary", "value": (await answer.json())["id"]}

    async def subscribe(self, base: str, **parameters: Any) -> None:
        """The Receiver of an active workflow."""
        path = f"/webhook/{WEBHOOK}/webhook"
        wanted = hashlib.sha256(path.encode()).hexdigest()[:32]
        body = {
            "protocol": 1,
            "node": "callReceiver",
            "trigger": "incomingCall",
            "webhookUrl": base + path,
            "webhookId": WEBHOOK,
            "workflowName": "Test",
            "parameters": parameters,
        }
        url = f"{self.runner.api.address}/v1/subscriptions/{wanted}"
        async with self.http.put(url, json=body, headers=self.headers) as answer:
            assert answer.status == 200, await answer.text()

    async def hear(self, request: web.Request) -> web.Response:
        """n8n's webhook: claims each event and starts its execution."""
        if self.away:
            return web.Response(status=503)
        body = await request.json()
        accepted = []
        for event in body["events"]:
            url = f"{self.runner.api.address}/v1/deliveries/{event['eventId']}/claim"
            claim = {"subscriptionId": body["subscriptionId"]}
            async with self.http.post(url, json=claim, headers=self.headers) as answer:
                if (await answer.json())["claimed"]:
                    accepted.append(event["eventId"])
                    self.received.put_nowait(event["item"])
        return web.json_response({"accepted": accepted})

    async def events(self) -> list[dict[str, Any]]:
        """What the runner tells, eldest first."""
        token = {"Authorization": f"Bearer {(self.state / 'token').read_text().strip()}"}
        url = f"{self.runner.api.address}/v1/events?limit=1000"
        async with self.http.get(url, headers=token) as answer:
            return list((await answer.json())["events"])

    async def gone(self, call_id: str) -> None:
        """The runner knows that the caller has hung up."""

        def over() -> bool:
            calls = [call for _, call in self.runner.sessions.calls() if call.id == call_id]
            return all(not call.legs for call in calls)

        await eventually(over)

    async def call(self, caller: str = CALLER, *, answered: bool = True, **more: Any) -> "PhoneCall":
        """A caller reaches the route point, the workflow claims the call and answers it."""
        report = self.sim.control.call(caller, ROUTE_POINT, **more)
        item = await asyncio.wait_for(self.received.get(), WITHIN)
        if answered:
            line = await self.run("answerCall", item["callId"])
            assert "error" not in line, line
        return PhoneCall(self, report, item["callId"])


class PhoneCall:
    """One call: the caller's end at the simulator, and its callId."""

    def __init__(self, workflow: Workflow, report: str, call_id: str) -> None:
        self.workflow = workflow
        self.report = report
        self.id = call_id

    async def run(self, operation: str, **parameters: Any) -> dict[str, Any]:
        return await self.workflow.run(operation, self.id, **parameters)

    def press(self, keys: str) -> None:
        self.workflow.sim.control.press(self.report, keys)

    def hang_up(self) -> None:
        self.workflow.sim.control.hang_up(self.report)

    async def told(self) -> list[dict[str, Any]]:
        """All events of the call, which ends here."""
        self.hang_up()
        async with asyncio.timeout(WITHIN):
            while True:
                told = [event for event in await self.workflow.events() if event["callId"] == self.id]
                if any(event["type"] == "call_ended" for event in told):
                    return told
                await asyncio.sleep(0.05)

    @property
    def heard(self) -> bytes:
        """What the caller has heard so far."""
        return self.workflow.sim.control.heard_pcm(self.report)

    async def hears(self, sound: Samples) -> None:
        """Returns as soon as the caller has heard it: a proxy may hold the last of it back a little longer.

        Compared in a thread, so that the sound that is being played does not stop for it.
        """
        async with asyncio.timeout(WITHIN):
            while await asyncio.to_thread(likeness, self.heard, sound) <= 0.85:  # noqa: ASYNC110 - sound takes its time
                await asyncio.sleep(0.25)

    async def heard_sound(self) -> None:
        """Returns as soon as something is heard."""
        await eventually(lambda: np.abs(np.frombuffer(self.heard, "<i2")).max(initial=0) > 500)

    async def reached(self, what: str) -> None:
        await self.workflow.sim.control.reached(self.report, what, within=WITHIN)


@pytest.fixture
def receiver() -> dict[str, Any]:
    """Parameters of the workflow's Receiver."""
    return {}


@pytest.fixture
def environment() -> dict[str, str]:
    """The runner's own variables."""
    return {}


@pytest.fixture
async def workflow(
    profile: Profile,
    receiver: dict[str, Any],
    environment: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Workflow]:
    """Simulator, runner, and a workflow whose Receiver is active. Nobody at 101 and 102 waits long."""
    async with AsyncExitStack() as stack:
        sim = await stack.enter_async_context(Simulator(profile=profile))
        for agent in ("101", "102"):
            sim.control.behave(agent, answers_after=0.2)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        settings = Settings(state_dir=tmp_path, listen=Listen(host="127.0.0.1", port=0))
        runner = await started(settings, SystemClock(), stack)
        http = await stack.enter_async_context(aiohttp.ClientSession())
        made = Workflow(sim, runner, http, tmp_path)
        usual = {"autoAnswer": False, "idleAudio": "silence"}
        await made.subscribe(await _n8n(made, stack), **(usual | receiver))
        yield made


async def _n8n(workflow: Workflow, stack: AsyncExitStack) -> str:
    """The address of a web server that stands where n8n does."""

    async def root(_: web.Request) -> web.Response:
        return web.Response(text="n8n")

    app = web.Application()
    app.router.add_get("/", root)
    app.router.add_post("/webhook/{id}/webhook", workflow.hear)
    runner = web.AppRunner(app)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    return f"http://{host}:{port}"
