"""Lets the PBX write a recording down."""

from datetime import timedelta
from typing import Annotated

from threecx_pbx.errors import Impossible
from threecx_pbx.reports.people import record_id
from threecx_pbx.reports.recordings import recording, transcribe, transcribed
from threecx_runner.sdk import Context, Effect, Field, Located, Params, operation

from ..shared.recorded import RecordingRow, recording_row


class TranscribeRecordingParams(Params):
    """Parameters of Transcribe Recording."""

    recording: Located
    wait: bool = True
    timeout: Annotated[int, Field(ge=1, le=3600)] = 300


@operation(result=RecordingRow, effect=Effect.WRITE, lasts=timedelta(minutes=6))
async def transcribe_recording(on: Context, ask: TranscribeRecordingParams) -> RecordingRow:
    """A recording that is transcribed already is given at once."""
    found = await recording(on.reports, record_id(ask.recording.value))
    if found.transcribed:
        return recording_row(found)
    if found.raw.get("CanBeTranscribed") is False:
        raise Impossible(
            f"The PBX cannot transcribe recording {found.id}.",
            hint="Transcription needs a licence for it and a provider, set under Voice & Chat in the Admin Console.",
        )
    await transcribe(on.reports, found.id)
    if not ask.wait:
        return recording_row(found)
    return recording_row(await transcribed(on.reports, found.id, on.clock, timedelta(seconds=ask.timeout)))
