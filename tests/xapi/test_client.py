"""The XAPI client against a server that says what a test wants: limits, rights, and answers that are no JSON."""

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from aiohttp import web

from threecx_pbx.clock import ManualClock, settle
from threecx_pbx.errors import (
    BadParameter,
    Forbidden,
    NotA3cx,
    PbxFailed,
    RateLimited,
    RecordUnknown,
    ThreeCxError,
)
from threecx_pbx.transport.answer import Answer
from threecx_pbx.transport.patience import pause
from threecx_pbx.xapi.budget import Budget
from threecx_pbx.xapi.client import Xapi

from .conftest import ROWS, Server, asking, said


async def finished(clock: ManualClock, work: "asyncio.Task[Any]") -> Any:
    """What the work gives; time goes on second by second."""
    async with asyncio.timeout(10):
        while not work.done():
            await clock.advance(1)
            await asyncio.sleep(0.005)
    return work.result()


@pytest.mark.proves("errors.429", "trouble.rate-limit")
async def test_retry_after_is_waited_for_and_the_rows_come(
    server: Server, clock: ManualClock, xapi: Xapi
) -> None:
    server.answers = [said(429, {}, Retry_After="7"), said(200, ROWS)]
    work = asyncio.create_task(xapi.rows("Users", "read the extensions"))

    assert await finished(clock, work) == [{"Id": 1}]
    assert (server.times[1] - server.times[0]).total_seconds() >= 7


def test_a_pause_that_cannot_be_read_is_backed_off_from(clock: ManualClock) -> None:
    rest = pause(Answer(429, b"", {"retry-after": "\u00b2"}), 1, clock.now())

    assert rest is not None
    assert 0 < rest < 2


@pytest.mark.proves("errors.429")
async def test_a_download_waits_as_long_as_the_pbx_wants(
    server: Server, clock: ManualClock, xapi: Xapi
) -> None:
    server.answers = [said(429, {}, Retry_After="7"), lambda: web.Response(body=b"RIFF")]

    async def heard() -> bytes:
        _, chunks = await xapi.download("Recordings/Pbx.DownloadRecording(recId=7)", "download it")
        return b"".join([chunk async for chunk in chunks])

    assert await finished(clock, asyncio.create_task(heard())) == b"RIFF"
    assert (server.times[1] - server.times[0]).total_seconds() >= 7


@pytest.mark.proves("errors.429")
async def test_a_limit_without_retry_after_is_backed_off_from(
    server: Server, clock: ManualClock, xapi: Xapi
) -> None:
    server.answers = [said(429, {}), said(200, ROWS)]
    work = asyncio.create_task(xapi.rows("Users", "read the extensions"))

    assert await finished(clock, work) == [{"Id": 1}]
    assert server.times[1] > server.times[0]


async def test_a_pause_may_be_told_as_a_moment(server: Server, clock: ManualClock, xapi: Xapi) -> None:
    later = clock.now().replace(microsecond=0) + timedelta(seconds=30)
    server.answers = [said(429, {}, Retry_After=format_datetime(later, usegmt=True)), said(200, ROWS)]
    work = asyncio.create_task(xapi.rows("Users", "read the extensions"))

    assert await finished(clock, work) == [{"Id": 1}]
    assert server.times[1] >= later


@pytest.mark.proves("errors.429", "trouble.rate-limit")
async def test_a_pause_of_an_hour_is_told_instead_of_waited_for(server: Server, xapi: Xapi) -> None:
    server.answers = [said(429, {}, Retry_After="3600")]

    with pytest.raises(RateLimited) as error:
        await xapi.rows("Users", "read the extensions")
    assert "3CX" in error.value.message
    assert "asked to read the extensions" in error.value.message
    assert "wait 3600 seconds" in error.value.message
    assert "Run the workflow less often" in error.value.hint
    assert error.value.retryable


@pytest.mark.proves("errors.429", "trouble.rate-limit")
async def test_a_limit_that_stays_is_told_after_four_tries(
    server: Server, clock: ManualClock, xapi: Xapi
) -> None:
    server.answers = [said(429, {})]
    work = asyncio.create_task(xapi.rows("Users", "read the extensions"))

    with pytest.raises(RateLimited, match="asked to read the extensions"):
        await finished(clock, work)
    assert len(server.asked) == 4


@pytest.mark.proves("errors.503")
async def test_a_pbx_that_is_starting_is_asked_again(server: Server, clock: ManualClock, xapi: Xapi) -> None:
    server.answers = [said(503, "starting"), said(503, ""), said(200, ROWS)]
    work = asyncio.create_task(xapi.rows("Users", "read the extensions"))

    assert await finished(clock, work) == [{"Id": 1}]


@pytest.mark.proves("errors.503")
async def test_a_pbx_that_stays_unavailable_is_told_with_its_status(
    server: Server, clock: ManualClock, xapi: Xapi
) -> None:
    server.answers = [said(503, "<html>unavailable</html>")]
    work = asyncio.create_task(xapi.rows("Users", "read the extensions"))

    with pytest.raises(PbxFailed, match=r"HTTP 503.*read the extensions") as error:
        await finished(clock, work)
    assert error.value.hint
    assert error.value.retryable


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


@pytest.mark.parametrize(("select", "count"), [("", 100), ("Id,Language", 100), ("Language", 101)])
async def test_rows_that_are_cut_down_may_be_equal_and_are_kept(
    clock: ManualClock, stack: AsyncExitStack, select: str, count: int
) -> None:
    rows = [{"Language": str(number)} for number in [*range(100), 99]]

    async def answer(request: web.Request) -> web.Response:
        skip = int(request.query["$skip"])
        return web.json_response({"value": rows[skip : skip + 100]})

    reports = await asking(answer, clock, stack)

    assert len(await reports.rows("Users", "read the extensions", select=select)) == count


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


@pytest.mark.proves("behaviour.request-budget")
async def test_reading_keeps_to_its_budget(server: Server, clock: ManualClock, xapi: Xapi) -> None:
    xapi.budget = Budget(clock, per_second=2, burst=1)
    server.answers = [said(200, ROWS)]
    begun = clock.now()
    reading = [asyncio.create_task(xapi.rows("Users", "read the extensions")) for _ in range(5)]

    await finished(clock, asyncio.gather(*reading))  # type: ignore[arg-type]

    assert (server.times[-1] - begun).total_seconds() >= 2


@pytest.mark.proves("behaviour.request-budget")
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
