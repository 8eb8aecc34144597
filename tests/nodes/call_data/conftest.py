"""A runner in this process and a simulated company on a Monday afternoon: operations are asked over the runner's HTTP API."""

import base64
import itertools
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.care.conftest import closed, n8n, office
from tests.readings import readings
from threecx_pbx.clock import SystemClock
from threecx_runner.serve import Runner, started
from threecx_runner.settings import Listen, Settings
from threecx_simulator import ManualClock, Profile, Simulator

__all__ = ["closed", "n8n", "office"]

MONDAY = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
ALL_TIME = {"timeRange": "custom", "startDate": "2020-01-01", "endDate": "2027-01-01"}
Item = dict[str, Any]


class LaterClock(SystemClock):
    """Real seconds, on another day."""

    def __init__(self, began: datetime) -> None:
        super().__init__()
        self._began = began


class Data:
    """Call Data as n8n asks it."""

    def __init__(self, sim: Simulator, runner: Runner, http: aiohttp.ClientSession) -> None:
        self.sim = sim
        self.runner = runner
        self.http = http
        self.login: dict[str, Any] = {
            "serverUrl": sim.url,
            "clientId": "8001",
            "clientSecret": "simulator-secret",
        }
        self._keys = itertools.count()

    @property
    def headers(self) -> dict[str, str]:
        return {"X-3CX-Login": base64.b64encode(json.dumps(self.login).encode()).decode()}

    async def lines(self, operation: str, *, tool: bool = False, **parameters: Any) -> list[Item]:
        """All lines for one item, without the end line."""
        item = {"index": 0, "key": f"7:node:{next(self._keys)}:0", "callId": None, "parameters": parameters}
        body = {"protocol": 1, "executionId": "7", "stopOnError": False, "tool": tool, "items": [item]}
        url = f"{self.runner.api.address}/v1/nodes/callData/{operation}"
        async with self.http.post(url, json=body, headers=self.headers) as answer:
            lines = [json.loads(line) for line in (await answer.text()).splitlines()]
        assert answer.status == 200, lines
        assert lines.pop() == {"end": True}
        return lines

    async def run(self, operation: str, **parameters: Any) -> list[Item]:
        """The items that an operation gives; it must not fail."""
        lines = await self.lines(operation, **parameters)
        assert not any("error" in line for line in lines), lines
        return [line["item"] for line in lines]

    async def error(self, operation: str, *, tool: bool = False, **parameters: Any) -> Item:
        """What an operation fails with."""
        lines = await self.lines(operation, tool=tool, **parameters)
        assert "error" in lines[-1], lines
        return dict(lines[-1]["error"])

    async def file(self, id_: str) -> bytes:
        """What n8n downloads for a binary field."""
        url = f"{self.runner.api.address}/v1/files/{id_}"
        async with self.http.get(url, headers=self.headers) as answer:
            assert answer.status == 200
            return await answer.read()

    async def account(self) -> Item:
        """What the credential's Test button asks."""
        async with self.http.get(f"{self.runner.api.address}/v1/account", headers=self.headers) as answer:
            assert answer.status == 200
            return dict(await answer.json())

    async def options(self, name: str, search: str = "") -> list[Item]:
        """A dropdown."""
        url = f"{self.runner.api.address}/v1/options/{name}"
        async with self.http.get(url, params={"search": search}, headers=self.headers) as answer:
            body = await answer.json()
            assert answer.status == 200, body
            return list(body["results"])


@pytest.fixture(params=readings(route_point_answer="auto"))
def profile(request: pytest.FixtureRequest) -> Profile:
    """Every reading; how a route point answers does not matter to data."""
    reading: Profile = request.param
    return reading


@pytest.fixture
def pbx_options() -> dict[str, Any]:
    """Options of the simulator's profile that a test wants otherwise."""
    return {}


@pytest.fixture
async def data(profile: Profile, pbx_options: dict[str, Any], tmp_path: Path) -> AsyncIterator[Data]:
    """A thousand rows of call log, ending on a Monday at 15:00 UTC; the PBX stands in Berlin."""
    async with AsyncExitStack() as stack:
        chosen = replace(profile, **pbx_options)
        clock = ManualClock(MONDAY)
        sim = await stack.enter_async_context(Simulator(profile=chosen, clock=clock, history=1000))
        settings = Settings(state_dir=tmp_path, listen=Listen(host="127.0.0.1", port=0))
        runner = await started(settings, LaterClock(MONDAY), stack)
        http = await stack.enter_async_context(aiohttp.ClientSession())
        yield Data(sim, runner, http)
