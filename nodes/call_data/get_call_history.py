"""Calls of the past, from the call log."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from datetime import timedelta
from enum import StrEnum
from functools import partial
from typing import Any

from threecx_pbx.errors import BadParameter
from threecx_pbx.reports.call_log import LoggedCall, calls, segments
from threecx_pbx.reports.periods import Period, TimeRange
from threecx_pbx.reports.trunks import calls_to
from threecx_runner.sdk import Context, Effect, Locator, Result, Streamed, WireItem, operation

from ..shared.known import known_queues
from ..shared.listing import Listed
from ..shared.logged import CallRow, call_row
from ..shared.matching import Filters, Test, tests_of
from ..shared.ranged import Ranged, period_for
from ..shared.sounding import with_sound
from ..shared.spreadsheet import BEGIN, csv_text

_AT_ONCE = 200
"""Calls that are made ready without a pause: two milliseconds."""


class Format(StrEnum):
    """What the operation gives."""

    JSON = "json"
    CSV = "csv"


class View(StrEnum):
    """One item for each …"""

    CALL = "call"
    SEGMENT = "segment"


class Recordings(StrEnum):
    """How recordings come with their calls."""

    NO = "no"
    LINKS = "links"
    BINARIES = "binaries"


class GetCallHistoryParams(Ranged, Listed):
    """Parameters of Get Call History."""

    time_range: TimeRange = TimeRange.CUSTOM
    filters: Filters = Filters()
    format: Format = Format.JSON
    include_recordings: Recordings = Recordings.NO
    view: View = View.CALL


class CsvRow(Result):
    """What stands beside the CSV file."""

    file_name: str
    rows: int


@operation(result=CallRow, effect=Effect.READ, lasts=timedelta(minutes=30))
async def get_call_history(on: Context, ask: GetCallHistoryParams) -> Streamed:
    """Reads the call log page by page; gives each call as soon as it is complete."""
    csv, sound = ask.format is Format.CSV, ask.include_recordings is Recordings.BINARIES
    if csv and sound:
        raise BadParameter(
            "Include Recordings is Binaries, and a CSV file has no place for sound.",
            hint="Choose Links, or the format JSON.",
        )
    period = await period_for(on, ask)
    async with aclosing(_rows(on, ask, period)) as portions:
        if csv:
            yield await _csv(on, portions, period, links=ask.include_recordings is Recordings.LINKS)
        elif sound:
            async with aclosing(with_sound(on, portions)) as rows:
                async for row in rows:
                    yield row
        else:
            async for portion in portions:
                yield portion


async def _rows(
    on: Context, ask: GetCallHistoryParams, period: Period
) -> AsyncGenerator[list[WireItem], None]:
    """What matches, at most as many as asked."""
    left, tests = ask.most, await _tests(on, ask, period)
    journey, links = ask.view is View.CALL, ask.include_recordings is not Recordings.NO
    shown = partial(call_row, zone=period.zone, journey=journey, links=links)
    async with aclosing(_logged(on, ask.view, period)) as portions:
        async for portion in portions:
            passed = [call for call in portion if all(test(call) for test in tests)] if tests else portion
            meant = passed[:left]
            for begin in range(0, len(meant), _AT_ONCE):
                yield [shown(call) for call in meant[begin : begin + _AT_ONCE]]
                await asyncio.sleep(0)  # the loop has calls to serve, and the next page to ask for
            left = None if left is None else left - len(meant)
            if left == 0:
                return


async def _tests(on: Context, ask: GetCallHistoryParams, period: Period) -> list[Test]:
    """The call log has no DID: another report tells first which calls came to it."""
    filters = ask.filters
    if queue := filters.queue.value.strip():
        (number,) = await known_queues(on.reports, [queue], "Queue")
        filters = filters.model_copy(update={"queue": Locator(value=number)})
    tests = tests_of(filters)
    if did := ask.filters.did.value.strip():
        came = await calls_to(on.reports, did, period)
        tests.append(lambda call: call.id in came)
    return tests


async def _logged(on: Context, view: View, period: Period) -> AsyncGenerator[list[LoggedCall], None]:
    if view is View.CALL:
        async for found in calls(on.reports, period):
            yield found
        return
    async for page in segments(on.reports, period):
        yield [LoggedCall(one.call_id, (one,)) for one in page]


_COLUMNS = [
    str(field.alias) for name, field in CallRow.model_fields.items() if name not in ("segments", "recordings")
]


_LINKS = {"recordingIds": "recordingId", "recordingUrls": "url"}
"""Column → field of a link; several recordings of a call stand in one cell, each on its line."""


async def _csv(
    on: Context, portions: AsyncIterator[list[WireItem]], period: Period, *, links: bool
) -> CsvRow:
    count, linked = 0, _LINKS if links else {}

    def cells(row: WireItem) -> list[Any]:
        found = ["\n".join(str(one[field]) for one in row["recordings"]) for field in linked.values()]
        return [row[name] for name in _COLUMNS] + found

    async def chunks() -> AsyncIterator[bytes]:
        nonlocal count
        yield (BEGIN + csv_text([[*_COLUMNS, *linked]])).encode()
        async for portion in portions:
            count += len(portion)
            yield csv_text([cells(row) for row in portion]).encode()

    name = f"calls-{period.start.date().isoformat()}-{period.last.date().isoformat()}.csv"
    file = await on.files.save(chunks(), name, "text/csv")
    return CsvRow(file_name=name, rows=count).with_binary("data", file)
