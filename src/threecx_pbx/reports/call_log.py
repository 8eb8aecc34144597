"""The call log: rows of ReportCallLogData folded into calls, as a stream (api.md 7.4). The old tables are never read."""

from collections import OrderedDict
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from threecx_pbx.reports.periods import Period, seconds_of, when
from threecx_pbx.xapi.client import REPORT_PAGE, Row, Xapi
from threecx_pbx.xapi.odata import call

_APART = 500
"""Rows of one call lie near each other, since they are ordered by time; so many rows later no more come."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """One recording of a call."""

    id: int
    url: str
    transcription: str
    summary: str
    sentiment: int | None


class Segment(NamedTuple):
    """One row of the call log: one leg of a call's journey. A tuple: there are hundreds of thousands of them."""

    id: str
    call_id: str
    start: datetime | None
    from_dn: str
    from_number: str
    from_name: str
    to_dn: str
    to_number: str
    to_name: str
    direction: str
    kind: str
    status: str
    answered: bool
    reason: str
    ringing_seconds: float
    talking_seconds: float
    indent: int
    order: int
    recordings: tuple[Recorded, ...]


_MACHINES = frozenset({"Queue", "IVR", "System", "RingGroup"})


@dataclass(frozen=True, slots=True)
class LoggedCall:
    """One call with its journey, first segment first."""

    id: str
    segments: tuple[Segment, ...]

    @property
    def start(self) -> datetime | None:
        """When the first segment began."""
        return self.segments[0].start

    @property
    def by_people(self) -> list[Segment]:
        """The segments in which a person answered; queues and IVRs are no persons."""
        return [one for one in self.segments if one.answered and one.kind not in _MACHINES]

    @property
    def talking_seconds(self) -> float:
        """Of all people who answered."""
        return sum(one.talking_seconds for one in self.by_people)

    @property
    def duration_seconds(self) -> float:
        """From the first segment's begin to the last one's end."""
        first, *others = self.segments
        lasted = first.ringing_seconds + first.talking_seconds
        for one in others:
            lasted = max(lasted, self._until(one) + one.ringing_seconds + one.talking_seconds)
        return lasted

    def until_answer(self, answered: Segment) -> float:
        """How long the caller heard anything but a person, when that was the first to answer."""
        return self._until(answered) + answered.ringing_seconds

    def _until(self, one: Segment) -> float:
        """Seconds from the call's begin to a segment's."""
        start = self.segments[0].start
        return (one.start - start).total_seconds() if one.start and start else 0.0

    @property
    def queue(self) -> str:
        """The first queue that the call came to, or empty."""
        for one in self.segments:
            if one.kind == "Queue":
                return one.to_dn
        return ""

    @property
    def recordings(self) -> tuple[Recorded, ...]:
        """Of all segments, each once."""
        return tuple({one.id: one for segment in self.segments for one in segment.recordings}.values())

    def touches(self, numbers: Iterable[str]) -> bool:
        """Whether one of the numbers took part."""
        wanted = set(numbers)
        return any(wanted & {one.from_dn, one.from_number, one.to_dn, one.to_number} for one in self.segments)


async def segments(
    reports: Xapi, period: Period, limit: int | None = None
) -> AsyncGenerator[list[Segment], None]:
    """Page by page, newest call first; park and pick-up legs are left out. Raises Forbidden, …"""
    async for page in call_log_pages(reports, period, limit):
        yield [_segment(row) for row in page]


def call_log_pages(reports: Xapi, period: Period, limit: int | None = None) -> AsyncIterator[list[Row]]:
    """The report's own rows. Zeros and empty texts are no filter: other values are not documented (api.md 7.4)."""
    path = call(
        "ReportCallLogData/Pbx.GetCallLogData",
        periodFrom=period.start,
        periodTo=period.last,
        sourceType=0,
        sourceFilter="",
        destinationType=0,
        destinationFilter="",
        callsType=0,
        callTimeFilterType=0,
        callTimeFilterFrom="0:00:0",
        callTimeFilterTo="0:00:0",
        hidePcalls=True,
    )
    return reports.pages(path, "read the call log", size=REPORT_PAGE, limit=limit)


async def calls(reports: Xapi, period: Period) -> AsyncGenerator[list[LoggedCall], None]:
    """Calls in the order of their first row, in portions; memory stays flat."""
    folding = Folding()
    async for page in segments(reports, period):
        if done := list(folding.add(page)):
            yield done
    if rest := list(folding.rest()):
        yield rest


class Folding:
    """Rows → calls. A row that came twice, since the log grew while it was read, counts once."""

    def __init__(self) -> None:
        self._open: OrderedDict[str, dict[str, Segment]] = OrderedDict()
        self._last: dict[str, int] = {}
        self._at = 0

    def add(self, page: Iterable[Segment]) -> Iterator[LoggedCall]:
        """The calls that are complete."""
        for one in page:
            self._at += 1
            self._open.setdefault(one.call_id, {})[one.id] = one
            self._last[one.call_id] = self._at
        while self._open:
            first = next(iter(self._open))
            if self._at - self._last[first] < _APART:
                return
            yield self._close(first)

    def rest(self) -> Iterator[LoggedCall]:
        """The others, once no row is left."""
        while self._open:
            yield self._close(next(iter(self._open)))

    def _close(self, id_: str) -> LoggedCall:
        del self._last[id_]
        rows = self._open.pop(id_).values()
        if len(rows) > 1:
            rows = sorted(rows, key=lambda one: one.order)  # type: ignore[assignment]
        return LoggedCall(id_, tuple(rows))


def _segment(row: Row) -> Segment:
    get = row.get
    from_dn, to_dn = get("SourceDn") or "", get("DestinationDn") or ""
    # in the order of the fields: by name it would cost twice as much, a hundred thousand times
    return Segment(
        get("CdrId") or f"{get('CallHistoryId')}/{get('SegmentId')}",
        get("MainCallHistoryId") or get("CallHistoryId") or str(get("CallId") or ""),
        when(get("StartTime")),
        from_dn,
        get("SourceCallerId") or from_dn,
        get("SourceDisplayName") or "",
        to_dn,
        get("DestinationCallerId") or to_dn,
        get("DestinationDisplayName") or "",
        get("Direction") or "",
        get("CallType") or "",
        get("Status") or "",
        bool(get("Answered")),
        get("Reason") or "",
        seconds_of(get("RingingDuration")),
        seconds_of(get("TalkingDuration")),
        int(get("Indent") or 0),
        int(get("SegmentId") or 0),
        _recordings(row),
    )


def _recordings(row: Row) -> tuple[Recorded, ...]:
    """`Recordings` is absent on some PBXs; then the ids stand in SrcRecId or DstRecId (api.md 7.4)."""
    if listed := row.get("Recordings"):
        return tuple(_recorded(row, one, one.get("Id")) for one in listed)
    id_ = row.get("DstRecId") or row.get("SrcRecId")
    return (_recorded(row, row, id_),) if id_ else ()


def _recorded(row: Row, one: Row, id_: object) -> Recorded:
    return Recorded(
        id=int(str(id_ or 0)),
        url=row.get("RecordingUrl") or "",
        transcription=one.get("Transcription") or "",
        summary=one.get("Summary") or "",
        sentiment=one.get("SentimentScore"),
    )
