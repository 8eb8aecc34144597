"""A call of the call log, as operations give it."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from threecx_pbx.reports.call_log import LoggedCall, Recorded, Segment
from threecx_runner.sdk import Result, Wire, WireItem


class SegmentRow(Wire):
    """One leg of a call's journey."""

    segment_id: str
    start_time: datetime | None
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
    missing: str = ""
    """Why its sound is not there, although it was asked for."""


class CallRow(Result):
    """One call, or one segment of it."""

    call_history_id: str
    start_time: datetime | None
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


def call_row(call: LoggedCall, zone: ZoneInfo, *, journey: bool, links: bool) -> WireItem:
    """One output item, spelled as CallRow is: a model for each of 100,000 rows would cost more than reading them."""
    first, people, lasted = call.segments[0], call.by_people, call.duration_seconds
    talked = people[-1] if people else None
    return {
        "callHistoryId": call.id,
        "startTime": first.start and first.start.astimezone(zone),
        "direction": call.direction,
        "fromNumber": first.from_number,
        "fromName": first.from_name,
        "toNumber": first.to_number,
        "toName": first.to_name,
        "answered": talked is not None,
        "answeredBy": talked.to_dn if talked else "",
        "answeredByName": talked.to_name if talked else "",
        "queue": call.queue,
        "status": (talked or call.segments[-1]).status,
        "ringingSeconds": round(call.until_answer(people[0]) if people else lasted, 3),
        "talkingSeconds": round(sum([one.talking_seconds for one in people]), 3),
        "durationSeconds": round(lasted, 3),
        "segments": [_segment(one, zone) for one in call.segments] if journey else [],
        "recordings": [_link(one) for one in call.recordings] if links else None,
    }


def _segment(one: Segment, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "segmentId": one.id,
        "startTime": one.start and one.start.astimezone(zone),
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
        "missing": "",
    }
