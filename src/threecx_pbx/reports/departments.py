"""The hours of a department, read from the PBX; what it does not set is the whole system's."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from threecx_pbx.errors import BadParameter, RecordUnknown
from threecx_pbx.reports.office import Hours, holiday_of, spans_of
from threecx_pbx.reports.periods import when
from threecx_pbx.reports.zones import zone_of
from threecx_pbx.xapi.client import Row, Xapi

_ALWAYS, _NEVER = ("AllHours",), ("Never",)


@dataclass(frozen=True, slots=True)
class Department:
    """A group of the PBX."""

    id: int
    number: str
    name: str
    hours: Hours


async def department(xapi: Xapi, name: str = "") -> Department:
    """By number or name; empty: the default one. Raises RecordUnknown, Forbidden."""
    groups = await xapi.rows("Groups", "read the departments")
    group = _named(groups, name.strip())
    system = await xapi.one("OfficeHours", "read the office hours")
    holidays = await xapi.rows("Holidays", "read the holidays")
    listed = holidays_of(group, groups, holidays)
    opening = group.get("Hours") if (group.get("Hours") or {}).get("Periods") else system.get("Hours")
    breaks = (
        group.get("BreakTime") if (group.get("BreakTime") or {}).get("Periods") else system.get("BreakTime")
    )
    kind = str((group.get("Hours") or opening or {}).get("Type") or "")
    ignores = bool((opening or {}).get("IgnoreHolidays"))
    hours = Hours(
        zone=await _zone(xapi, group, system),
        always=kind in _ALWAYS,
        never=kind in _NEVER,
        opening=spans_of(opening),
        breaks=spans_of(breaks),
        holidays=() if ignores else tuple(holiday_of(row) for row in listed),
        forced=str(group.get("CurrentGroupHours") or "Default"),
        forced_until=_expiry(group),
    )
    return Department(
        int(group.get("Id") or 0), str(group.get("Number") or ""), str(group.get("Name") or ""), hours
    )


def holidays_of(group: Row, groups: Sequence[Row], holidays: Sequence[Row]) -> Sequence[Row]:
    """The rows of `Holidays` that count for a department: its own, or those of the first department, which are the
    system's. That one is GRP0000 on a fresh PBX (api.md 7.5), GRP2 on one that was seen (t)."""
    system = (None, "", "GRP0000", _named(groups, "").get("Number"))
    if not group.get("OverrideHolidays"):
        return [row for row in holidays if row.get("Group") in system]
    own: Sequence[Row] = group.get("OfficeHolidays") or ()
    return own or [row for row in holidays if row.get("Group") == group.get("Number")]


async def group_number(xapi: Xapi, name: str) -> str:
    """Of a department named by number, name or ID. Raises RecordUnknown, Forbidden."""
    rows = await xapi.rows("Groups", "read the departments", select="Id,Number,Name")
    return str(_named(rows, name.strip()).get("Number") or "")


async def _zone(xapi: Xapi, group: Row, system: Row) -> ZoneInfo:
    try:
        return await zone_of(xapi, str(group.get("TimeZoneId") or system.get("TimeZoneId") or "UTC"))
    except BadParameter as error:
        raise BadParameter(
            f"The PBX does not tell the time zone of the department '{group.get('Name') or group.get('Number')}'.",
            hint="Choose the department's time zone again in the 3CX Admin Console.",
        ) from error


def _expiry(group: Row) -> datetime | None:
    """When a forced mode ends; the year 1 is .NET's way to say never."""
    found = when(group.get("OverrideExpiresAt"))
    return found if found and found.year > 1 else None


def _named(groups: Sequence[Row], name: str) -> Row:
    if not name:
        return next((row for row in groups if row.get("IsDefault")), groups[0] if groups else {})
    wanted = name.casefold()
    for key in ("Number", "Name", "Id"):
        for row in groups:
            if str(row.get(key, "")).casefold() == wanted:
                return row
    raise RecordUnknown(f"The PBX has no department '{name[:60]}'.")
