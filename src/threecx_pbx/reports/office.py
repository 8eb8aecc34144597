"""Is the office open? Opening hours, breaks, holidays and the forced mode of a department, in its own time zone. Pure."""

from calendar import isleap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from threecx_pbx.reports.periods import seconds_of
from threecx_pbx.xapi.client import Row

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_LOOK_AHEAD_DAYS = 60
_DAY_S = 86_400.0


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
        """Local begin and end in that year, or begun in it. The 29th of February that a year lacks is left out."""
        first_year, month, day = self.first
        last_year, last_month, last_day = self.last
        if first_year not in (0, year):
            return
        ends = last_year or year + ((last_month, last_day) < (month, day))
        try:
            begin = _moment(year, month, day, self.from_seconds)
            end = _moment(ends, last_month, last_day, self.to_seconds)
        except ValueError:
            return
        if begin < end:
            yield begin, end


def _moment(year: int, month: int, day: int, seconds: float) -> datetime:
    """Local; March begins in place of a 29th of February that the year lacks. Raises ValueError for another such day."""
    if (month, day) == (2, 29) and not isleap(year):
        return datetime.combine(date(year, 3, 1), time())
    return datetime.combine(date(year, month, day), time()) + timedelta(seconds=seconds)


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
    forced_until: datetime | None = None
    """When the forced mode ends by itself; None: it does not."""


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
    forced, until = _FORCED.get(hours.forced), hours.forced_until
    if forced is None or (until is not None and until.astimezone(UTC) <= now.astimezone(UTC)):
        return _unforced(hours, now)
    last = now.astimezone(UTC) + timedelta(days=_LOOK_AHEAD_DAYS)
    if until is None or until.astimezone(UTC) > last:
        return Office(forced, True, "", None, None)
    after = _unforced(hours, until.astimezone(hours.zone))
    if after.state is forced:
        return Office(forced, True, "", after.next_change, after.next_state)
    return Office(forced, True, "", until.astimezone(hours.zone), after.state)


def _unforced(hours: Hours, now: datetime) -> Office:
    state, holiday = _state(hours, now)
    for moment in _changes(hours, now):
        then, _ = _state(hours, moment)
        if then is not state:
            return Office(state, False, holiday, moment.astimezone(hours.zone), then)
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
    return any(
        begin <= local < end
        for span in spans
        for day in (local.date() - timedelta(days=1), local.date())
        for begin, end in _on(span, day)
    )


def _on(span: Span, day: date) -> Iterator[tuple[datetime, datetime]]:
    """Local begin and end of a period that begins on that day; one that stops before it starts goes past midnight."""
    if span.weekday == day.weekday():
        over = timedelta(days=1) if span.stop <= span.start else timedelta(0)
        yield datetime.combine(day, span.start), datetime.combine(day, span.stop) + over


def _changes(hours: Hours, now: datetime) -> list[datetime]:
    """Moments after now at which something may change, in order and in UTC.

    Two times of one zone are compared by the clock on the wall, which shows an hour twice in autumn.
    """
    today = now.astimezone(hours.zone).date()
    days = [today + timedelta(days=ahead) for ahead in range(-1, _LOOK_AHEAD_DAYS + 1)]
    spans = [one for span in (*hours.opening, *hours.breaks) for day in days for one in _on(span, day)]
    for holiday in hours.holidays:
        for year in (today.year - 1, today.year, today.year + 1):
            spans += holiday.spans(year)
    local = {moment for span in spans for moment in span}
    moments = {one.replace(tzinfo=hours.zone, fold=fold).astimezone(UTC) for one in local for fold in (0, 1)}
    moments |= {moment for day in days for moment in _clock_changes(day, hours.zone)}
    begin = now.astimezone(UTC)
    return sorted(one for one in moments if begin < one <= begin + timedelta(days=_LOOK_AHEAD_DAYS))


def _clock_changes(day: date, zone: ZoneInfo) -> Iterator[datetime]:
    """When the clock is changed on that day: the wall shows another time at once."""
    before = datetime.combine(day, time(), zone).astimezone(UTC)
    after = datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)
    was = before.astimezone(zone).utcoffset()
    if was == after.astimezone(zone).utcoffset():
        return
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) / 2
        if middle.astimezone(zone).utcoffset() == was:
            before = middle
        else:
            after = middle
    yield after.replace(microsecond=0)


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
        to_seconds=_DAY_S if whole else _until(seconds_of(row.get("TimeOfEndDate"))),
    )


def _until(seconds: float) -> float:
    """23:59 means until midnight: the PBX shows no seconds, and no later time of a day."""
    return _DAY_S if seconds >= _DAY_S - 60 else seconds
