"""The sound of a recording."""

from datetime import timedelta
from typing import Annotated

from threecx_pbx.reports.people import record_id
from threecx_pbx.reports.recordings import audio, recording
from threecx_runner.sdk import Context, Effect, Field, Located, Params, operation

from ..shared.recorded import RecordingRow, recording_row


class DownloadRecordingParams(Params):
    """Parameters of Download Recording."""

    recording: Located
    output_field: Annotated[str, Field(min_length=1, max_length=100)] = "data"
    timeout: Annotated[int, Field(ge=0, le=3600)] = 60


@operation(result=RecordingRow, effect=Effect.READ, lasts=timedelta(minutes=30))
async def download_recording(on: Context, ask: DownloadRecordingParams) -> RecordingRow:
    """Streamed to n8n; a recording that the PBX still writes is waited for."""
    found = await recording(on.reports, record_id(ask.recording.value))
    chunks = audio(on.reports, found.id, on.clock, timedelta(seconds=ask.timeout))
    file = await on.files.save(chunks, found.file_name, "audio/wav")
    return recording_row(found).with_binary(ask.output_field, file)
