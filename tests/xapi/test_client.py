"""The XAPI client against a server that says what a test wants: limits, rights, and answers that are no JSON."""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from datetime import datetime
from typing import Any

import pytest
from aiohttp import web
from pydantic import SecretStr

from threecx_pbx.account import Account
from threecx_pbx.auth import Tokens
from threecx_pbx.clock import ManualClock, settle
from threecx_pbx.errors import BadParameter, Forbidden, NotA3cx, RateLimited, RecordUnknown, ThreeCxError
from threecx_pbx.transport.blocking import Blocking
from threecx_pbx.xapi.budget import Budget
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

    async def token(self, _: web.Request) -> web.Response:
        return web.json_response({"access_token": f"token{len(self.tokens)}", "expires_in": 3600})

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
    app = web.Application()
    app.router.add_post("/connect/token", server.token)
    app.router.add_route("*", "/xapi/v1/{path:.*}", server.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    executor = stack.enter_context(ThreadPoolExecutor(2))
    account = Account(f"http://127.0.0.1:{port}", "8001", SecretStr("secret"))
    wire = Blocking(account, executor)
    stack.push_async_callback(wire.close)
    return Xapi(wire, Tokens(account, wire, clock), clock)


async def finished(clock: ManualClock, work: "asyncio.Task[Any]") -> Any:
    """What the work gives; time goes on second by second."""
    async with asyncio.timeout(10):
        while not work.done():
            await clock.advance(1)
            await asyncio.sleep(0.005)
    return work.result()


async def test_retry_after_is_waited_for_and_the_rows_come(
    server: Server, clock: ManualClock, xapi: Xapi
) -> None:
    server.answers = [said(429, {}, Retry_After="7"), said(200, ROWS)]
    work = asyncio.create_task(xapi.rows("Users", "read the extensions"))

    assert await finished(clock, work) == [{"Id": 1}]
    assert (server.times[1] - server.times[0]).total_seconds() >= 7


async def test_a_limit_without_retry_after_is_backed_off_from(
    server: Server, clock: ManualClock, xapi: Xapi
) -> None:
    server.answers = [said(429, {}), said(200, ROWS)]
    work = asyncio.create_task(xapi.rows("Users", "read the extensions"))

    assert await finished(clock, work) == [{"Id": 1}]
    assert server.times[1] > server.times[0]


async def test_a_pause_of_an_hour_is_told_instead_of_waited_for(server: Server, xapi: Xapi) -> None:
    server.answers = [said(429, {}, Retry_After="3600")]

    with pytest.raises(RateLimited, match="wait 3600 seconds"):
        await xapi.rows("Users", "read the extensions")


async def test_a_change_is_sent_once_even_when_the_pbx_is_busy(server: Server, xapi: Xapi) -> None:
    server.answers = [said(503, {})]

    with pytest.raises(ThreeCxError):
        await xapi.send("POST", "Contacts", "create a contact", {})
    assert server.asked == ["POST /xapi/v1/Contacts"]


async def test_a_superseded_token_is_replaced_once(server: Server, xapi: Xapi) -> None:
    server.answers = [said(401, {}), said(200, ROWS)]

    assert await xapi.rows("Users", "read the extensions") == [{"Id": 1}]
    assert len(set(server.tokens)) == 2


@pytest.mark.parametrize(
    ("path", "role"),
    [
        ("Users", "System Admin"),
        ("ReportCallLogData/Pbx.Get()", "System Owner"),
        ("Recordings", "System Owner"),
    ],
)
async def test_a_right_that_is_missing_is_named_by_its_role(
    server: Server, xapi: Xapi, path: str, role: str
) -> None:
    server.answers = [said(403, {})]

    with pytest.raises(Forbidden, match=f"the role {role} is needed"):
        await xapi.rows(path, "read this")


@pytest.mark.parametrize("body", ["<html><body>Login</body></html>", "", "[1, 2]", '{"value": "text"}'])
async def test_what_is_no_list_in_json_is_called_so(server: Server, xapi: Xapi, body: str) -> None:
    server.answers = [said(200, body)]

    with pytest.raises(NotA3cx):
        await xapi.rows("Users", "read the extensions")


async def test_the_pbx_own_words_stand_in_the_error(server: Server, xapi: Xapi) -> None:
    server.answers = [said(400, {"error": {"message": "Number:\nWARNINGS.XAPI.ALREADY_IN_USE"}})]

    with pytest.raises(BadParameter, match=r"Number: WARNINGS\.XAPI\.ALREADY_IN_USE"):
        await xapi.send("POST", "Users", "create a user", {})


async def test_a_record_that_is_not_there_is_not_a_missing_licence(server: Server, xapi: Xapi) -> None:
    server.answers = [said(404, "")]

    with pytest.raises(RecordUnknown):
        await xapi.one("Users(7)", "read an extension")


async def test_the_budget_spreads_what_exceeds_the_burst(clock: ManualClock) -> None:
    budget = Budget(clock, per_second=2, burst=1)
    await budget.take()
    second = asyncio.create_task(budget.take())
    await settle()
    assert not second.done()

    await clock.advance(0.5)

    assert second.done()


async def test_without_a_budget_nothing_waits(clock: ManualClock) -> None:
    budget = Budget(clock, per_second=0)
    for _ in range(1000):
        await budget.take()
