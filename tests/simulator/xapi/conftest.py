"""A PBX whose clock stands still on a Monday afternoon, with a thousand rows of call log, and a plain HTTP program."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest
from yarl import URL

from threecx_simulator import PROFILES, ManualClock, Simulator, default_world

MONDAY = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
LONG_AGO, FAR_OFF = "2020-01-01T00:00:00Z", "2030-01-01T00:00:00Z"
CALL_LOG = (
    f"ReportCallLogData/Pbx.GetCallLogData(periodFrom={LONG_AGO},periodTo={FAR_OFF},sourceType=0,sourceFilter='',"
    "destinationType=0,destinationFilter='',callsType=0,callTimeFilterType=0,callTimeFilterFrom='0:00:0',"
    "callTimeFilterTo='0:00:0',hidePcalls=true)"
)


class Xapi:
    """A client of the XAPI that is logged in."""

    def __init__(self, sim: Simulator, session: aiohttp.ClientSession) -> None:
        self.sim = sim
        self.session = session
        self.token = ""

    async def log_in(self, client: str) -> None:
        secret = default_world().clients[0].secret
        fields = {"client_id": client, "client_secret": secret, "grant_type": "client_credentials"}
        async with self.session.post(f"{self.sim.url}/connect/token", data=fields) as answer:
            self.token = (await answer.json())["access_token"]

    async def ask(self, method: str, path: str, **more: Any) -> tuple[int, Any]:
        """Status and body, parsed when it is JSON."""
        headers = {"Authorization": f"Bearer {self.token}", **more.pop("headers", {})}
        url: str | URL = f"{self.sim.url}/xapi/v1/{path}"
        async with self.session.request(method, url, headers=headers, **more) as answer:
            body = await answer.read()
            return answer.status, await answer.json() if "json" in answer.content_type and body else body

    async def get(self, path: str, **options: Any) -> Any:
        """The body of a GET that must succeed; `options` are OData's without `$`."""
        status, body = await self.ask(
            "GET", path, params={f"${name}": str(one) for name, one in options.items()}
        )
        assert status == 200, (path, status, body)
        return body

    async def rows(self, path: str, **options: Any) -> list[dict[str, Any]]:
        """The rows of a collection."""
        return list((await self.get(path, **options))["value"])


Start = Callable[..., Any]


@pytest.fixture
async def xapi() -> AsyncIterator[Start]:
    """`await xapi(client="8001", profile="auto", history=1000, seed=0, **options of Profile)` → a client."""
    async with AsyncExitStack() as stack:

        async def begin(
            client: str = "8001",
            profile: str = "auto",
            history: int = 1000,
            seed: int = 0,
            sim: Any = None,
            **options: Any,
        ) -> Xapi:
            chosen = replace(PROFILES[profile], **options)
            clock = ManualClock(MONDAY)
            sim = sim or await stack.enter_async_context(
                Simulator(profile=chosen, clock=clock, history=history, seed=seed)
            )
            session = await stack.enter_async_context(aiohttp.ClientSession())
            made = Xapi(sim, session)
            await made.log_in(client)
            return made

        yield begin
