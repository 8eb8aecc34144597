"""Calls of the past, from the call log."""

import csv
import io
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from threecx_pbx.reports.call_log import LoggedCall, Recorded, Segment, calls, segments
from threecx_pbx.reports.periods import Period, TimeRange
from threecx_pbx.reports.recordings import audio
from threecx_runner.sdk import Attached, Context, Effect, Field, NumberList, Result, Wire, WireItem, operation

from ..shared.listing import Listed
from ..shared.ranged import Ranged, period_for, zone_for


class Direction(StrEnum):
    """As the call log has it."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"
    INTERNAL = "internal"


class Answered(StrEnum):
    """Whether somebody took the call; queues, menus and mailboxes are nobody."""

    ANY = "any"
    ANSWERED = "answered"
    UNANSWERED = "unanswered"


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


class Filters(Wire):
    """Keeps calls that match all that is set; the report itself cannot (api.md 7.4)."""

    extensions: NumberList = []
    directions: list[Direction] = []
    min_duration: Annotated[float, Field(ge=0)] = 0
    answered: Answered = Answered.ANY
    number: str = ""
    queue: str = ""


class GetCallHistoryParams(Ranged, Listed):
    """Parameters of Get Call History."""

    time_range: TimeRange = TimeRange.CUSTOM
    filters: Filters = Filters()
    format: Format = Format.JSON
    include_recordings: Recordings = Recordings.NO
    view: View = View.CALL


class SegmentRow(Wire):
    """One leg of a call's journey."""

    segment_id: str
    start_time: str | None
    from_number: str
    from_name: str
    to_number: str
    to_name: str
    kind: str
    status: str
    answered: bool
    reason: str
    ringing_seconds: float
    talking_seconds: float


class RecordingLink(Wire):
    """A recording: download it with Download Recording."""

    recording_id: int
    url: str
    transcription: str
    summary: str
    sentiment: int | None


class CallRow(Result):
    """One call, or one segment of it."""

    call_history_id: str
    start_time: str | None
    direction: str
    from_number: str
    from_name: str
    to_number: str
    to_name: str
    answered: bool
    answered_by: str
    answered_by_name: str
    queue: str
    status: str
    ringing_seconds: float
    talking_seconds: float
    duration_seconds: float
    segments: list[SegmentRow]
    recordings: list[RecordingLink] | None


class CsvRow(Result):
    """What stands beside the CSV file."""

    file_name: str
    rows: int


@operation(result=CallRow, effect=Effect.READ, lasts=timedelta(minutes=30))
async def get_call_history(on: Context, ask: GetCallHistoryParams) -> AsyncIterator[Result | WireItem]:
    """Reads the call log page by page; gives each call as soon as it is complete."""
    told = _Told(await zone_for(on, ask), ask)
    period = await period_for(on, ask)
    if ask.format is Format.CSV:
        yield await _csv(on, told, period)
        return
    async with aclosing(_rows(on, told, period)) as rows:
        async for row in rows:
            binaries = ask.include_recordings is Recordings.BINARIES
            yield await _with_sound(on, row) if binaries else row


@dataclass(frozen=True, slots=True)
class _Told:
    zone: ZoneInfo
    ask: GetCallHistoryParams


async def _rows(on: Context, told: _Told, period: Period) -> AsyncGenerator[dict[str, Any], None]:
    """What matches, at most as many as asked."""
    left = told.ask.most
    matches = _filter(told.ask.filters)
    async with aclosing(_logged(on, told.ask, period)) as portions:
        async for portion in portions:
            for call in portion:
                if matches(call):
                    yield call_row(call, told.zone, told.ask)
                    left = None if left is None else left - 1
                    if left == 0:
                        return


async def _logged(
    on: Context, ask: GetCallHistoryParams, period: Period
) -> AsyncGenerator[list[LoggedCall], None]:
    if ask.view is View.CALL:
        async for found in calls(on.reports, period):
            yield found
        return
    async for page in segments(on.reports, period):
        yield [LoggedCall(one.call_id, (one,)) for one in page]


def _filter(by: Filters) -> Callable[[LoggedCall], bool]:
    tests: list[Callable[[LoggedCall], bool]] = []
    if by.extensions and "*" not in by.extensions:
        tests.append(lambda call: call.touches(by.extensions))
    if by.directions:
        wanted = {one.value for one in by.directions}
        tests.append(lambda call: call.segments[0].direction.lower() in wanted)
    if by.min_duration:
        tests.append(lambda call: call.talking_seconds >= by.min_duration)
    if by.answered is not Answered.ANY:
        tests.append(lambda call: (call.talked is not None) is (by.answered is Answered.ANSWERED))
    if digits := _digits(by.number):
        tests.append(lambda call: any(digits in _digits(number) for number in _numbers(call)))
    if by.queue.strip():
        tests.append(lambda call: call.touches([by.queue.strip()]))
    return lambda call: all(test(call) for test in tests)


def _numbers(call: LoggedCall) -> Iterator[str]:
    for one in call.segments:
        yield from (one.from_number, one.to_number)


def _digits(number: str) -> str:
    """`+49 30 123` and `004930123` agree from the country on; a leading zero of a local number counts for nothing."""
    return "".join(sign for sign in number if sign.isdigit()).lstrip("0")


def call_row(call: LoggedCall, zone: ZoneInfo, ask: GetCallHistoryParams) -> dict[str, Any]:
    """One output item, spelled as CallRow is: a model for each of 100,000 rows would cost more than reading them."""
    first, last, talked = call.segments[0], call.segments[-1], call.talked
    links = ask.include_recordings is not Recordings.NO
    return {
        "callHistoryId": call.id,
        "startTime": _local(first, zone),
        "direction": first.direction.lower(),
        "fromNumber": first.from_number,
        "fromName": first.from_name,
        "toNumber": first.to_number,
        "toName": first.to_name,
        "answered": talked is not None,
        "answeredBy": talked.to_dn if talked else "",
        "answeredByName": talked.to_name if talked else "",
        "queue": call.queue,
        "status": (talked or last).status,
        "ringingSeconds": round(call.ringing_seconds, 3),
        "talkingSeconds": round(call.talking_seconds, 3),
        "durationSeconds": round(call.duration_seconds, 3),
        "segments": [_segment(one, zone) for one in call.segments] if ask.view is View.CALL else [],
        "recordings": [_link(one) for one in call.recordings] if links else None,
    }


def _segment(one: Segment, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "segmentId": one.id,
        "startTime": _local(one, zone),
        "fromNumber": one.from_number,
        "fromName": one.from_name,
        "toNumber": one.to_number,
        "toName": one.to_name,
        "kind": one.kind,
        "status": one.status,
        "answered": one.answered,
        "reason": one.reason,
        "ringingSeconds": one.ringing_seconds,
        "talkingSeconds": one.talking_seconds,
    }


def _link(one: Recorded) -> dict[str, Any]:
    return {
        "recordingId": one.id,
        "url": one.url,
        "transcription": one.transcription,
        "summary": one.summary,
        "sentiment": one.sentiment,
    }


def _local(one: Segment, zone: ZoneInfo) -> str | None:
    return one.start.astimezone(zone).isoformat() if one.start else None


async def _with_sound(on: Context, row: dict[str, Any]) -> CallRow:
    """With one binary field for each recording."""
    made = CallRow.model_validate(row)
    for at, one in enumerate(made.recordings or []):
        made.with_binary(f"recording{at or ''}", await _sound(on, one.recording_id))
    return made


async def _sound(on: Context, id_: int) -> Attached:
    chunks = audio(on.reports, id_, on.clock, timedelta(0))
    return await on.files.save(chunks, f"recording-{id_}.wav", "audio/wav")


_COLUMNS = [
    str(field.alias) for name, field in CallRow.model_fields.items() if name not in ("segments", "recordings")
]


async def _csv(on: Context, told: _Told, period: Period) -> CsvRow:
    count = 0

    async def chunks() -> AsyncIterator[bytes]:
        nonlocal count
        yield ("\ufeff" + _line(_COLUMNS)).encode()  # the mark tells Excel that this is UTF-8
        async with aclosing(_rows(on, told, period)) as rows:
            async for row in rows:
                count += 1
                yield _line([row[name] for name in _COLUMNS]).encode()

    name = f"calls-{period.start.date().isoformat()}-{period.last.date().isoformat()}.csv"
    file = await on.files.save(chunks(), name, "text/csv")
    return CsvRow(file_name=name, rows=count).with_binary("data", file)


def _line(values: list[Any]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow([_cell(value) for value in values])
    return text.getvalue()


def _cell(value: Any) -> Any:
    """A name like `=1+1` stays text in a spreadsheet; a number with its plus sign is one already."""
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t") and not value[1:].isdigit():
        return f"'{value}"
    return value
