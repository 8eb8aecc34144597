"""Times as people say them, in their own time zone, as moments that the PBX understands. Pure."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import TypeAdapter, ValidationError

from threecx_pbx.errors import BadParameter

_EARLIEST, _LATEST = date(2000, 1, 1), date(2100, 1, 1)
_WEEK = re.compile(r"\d{4}-?W\d{2}")
"""Without its day; Python would take the Monday."""


class TimeRange(StrEnum):
    """Ranges by name; days are those of the asker's time zone."""

    TODAY = "today"
    YESTERDAY = "yesterday"
    LAST_7_DAYS = "last7Days"
    THIS_MONTH = "thisMonth"
    CUSTOM = "custom"


@dataclass(frozen=True, slots=True)
class Period:
    """From `start` until just before `end`, both aware."""

    start: datetime
    end: datetime

    @property
    def zone(self) -> ZoneInfo:
        """Whose days these are."""
        zone = self.start.tzinfo
        return zone if isinstance(zone, ZoneInfo) else ZoneInfo("UTC")

    @property
    def last(self) -> datetime:
        """The last microsecond: the reports' `periodTo` counts as inside."""
        return (self.end.astimezone(UTC) - timedelta(microseconds=1)).astimezone(self.zone)


def zone_named(name: str) -> ZoneInfo:
    """Raises BadParameter."""
    try:
        return ZoneInfo(name.strip())
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadParameter(
            f"The time zone '{name.strip()[:60]}' is not known.", hint="Write it like Europe/Berlin."
        ) from error


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The first moment of a day, also where the clock jumps over midnight that night."""
    return datetime.combine(day, time(), zone).astimezone(UTC).astimezone(zone)


def named_range(range_: TimeRange, now: datetime, zone: ZoneInfo) -> Period:
    """A range by name; `today` lasts until now's midnight, so 23 or 25 hours when the clock is changed."""
    today = now.astimezone(zone).date()
    begins = {
        TimeRange.TODAY: today,
        TimeRange.YESTERDAY: today - timedelta(days=1),
        TimeRange.LAST_7_DAYS: today - timedelta(days=6),
        TimeRange.THIS_MONTH: today.replace(day=1),
    }
    ends = today if range_ is TimeRange.YESTERDAY else today + timedelta(days=1)
    return Period(midnight(begins[range_], zone), midnight(ends, zone))


def custom_range(start: str, end: str, now: datetime, zone: ZoneInfo) -> Period:
    """Two dates or times as text; empty: from the beginning of today, until now. An end that is a date counts whole.

    Raises BadParameter.
    """
    today = midnight(now.astimezone(zone).date(), zone)
    begins = _moment(start, "Start Date", zone, is_end=False) if start.strip() else today
    ends = _moment(end, "End Date", zone, is_end=True) if end.strip() else now.astimezone(zone)
    # two times of one zone are compared by the clock on the wall, which shows an hour twice in autumn
    if ends.astimezone(UTC) <= begins.astimezone(UTC):
        raise BadParameter(
            f"Start Date ({start.strip() or 'today'}) is not before End Date ({end.strip() or 'now'}).",
            hint="Exchange the two dates.",
        )
    return Period(begins, ends)


def in_reason(found: date, name: str) -> None:
    """Raises BadParameter for a year that nobody means; `name` is the parameter's."""
    if not _EARLIEST <= found < _LATEST:
        raise BadParameter(
            f"{name} lies in the year {found.year}.", hint="Choose a date in the years 2000 to 2099."
        )


def _moment(text: str, name: str, zone: ZoneInfo, *, is_end: bool) -> datetime:
    plain = text.strip()
    try:
        found = datetime.fromisoformat("" if _WEEK.fullmatch(plain) else plain)
    except ValueError as error:
        raise BadParameter(
            f"{name} is not a date: '{plain[:40]}'.", hint="Write it like 2026-03-01 or 2026-03-01T08:30:00."
        ) from error
    in_reason(found.date(), name)
    if _is_day(plain):
        return midnight(found.date() + timedelta(days=1 if is_end else 0), zone)
    if found.tzinfo is None:
        # a time that the clock jumped over becomes the one an hour later, as people mean it
        found = found.replace(tzinfo=zone).astimezone(UTC)
    return found.astimezone(zone)


def _is_day(text: str) -> bool:
    """`2026-03-01`, `20260301`, `2026-W09-7`: a day without a time."""
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


_length = TypeAdapter(timedelta).validator.validate_python


def seconds_of(length: object) -> float:
    """`PT8M42S`, `P5DT13H43M24.960179S` → seconds; a missing one is zero (api.md 7.1)."""
    if not length or not isinstance(length, str):
        return 0.0
    try:
        return float(_length(length).total_seconds())
    except ValidationError:
        return 0.0


def when(value: object) -> datetime | None:
    """A moment that the PBX told; None where it told none."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
