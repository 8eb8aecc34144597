"""The call log: rows of ReportCallLogData folded into calls, as a stream (api.md 7.4). The old tables are never read."""

from collections import OrderedDict
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

import msgspec

from threecx_pbx.reports.periods import Period
from threecx_pbx.xapi.client import REPORT_PAGE, Xapi
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


class _Listed(msgspec.Struct, frozen=True, gc=False):
    """One of a row's `Recordings`."""

    id: int | str = msgspec.field(default=0, name="Id")
    transcription: str | None = msgspec.field(default=None, name="Transcription")
    summary: str | None = msgspec.field(default=None, name="Summary")
    sentiment: int | None = msgspec.field(default=None, name="SentimentScore")


class Segment(msgspec.Struct, frozen=True, gc=False):
    """One row of the call log: one leg of a call's journey. Read as it comes (api.md 7.4): there are hundreds of thousands."""

    cdr_id: str = msgspec.field(default="", name="CdrId")
    history_id: str = msgspec.field(default="", name="CallHistoryId")
    main_history_id: str = msgspec.field(default="", name="MainCallHistoryId")
    number: int = msgspec.field(default=0, name="CallId")
    order: int = msgspec.field(default=0, name="SegmentId")
    start: Annotated[datetime, msgspec.Meta(tz=True)] | None = msgspec.field(default=None, name="StartTime")
    from_dn: str = msgspec.field(default="", name="SourceDn")
    caller_id: str = msgspec.field(default="", name="SourceCallerId")
    from_name: str = msgspec.field(default="", name="SourceDisplayName")
    to_dn: str = msgspec.field(default="", name="DestinationDn")
    called_id: str = msgspec.field(default="", name="DestinationCallerId")
    to_name: str = msgspec.field(default="", name="DestinationDisplayName")
    direction: str = msgspec.field(default="", name="Direction")
    kind: str = msgspec.field(default="", name="CallType")
    status: str = msgspec.field(default="", name="Status")
    answered: bool = msgspec.field(default=False, name="Answered")
    reason: str = msgspec.field(default="", name="Reason")
    rang: timedelta = msgspec.field(default=timedelta(0), name="RingingDuration")
    talked: timedelta = msgspec.field(default=timedelta(0), name="TalkingDuration")
    url: str | None = msgspec.field(default=None, name="RecordingUrl")
    listed: list[_Listed] = msgspec.field(default_factory=list, name="Recordings")
    from_recording: int = msgspec.field(default=0, name="SrcRecId")
    to_recording: int = msgspec.field(default=0, name="DstRecId")
    transcription: str | None = msgspec.field(default=None, name="Transcription")
    summary: str | None = msgspec.field(default=None, name="Summary")
    sentiment: int | None = msgspec.field(default=None, name="SentimentScore")

    @property
    def id(self) -> str:
        """The row's own."""
        return self.cdr_id or f"{self.history_id}/{self.order}"

    @property
    def call_id(self) -> str:
        """The call's, which all its rows share."""
        return self.main_history_id or self.history_id or str(self.number or "")

    @property
    def from_number(self) -> str:
        """Who is shown as calling."""
        return self.caller_id or self.from_dn

    @property
    def to_number(self) -> str:
        """Who is shown as called."""
        return self.called_id or self.to_dn

    @property
    def ringing_seconds(self) -> float:
        return self.rang.total_seconds()

    @property
    def talking_seconds(self) -> float:
        return self.talked.total_seconds()

    @property
    def recordings(self) -> Iterator[Recorded]:
        """`Recordings` is absent on some PBXs; then the ids stand in SrcRecId or DstRecId (api.md 7.4)."""
        if not self.listed and (id_ := self.to_recording or self.from_recording):
            yield Recorded(id_, self.url or "", self.transcription or "", self.summary or "", self.sentiment)
        for one in self.listed:
            # one whose id is no number cannot be asked for
            if str(one.id).isdecimal():
                yield Recorded(
                    int(one.id), self.url or "", one.transcription or "", one.summary or "", one.sentiment
                )


_MACHINES = frozenset({"Queue", "IVR", "System", "RingGroup", "Digital Receptionist", "Ring Group"})


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
    def direction(self) -> str:
        """`inbound`, `outbound` or `internal`; there are PBXs that say `Inbound Queue` of a queue's own row (T)."""
        return self.segments[0].direction.partition(" ")[0].lower()

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


def segments(reports: Xapi, period: Period, limit: int | None = None) -> AsyncIterator[list[Segment]]:
    """Page by page, newest call first; park and pick-up legs are left out. Raises Forbidden, …

    Zeros and empty texts are no filter: other values are not documented (api.md 7.4).
    """
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
    return reports.records(path, "read the call log", Segment, REPORT_PAGE, limit)


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
