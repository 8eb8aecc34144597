"""Is the office open? Opening hours, breaks, holidays and the forced mode of a department, in its own time zone. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from threecx_pbx.reports.periods import seconds_of
from threecx_pbx.xapi.client import Row

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_LOOK_AHEAD_DAYS = 60


class OfficeState(StrEnum):
    """What callers meet."""

    OPEN = "open"
    CLOSED = "closed"
    BREAK = "break"
    HOLIDAY = "holiday"


_FORCED = {
    "ForceOpened": OfficeState.OPEN,
    "ForceClosed": OfficeState.CLOSED,
    "ForceBreak": OfficeState.BREAK,
    "ForceHoliday": OfficeState.HOLIDAY,
    "ForceCustomOperator": OfficeState.CLOSED,
}


@dataclass(frozen=True, slots=True)
class Span:
    """From one time of day to another, on one weekday (0 is Monday)."""

    weekday: int
    start: time
    stop: time


@dataclass(frozen=True, slots=True)
class Holiday:
    """From a local time on one day to another; `year` 0 comes each year."""

    name: str
    first: tuple[int, int, int]
    last: tuple[int, int, int]
    from_seconds: float
    to_seconds: float

    def spans(self, year: int) -> Iterator[tuple[datetime, datetime]]:
        """Local begin and end in that year, or begun in it; a day that the year lacks is left out."""
        first_year, month, day = self.first
        last_year, last_month, last_day = self.last
        if first_year not in (0, year):
            return
        ends = last_year or year + ((last_month, last_day) < (month, day))
        try:
            begin = datetime.combine(date(year, month, day), time()) + timedelta(seconds=self.from_seconds)
            end = datetime.combine(date(ends, last_month, last_day), time())
        except ValueError:
            return
        # 23:59 means until midnight: the PBX shows no seconds
        yield begin, end + timedelta(seconds=self.to_seconds) + timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Hours:
    """All that decides, of one department."""

    zone: ZoneInfo
    always: bool
    never: bool
    opening: tuple[Span, ...]
    breaks: tuple[Span, ...]
    holidays: tuple[Holiday, ...]
    forced: str = "Default"


@dataclass(frozen=True, slots=True)
class Office:
    """The state at one moment, and when it changes by itself; None when it does not within two months."""

    state: OfficeState
    forced: bool
    holiday: str
    next_change: datetime | None
    next_state: OfficeState | None


def office_at(hours: Hours, now: datetime) -> Office:
    """See `Office`."""
    forced = _FORCED.get(hours.forced)
    if forced is not None:
        return Office(forced, True, "", None, None)
    state, holiday = _state(hours, now)
    for moment in _changes(hours, now):
        then, _ = _state(hours, moment)
        if then is not state:
            return Office(state, False, holiday, moment, then)
    return Office(state, False, holiday, None, None)


def _state(hours: Hours, at: datetime) -> tuple[OfficeState, str]:
    local = at.astimezone(hours.zone).replace(tzinfo=None)
    for holiday in hours.holidays:
        if any(begin <= local < end for begin, end in _spans(holiday, local.year)):
            return OfficeState.HOLIDAY, holiday.name
    if hours.never:
        return OfficeState.CLOSED, ""
    if not hours.always and not _inside(hours.opening, local):
        return OfficeState.CLOSED, ""
    return (OfficeState.BREAK if _inside(hours.breaks, local) else OfficeState.OPEN), ""


def _spans(holiday: Holiday, year: int) -> Iterator[tuple[datetime, datetime]]:
    yield from holiday.spans(year - 1)
    yield from holiday.spans(year)


def _inside(spans: Sequence[Span], local: datetime) -> bool:
    at = local.time()
    return any(
        span.weekday == local.weekday() and span.start <= at and (at < span.stop or span.stop == time())
        for span in spans
    )


def _changes(hours: Hours, now: datetime) -> list[datetime]:
    """Moments after now at which something may change, in order."""
    today = now.astimezone(hours.zone).date()
    local: set[datetime] = set()
    for ahead in range(-1, _LOOK_AHEAD_DAYS):
        day = today + timedelta(days=ahead)
        for span in (*hours.opening, *hours.breaks):
            if span.weekday == day.weekday():
                over = timedelta(days=1) if span.stop == time() else timedelta(0)
                local |= {datetime.combine(day, span.start), datetime.combine(day, span.stop) + over}
    for holiday in hours.holidays:
        for year in (today.year - 1, today.year, today.year + 1):
            for begin, end in holiday.spans(year):
                local |= {begin, end}
    # a wall time that the clock skips becomes the moment after it
    moments = {one.replace(tzinfo=hours.zone).astimezone(UTC).astimezone(hours.zone) for one in local}
    last = now + timedelta(days=_LOOK_AHEAD_DAYS)
    return sorted(one for one in moments if now < one <= last)


def spans_of(schedule: Row | None) -> tuple[Span, ...]:
    """The periods of a `Pbx.Schedule`."""
    periods = (schedule or {}).get("Periods") or []
    found = [
        Span(_DAYS.index(one["DayOfWeek"]), _clock(one.get("Start")), _clock(one.get("Stop")))
        for one in periods
        if one.get("DayOfWeek") in _DAYS
    ]
    return tuple(span for span in found if span.start != span.stop or span.stop == time())


def _clock(text: object) -> time:
    """`08:30:00`, or a duration since midnight; both are seen for times of day (api.md 7.1)."""
    if isinstance(text, str) and text.startswith("P"):
        minutes = int(seconds_of(text)) // 60
        return time(minutes // 60 % 24, minutes % 60)
    try:
        return time.fromisoformat(str(text))
    except ValueError:
        return time()


def holiday_of(row: Row) -> Holiday:
    """One row of `Holidays`."""
    whole = row.get("TimeOfEndDate") is None
    recurrent = bool(row.get("IsRecurrent"))
    year = 0 if recurrent else int(row.get("Year") or 0)
    month, day = int(row.get("Month") or 0), int(row.get("Day") or 0)
    last = (int(row.get("MonthEnd") or 0) or month, int(row.get("DayEnd") or 0) or day)
    return Holiday(
        name=str(row.get("Name") or ""),
        first=(year, month, day),
        last=(0 if recurrent else int(row.get("YearEnd") or 0) or year, *last),
        from_seconds=seconds_of(row.get("TimeOfStartDate")),
        to_seconds=86_340.0 if whole else seconds_of(row.get("TimeOfEndDate")),
    )
