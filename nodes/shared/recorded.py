"""A recording, as operations give it."""

from datetime import datetime

from threecx_pbx.reports.recordings import Recording
from threecx_runner.sdk import Result


class RecordingRow(Result):
    """One recording; sentiment is 1 (bad) to 5 (good)."""

    recording_id: int
    start_time: datetime | None
    seconds: float | None
    kind: str
    from_number: str
    from_name: str
    from_dn: str
    to_number: str
    to_name: str
    to_dn: str
    transcribed: bool
    transcription: str
    summary: str
    sentiment: int | None
    file_name: str


def recording_row(one: Recording) -> RecordingRow:
    """Of a recording."""
    return RecordingRow(
        recording_id=one.id,
        start_time=one.start,
        seconds=one.seconds,
        kind=one.kind,
        from_number=one.from_number,
        from_name=one.from_name,
        from_dn=one.from_dn,
        to_number=one.to_number,
        to_name=one.to_name,
        to_dn=one.to_dn,
        transcribed=one.transcribed,
        transcription=one.transcription,
        summary=one.summary,
        sentiment=one.sentiment,
        file_name=one.file_name,
    )
