"""A server in place of the PBX that says what a test wants, and the XAPI client that asks it."""

import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from datetime import datetime
from typing import Any

import pytest
from aiohttp import web
from pydantic import SecretStr

from threecx_pbx.account import Account
from threecx_pbx.auth import Tokens
from threecx_pbx.clock import Clock, ManualClock
from threecx_pbx.transport.blocking import Blocking
from threecx_pbx.xapi.client import Xapi

ROWS = {"value": [{"Id": 1}]}


class Server:
    """Answers each XAPI request with the next of `answers`, the last one again and again."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        self.times: list[datetime] = []
        self.answers: list[Callable[[], web.Response]] = []
        self.asked: list[str] = []
        self.tokens: list[str] = []

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(f"{request.method} {request.path_qs}")
        self.times.append(self._clock.now())
        self.tokens.append(request.headers.get("Authorization", ""))
        return (self.answers.pop(0) if len(self.answers) > 1 else self.answers[0])()


def said(status: int, body: Any = None, **headers: str) -> Callable[[], web.Response]:
    named = {key.replace("_", "-"): value for key, value in headers.items()}
    if isinstance(body, str):
        return lambda: web.Response(status=status, text=body, headers=named, content_type="text/html")
    return lambda: web.json_response(body, status=status, headers=named)


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as made:
        yield made


@pytest.fixture
def server(clock: ManualClock) -> Server:
    return Server(clock)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def xapi(server: Server, clock: ManualClock, stack: AsyncExitStack) -> Xapi:
    return await asking(server.answer, clock, stack)


async def asking(
    answer: Callable[[web.Request], Awaitable[web.StreamResponse]], clock: Clock, stack: AsyncExitStack
) -> Xapi:
    """A client whose PBX answers with this function."""

    async def token(_: web.Request) -> web.Response:
        return web.json_response({"access_token": f"token{next(count)}", "expires_in": 3600})

    count = itertools.count()
    app = web.Application()
    app.router.add_post("/connect/token", token)
    app.router.add_route("*", "/xapi/v1/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    executor = ThreadPoolExecutor(4)
    stack.callback(
        executor.shutdown, wait=False
    )  # a request that nobody waits for is answered by this very loop
    account = Account(f"http://127.0.0.1:{port}", "8001", SecretStr("secret"))
    wire = Blocking(account, executor)
    stack.push_async_callback(wire.close)
    return Xapi(wire, Tokens(account, wire, clock), clock)
