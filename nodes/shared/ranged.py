"""From when to when, in which time zone."""

from zoneinfo import ZoneInfo

from threecx_pbx.errors import Forbidden
from threecx_pbx.reports.periods import Period, TimeRange, custom_range, named_range, zone_named
from threecx_pbx.reports.zones import pbx_zone
from threecx_pbx.xapi.refusals import OWNER, lacking
from threecx_runner.sdk import Context, Params


class Ranged(Params):
    """Parameters of operations that read a period."""

    time_range: TimeRange = TimeRange.TODAY
    start_date: str = ""
    end_date: str = ""
    timezone: str = ""


async def zone_for(on: Context, ask: Ranged) -> ZoneInfo:
    """What the author chose, else the PBX's own. Raises BadParameter, Forbidden."""
    if ask.timezone.strip():
        return zone_named(ask.timezone)
    try:
        return await pbx_zone(on.reports)
    except Forbidden as error:
        # a client that may not even read the time zone lacks more than that: the role that the period needs is named
        raise lacking(OWNER, "read calls, recordings and reports of the past") from error


async def period_for(on: Context, ask: Ranged) -> Period:
    """Raises BadParameter when the dates are reversed, absurd or missing; Forbidden."""
    zone, now = await zone_for(on, ask), on.clock.now()
    # a start date alone says what is meant
    unsaid = "time_range" not in ask.model_fields_set and ask.start_date
    if ask.time_range is TimeRange.CUSTOM or unsaid:
        return custom_range(ask.start_date, ask.end_date, now, zone)
    return named_range(ask.time_range, now, zone)
