"""The journey of one call of the past."""

from contextlib import aclosing
from datetime import timedelta
from typing import Annotated

from threecx_pbx.errors import RecordUnknown
from threecx_pbx.reports.call_log import calls
from threecx_pbx.reports.periods import TimeRange
from threecx_runner.sdk import Context, Effect, Field, operation

from ..shared.logged import CallRow, call_row
from ..shared.ranged import Ranged, period_for


class GetCallDetailsParams(Ranged):
    """Parameters of Get Call Details."""

    call_history_id: Annotated[str, Field(min_length=1)]
    time_range: TimeRange = TimeRange.LAST_7_DAYS


@operation(result=CallRow, effect=Effect.READ, lasts=timedelta(minutes=10))
async def get_call_details(on: Context, ask: GetCallDetailsParams) -> CallRow:
    """Looks through the call log of the period, newest call first, until it is found."""
    period = await period_for(on, ask)
    wanted = ask.call_history_id.strip()
    async with aclosing(calls(on.reports, period)) as portions:
        async for portion in portions:
            for one in portion:
                if wanted == one.id or any(wanted == segment.id for segment in one.segments):
                    return CallRow.model_validate(call_row(one, period.zone, journey=True, links=True))
    raise RecordUnknown(
        f"The call log of this period has no call {wanted[:60]}.",
        hint="Use callHistoryId of Get Call History, and a period that the call lies in.",
    )
