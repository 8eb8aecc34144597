"""Rows of the call log become calls, however they come."""

from typing import Any

import pytest
from aiohttp import web

from tests.xapi.conftest import ROWS, Server, asking, clock, said, server, stack, xapi
from threecx_pbx.clock import ManualClock
from threecx_pbx.errors import NotA3cx, PbxFailed, RateLimited
from threecx_pbx.reports.call_log import LoggedCall, calls
from threecx_pbx.reports.periods import custom_range, zone_named

__all__ = ["ROWS", "clock", "server", "stack", "xapi"]

BERLIN = zone_named("Europe/Berlin")
PERIOD = custom_range("2026-03-02", "2026-03-02", ManualClock().now(), BERLIN)


def row(call: int, segment: int = 1, **more: Any) -> dict[str, Any]:
    """As 3CX tells it: what is null or zero is missing (api.md 7.1)."""
    return {
        "CdrId": f"cdr-{call}-{segment}",
        "MainCallHistoryId": f"call-{call}",
        "SegmentId": segment,
        "StartTime": f"2026-03-02T10:00:{segment:02}Z",
        **more,
    }


class Log:
    """A call log behind `$skip` and `$top`; `grows` rows come on top after each page."""

    def __init__(self, rows: list[dict[str, Any]], grows: int = 0) -> None:
        self.rows = rows
        self.grows = grows
        self.ill: dict[int, web.Response] = {}

    async def answer(self, request: web.Request) -> web.StreamResponse:
        skip, top = int(request.query["$skip"]), int(request.query["$top"])
        if skip in self.ill:
            return self.ill.pop(skip)
        page = self.rows[skip : skip + top]
        self.rows = [row(1_000_000 + len(self.rows) + one) for one in range(self.grows)] + self.rows
        return web.json_response({"value": page})


async def read(log: Log, stack: Any) -> list[LoggedCall]:
    reports = await asking(log.answer, ManualClock(), stack)
    return [call async for some in calls(reports, PERIOD) for call in some]


async def test_the_segments_of_a_call_come_together_in_their_order_across_pages(stack: Any) -> None:
    rows = [row(call, segment) for call in range(700) for segment in (3, 1, 2)]

    found = await read(Log(rows), stack)

    assert [call.id for call in found] == [f"call-{call}" for call in range(700)]
    assert {tuple(one.order for one in call.segments) for call in found} == {(1, 2, 3)}


async def test_a_log_that_grows_while_it_is_read_tells_no_call_twice_and_loses_none(stack: Any) -> None:
    rows = [row(call, segment) for call in range(1500) for segment in (1, 2)]

    found = await read(Log(rows, grows=7), stack)

    old = [call for call in found if int(call.id.split("-")[1]) < 1_000_000]
    assert [call.id for call in old] == [f"call-{call}" for call in range(1500)]
    assert {len(call.segments) for call in old} == {2}


async def test_what_3cx_leaves_out_is_empty_or_zero(stack: Any) -> None:
    (call,) = await read(Log([{"CallHistoryId": "lonely", "SegmentId": 1}]), stack)

    (segment,) = call.segments
    assert (call.id, call.start, call.duration_seconds, call.queue) == ("lonely", None, 0.0, "")
    assert (segment.from_number, segment.answered, segment.talking_seconds) == ("", False, 0.0)
    assert call.recordings == ()


async def test_a_recording_whose_id_is_no_number_costs_neither_its_call_nor_the_others(stack: Any) -> None:
    strange = row(1) | {"Recordings": [{"Id": "abc"}, {"Id": "7"}, {"Id": "\u00b2"}]}

    (call,) = await read(Log([strange]), stack)

    assert [one.id for one in call.recordings] == [7]


async def test_values_that_are_no_times_do_not_end_the_reading(stack: Any) -> None:
    strange = row(1) | {"StartTime": "soon", "TalkingDuration": "long", "RingingDuration": 7}

    (call,) = await read(Log([strange]), stack)

    assert (call.start, call.duration_seconds) == (None, 0.0)


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (200, "<html><body>Log in</body></html>", NotA3cx),
        (200, "", NotA3cx),
        (500, "Internal Server Error", PbxFailed),
        (429, "", RateLimited),
    ],
)
async def test_a_page_in_the_middle_that_is_none_ends_the_reading_with_its_reason(
    stack: Any, status: int, body: str, error: type[Exception]
) -> None:
    log = Log([row(call) for call in range(5000)])
    log.ill[2000] = web.Response(status=status, text=body, headers={"Retry-After": "600"})

    with pytest.raises(error, match="call log"):
        await read(log, stack)


@pytest.mark.proves("errors.429")
async def test_a_limit_in_the_middle_costs_a_pause_and_no_row(stack: Any) -> None:
    log = Log([row(call) for call in range(5000)])
    log.ill[2000] = web.Response(status=429, headers={"Retry-After": "0"})

    assert len(await read(log, stack)) == 5000


async def test_a_pbx_that_ignores_where_to_go_on_is_no_endless_loop(server: Server, xapi: Any) -> None:
    server.answers = [said(200, {"value": [row(call) for call in range(1000)]})]

    with pytest.raises(PbxFailed, match="again and again"):
        async for _ in calls(xapi, PERIOD):
            pass


async def test_the_longer_words_of_some_pbxs_mean_the_same(stack: Any) -> None:
    rows = [
        row(1, 1, Direction="Inbound Queue", CallType="Queue", Answered=True),
        row(1, 2, Direction="Inbound", CallType="Digital Receptionist", Answered=True),
        row(1, 3, Direction="Inbound", CallType="Extension", Answered=True),
    ]

    (call,) = await read(Log(rows), stack)

    assert call.direction == "inbound"
    assert [one.order for one in call.by_people] == [3]
