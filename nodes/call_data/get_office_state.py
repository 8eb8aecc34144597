"""Is the office open, and when does that change?"""

from datetime import datetime

from threecx_pbx.errors import BadParameter
from threecx_pbx.reports.departments import department
from threecx_pbx.reports.office import OfficeState, office_at
from threecx_pbx.reports.periods import in_reason
from threecx_runner.sdk import Context, Effect, Params, Result, operation


class GetOfficeStateParams(Params):
    """Parameters of Get Office State."""

    department: str = ""
    at: str = ""


class OfficeRow(Result):
    """The state at one moment; nextChange is null when nothing changes by itself within two months."""

    state: OfficeState
    is_open: bool
    forced: bool
    holiday: str
    department: str
    department_number: str
    timezone: str
    local_time: str
    next_change: str | None
    next_state: OfficeState | None


@operation(result=OfficeRow, effect=Effect.READ)
async def get_office_state(on: Context, ask: GetOfficeStateParams) -> OfficeRow:
    """Hours, breaks, holidays and the forced mode of the department, in its own time zone."""
    found = await department(on.reports, ask.department)
    zone = found.hours.zone
    now = _moment(ask.at).astimezone(zone) if ask.at.strip() else on.clock.now().astimezone(zone)
    office = office_at(found.hours, now)
    return OfficeRow(
        state=office.state,
        is_open=office.state is OfficeState.OPEN,
        forced=office.forced,
        holiday=office.holiday,
        department=found.name,
        department_number=found.number,
        timezone=zone.key,
        local_time=now.isoformat(),
        next_change=office.next_change.isoformat() if office.next_change else None,
        next_state=office.next_state,
    )


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise BadParameter(
            "At is not a date and time.", hint="Write it like 2026-03-01T08:30:00+01:00."
        ) from error
    if found.tzinfo is None:
        raise BadParameter("At has no time zone.", hint="Write it like 2026-03-01T08:30:00+01:00.")
    in_reason(found.date(), "At")
    return found
