"""Rows of the call log (api.md 7.4) and what they say about recordings."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from threecx_simulator.company.history import Row as LogRow
from threecx_simulator.company.past import Party, PartyType, PastCall, Segment
from threecx_simulator.company.speech import sentiment, summary, transcript
from threecx_simulator.profile import Profile
from threecx_simulator.xapi.answers import Rows
from threecx_simulator.xapi.archive import Archive, Log
from threecx_simulator.xapi.texts import duration, stamp

Row = dict[str, Any]
_CALL_TYPES = {
    PartyType.EXTENSION: "Extension",
    PartyType.EXTERNAL: "External",
    PartyType.QUEUE: "Queue",
    PartyType.RING_GROUP: "RingGroup",
}  # `Extension`, `Queue`, `System`, `External` were seen (T)
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)


def history_id(moment: datetime, number: int) -> str:
    """An id like those of the CDR database: `00000000-01dc-688a-2607-57e500000c10`, a FILETIME and a counter (t, G)."""
    since = moment - _EPOCH
    ticks = (since.days * 86_400 + since.seconds) * 10_000_000 + since.microseconds * 10
    text = f"{ticks:016x}{number & 0xFFFFFFFF:08x}"
    return f"00000000-{text[:4]}-{text[4:8]}-{text[8:12]}-{text[12:]}"


def recording_url(call: PastCall, segment: Segment) -> str:
    """Where the recording lies below `/recording/`: the folder of the extension, then who, when and the call."""
    person = _inside(segment)
    other = segment.source if person is segment.destination else segment.destination
    at = segment.start.strftime("%Y%m%d%H%M%S")
    return f"{person.dn}/[{person.name}]_{person.number}-{other.number}_{at}({call.number}).wav"


def _inside(segment: Segment) -> Party:
    return segment.source if segment.source.type == PartyType.EXTENSION else segment.destination


def cdr_row(row: LogRow, archive: Archive, language: str, profile: Profile) -> Row:
    """One row, as this PBX words it."""
    call, place, one = row
    main = history_id(call.start, call.number)
    found: Row = {
        "CdrId": history_id(one.start, call.number * 8 + place),
        "CallId": call.number,
        "CallHistoryId": main
        if place == 0 or profile.call_log_ids == "call"
        else history_id(one.start, call.number),
        "MainCallHistoryId": main,
        "SegmentId": place + 1,
        "Indent": one.indent,
        "SubrowDescNumber": 0 if place == 0 else 1,
        "StartTime": stamp(one.start),
        "SourceDn": one.source.dn,
        "SourceCallerId": one.source.number,
        "SourceDisplayName": one.source.name or None,
        "SourceType": int(one.source.type),
        "DestinationDn": one.destination.dn,
        "DestinationCallerId": one.destination.number,
        "DestinationDisplayName": one.destination.name or None,
        "DestinationType": int(one.destination.type),
        "Answered": one.status == "Answered",
        **_kind(call, one.destination.type, profile.call_log_words == "long"),
        "Status": one.status,
        "Reason": one.reason,
        "RingingDuration": duration(one.ringing),
        "TalkingDuration": duration(one.talking) if one.talking else None,
        "CallCost": 0,
        "QualityReport": bool(one.talking),
    }
    if one.action is not None:
        found |= {
            "ActionType": 1,
            "actionDnDn": one.action.dn,
            "ActionDnCallerId": one.action.number,
            "ActionDnDisplayName": one.action.name or None,
            "ActionDnType": int(one.action.type),
        }
    if call.recorded and call.talk is one and call.number not in archive.erased:
        found |= _recorded(call, one, archive, language, profile.recordings_in_call_log)
    return found


def _kind(call: PastCall, to: PartyType, long: bool) -> Row:
    """Which way the call went, and what it reached."""
    queued = long and call.direction == "Inbound" and to == PartyType.QUEUE
    other = "Digital Receptionist" if long and to == PartyType.IVR else "System"
    direction = "Inbound Queue" if queued else call.direction
    return {"Direction": direction, "CallType": _CALL_TYPES.get(to, other)}


def _recorded(call: PastCall, one: Segment, archive: Archive, language: str, recordings: bool) -> Row:
    texts = spoken(call, archive, language)
    found: Row = {"RecordingUrl": recording_url(call, one), "DstRecId": call.number, **texts}
    if recordings:
        found["Recordings"] = [{"Id": call.number, **texts}]
    return found


def transcribed(call: PastCall, archive: Archive) -> bool:
    """Two in three recordings were transcribed at once; others when a client asked for it."""
    return call.number % 3 != 0 or call.number in archive.transcribed


def spoken(call: PastCall, archive: Archive, language: str) -> Row:
    """What the transcription service made of a recording; nothing before it was asked."""
    if not transcribed(call, archive):
        return {}
    return {
        "Transcription": transcript(call, language),
        "Summary": summary(call, language),
        "SentimentScore": sentiment(call),
    }


class LogRows(Rows):
    """The call log of a period as JSON rows, computed page by page."""

    def __init__(self, log: Log, archive: Archive, language: str, profile: Profile) -> None:
        self._log, self._archive, self._language, self._profile = log, archive, language, profile
        self._limit = profile.report_row_limit

    def __len__(self) -> int:
        return min(len(self._log), self._limit) if self._limit else len(self._log)

    def __getitem__(self, where: slice) -> Sequence[Row]:
        start, stop, _ = where.indices(len(self))
        return [
            cdr_row(row, self._archive, self._language, self._profile) for row in self._log.rows(start, stop)
        ]
