"""Recordings of calls, newest first."""

from collections.abc import AsyncIterator
from datetime import timedelta
from enum import StrEnum

from threecx_pbx.reports.recordings import FEW, condition, recordings
from threecx_runner.sdk import Context, Effect, NumberList, Wire, operation

from ..shared.listing import Listed
from ..shared.ranged import Ranged, period_for
from ..shared.recorded import RecordingRow, recording_row


class CallType(StrEnum):
    """As 3CX calls them."""

    LOCAL = "Local"
    INBOUND = "InboundExternal"
    OUTBOUND = "OutboundExternal"


class Transcribed(StrEnum):
    """Whether a transcript is there."""

    ANY = "any"
    YES = "yes"
    NO = "no"


class Filters(Wire):
    """Keeps recordings that match all that is set."""

    extensions: NumberList = []
    call_types: list[CallType] = []
    transcribed: Transcribed = Transcribed.ANY


class GetRecordingsParams(Ranged, Listed):
    """Parameters of Get Recordings."""

    filters: Filters = Filters()


@operation(result=RecordingRow, effect=Effect.READ, lasts=timedelta(minutes=10))
async def get_recordings(on: Context, ask: GetRecordingsParams) -> AsyncIterator[RecordingRow]:
    """The filters are the PBX's work, but for more extensions than it takes in one."""
    by = ask.filters
    numbers = [number for number in by.extensions if number != "*"]
    many = len(numbers) > FEW
    wanted = condition(
        await period_for(on, ask),
        extensions=[] if many else numbers,
        kinds=[one.value for one in by.call_types],
        transcribed={"any": None, "yes": True, "no": False}[by.transcribed],
    )
    async for one in recordings(on.reports, wanted, ask.most, numbers if many else ()):
        yield recording_row(one)
