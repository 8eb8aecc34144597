"""The call log: rows of ReportCallLogData folded into calls, as a stream (api.md 7.4). The old tables are never read."""

from collections import OrderedDict
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
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
    def talked(self) -> Segment | None:
        """The segment in which a person answered, the last one if several did; queues and IVRs are no persons."""
        found = [one for one in self.segments if one.answered and one.kind not in _MACHINES]
        return found[-1] if found else None

    @property
    def talking_seconds(self) -> float:
        """Of all people who answered."""
        return sum(one.talking_seconds for one in self.segments if one.answered and one.kind not in _MACHINES)

    @property
    def ringing_seconds(self) -> float:
        """How long the caller heard anything but a person: until the first answer, or until the end."""
        first = next((one for one in self.segments if one.answered and one.kind not in _MACHINES), None)
        if first is not None and first.start is not None and self.start is not None:
            return (first.start - self.start).total_seconds() + first.ringing_seconds
        return max(0.0, self.duration_seconds)

    @property
    def duration_seconds(self) -> float:
        """From the first segment's begin to the last one's end."""
        ends = [
            one.start + timedelta(seconds=one.ringing_seconds + one.talking_seconds)
            for one in self.segments
            if one.start is not None
        ]
        return (max(ends) - self.start).total_seconds() if ends and self.start is not None else 0.0

    @property
    def queue(self) -> str:
        """The first queue that the call came to, or empty."""
        return next((one.to_dn for one in self.segments if one.kind == "Queue"), "")

    @property
    def recordings(self) -> tuple[Recorded, ...]:
        """Of all segments, each once."""
        return tuple({one.id: one for segment in self.segments for one in segment.recordings}.values())

    def touches(self, numbers: Iterable[str]) -> bool:
        """Whether one of the numbers took part."""
        wanted = set(numbers)
        return any(wanted & {one.from_dn, one.from_number, one.to_dn, one.to_number} for one in self.segments)


_MACHINES = frozenset({"Queue", "IVR", "System", "RingGroup"})


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
    return Segment(
        id=get("CdrId") or f"{get('CallHistoryId')}/{get('SegmentId')}",
        call_id=get("MainCallHistoryId") or get("CallHistoryId") or str(get("CallId", "")),
        start=when(get("StartTime")),
        from_dn=get("SourceDn") or "",
        from_number=get("SourceCallerId") or get("SourceDn") or "",
        from_name=get("SourceDisplayName") or "",
        to_dn=get("DestinationDn") or "",
        to_number=get("DestinationCallerId") or get("DestinationDn") or "",
        to_name=get("DestinationDisplayName") or "",
        direction=get("Direction") or "",
        kind=get("CallType") or "",
        status=get("Status") or "",
        answered=bool(get("Answered")),
        reason=get("Reason") or "",
        ringing_seconds=seconds_of(get("RingingDuration")),
        talking_seconds=seconds_of(get("TalkingDuration")),
        indent=int(get("Indent") or 0),
        order=int(get("SegmentId") or 0),
        recordings=_recordings(row),
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
