"""Opening hours over breaks, holidays, a forced mode and changes of the clock."""

from dataclasses import replace
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from threecx_pbx.reports.office import Holiday, Hours, OfficeState, Span, holiday_of, office_at

BERLIN = ZoneInfo("Europe/Berlin")
CHRISTMAS = holiday_of(
    {
        "Name": "Christmas",
        "Day": 25,
        "Month": 12,
        "DayEnd": 26,
        "MonthEnd": 12,
        "IsRecurrent": True,
        "TimeOfEndDate": "PT23H59M",
    }
)
NEW_YEAR = holiday_of(
    {
        "Name": "New Year",
        "Day": 31,
        "Month": 12,
        "DayEnd": 1,
        "MonthEnd": 1,
        "IsRecurrent": True,
        "TimeOfStartDate": "PT14H",
        "TimeOfEndDate": "PT23H59M",
    }
)
HOURS = Hours(
    zone=BERLIN,
    always=False,
    never=False,
    opening=tuple(Span(day, time(9), time(17)) for day in range(5)),
    breaks=(Span(0, time(12), time(13)),),
    holidays=(CHRISTMAS, NEW_YEAR),
)
NIGHTS = replace(HOURS, opening=(Span(6, time(1), time(4)),), breaks=(), holidays=())


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("now", "state", "change", "then"),
    [
        ("2026-03-02T10:00", OfficeState.OPEN, "2026-03-02T12:00:00+01:00", OfficeState.BREAK),
        ("2026-03-02T12:00", OfficeState.BREAK, "2026-03-02T13:00:00+01:00", OfficeState.OPEN),
        ("2026-03-02T17:00", OfficeState.CLOSED, "2026-03-03T09:00:00+01:00", OfficeState.OPEN),
        ("2026-03-06T16:59", OfficeState.OPEN, "2026-03-06T17:00:00+01:00", OfficeState.CLOSED),
        # the weekend on which the clock is changed: Monday opens at nine by the new time
        ("2026-03-27T18:00", OfficeState.CLOSED, "2026-03-30T09:00:00+02:00", OfficeState.OPEN),
        ("2026-10-23T18:00", OfficeState.CLOSED, "2026-10-26T09:00:00+01:00", OfficeState.OPEN),
        ("2026-12-24T17:30", OfficeState.CLOSED, "2026-12-25T00:00:00+01:00", OfficeState.HOLIDAY),
        ("2026-12-25T10:00", OfficeState.HOLIDAY, "2026-12-27T00:00:00+01:00", OfficeState.CLOSED),
        ("2026-12-31T15:00", OfficeState.HOLIDAY, "2027-01-02T00:00:00+01:00", OfficeState.CLOSED),
        ("2027-01-01T10:00", OfficeState.HOLIDAY, "2027-01-02T00:00:00+01:00", OfficeState.CLOSED),
    ],
)
def test_the_state_and_its_next_change(now: str, state: OfficeState, change: str, then: OfficeState) -> None:
    office = office_at(HOURS, at(now))

    assert office.state is state
    assert office.next_change is not None
    assert (office.next_change.isoformat(), office.next_state) == (change, then)


def test_hours_within_the_night_of_the_change_are_those_of_the_clock_on_the_wall() -> None:
    before = office_at(NIGHTS, at("2026-03-29T00:30"))
    inside = office_at(NIGHTS, at("2026-03-29T03:30"))

    assert before.next_change is not None
    assert before.next_change.isoformat() == "2026-03-29T01:00:00+01:00"
    assert inside.state is OfficeState.OPEN
    assert inside.next_change is not None
    assert inside.next_change.isoformat() == "2026-03-29T04:00:00+02:00"


@pytest.mark.parametrize(
    ("mode", "state"),
    [
        ("ForceOpened", OfficeState.OPEN),
        ("ForceClosed", OfficeState.CLOSED),
        ("ForceBreak", OfficeState.BREAK),
        ("ForceHoliday", OfficeState.HOLIDAY),
    ],
)
def test_a_forced_mode_beats_the_hours_and_changes_by_hand_only(mode: str, state: OfficeState) -> None:
    office = office_at(replace(HOURS, forced=mode), at("2026-12-25T10:00"))

    assert (office.state, office.forced, office.next_change) == (state, True, None)


@pytest.mark.parametrize(
    ("until", "change", "then"),
    [
        ("2026-03-02T16:00:00+01:00", "2026-03-02T16:00:00+01:00", OfficeState.OPEN),
        # closed by the hours as well: nothing changes at that moment
        ("2026-03-02T22:00:00+01:00", "2026-03-03T09:00:00+01:00", OfficeState.OPEN),
        ("2027-03-02T22:00:00+01:00", None, None),
    ],
)
def test_a_forced_mode_that_expires_changes_by_itself(
    until: str, change: str | None, then: OfficeState | None
) -> None:
    forced = replace(HOURS, forced="ForceClosed", forced_until=datetime.fromisoformat(until))

    office = office_at(forced, at("2026-03-02T15:00"))

    assert (office.state, office.forced, office.next_state) == (OfficeState.CLOSED, True, then)
    assert (office.next_change.isoformat() if office.next_change else None) == change


def test_a_forced_mode_that_has_expired_counts_no_more() -> None:
    forced = replace(HOURS, forced="ForceClosed", forced_until=at("2026-03-02T14:00"))

    office = office_at(forced, at("2026-03-02T15:00"))

    assert (office.state, office.forced) == (OfficeState.OPEN, False)


NIGHT_SHIFT = replace(HOURS, opening=(Span(4, time(22), time(6)),), breaks=(), holidays=())


@pytest.mark.parametrize(
    ("now", "state", "change"),
    [
        ("2026-03-06T21:59", OfficeState.CLOSED, "2026-03-06T22:00:00+01:00"),
        ("2026-03-06T23:00", OfficeState.OPEN, "2026-03-07T06:00:00+01:00"),
        ("2026-03-07T05:59", OfficeState.OPEN, "2026-03-07T06:00:00+01:00"),
        ("2026-03-07T06:00", OfficeState.CLOSED, "2026-03-13T22:00:00+01:00"),
        ("2026-03-06T05:00", OfficeState.CLOSED, "2026-03-06T22:00:00+01:00"),
    ],
)
def test_hours_that_stop_before_they_start_go_past_midnight(
    now: str, state: OfficeState, change: str
) -> None:
    office = office_at(NIGHT_SHIFT, at(now))

    assert office.state is state
    assert office.next_change is not None
    assert office.next_change.isoformat() == change


SUNDAY_NIGHT = replace(HOURS, opening=(Span(6, time(1), time(2, 30)),), breaks=(), holidays=())


@pytest.mark.parametrize(
    ("now", "state", "change"),
    [
        # the wall shows 02:00 to 03:00 twice, and the hours are those of the wall
        ("2026-10-25T02:15+02:00", OfficeState.OPEN, "2026-10-25T02:30:00+02:00"),
        ("2026-10-25T02:45+02:00", OfficeState.CLOSED, "2026-10-25T02:00:00+01:00"),
        ("2026-10-25T02:15+01:00", OfficeState.OPEN, "2026-10-25T02:30:00+01:00"),
        ("2026-10-25T02:45+01:00", OfficeState.CLOSED, "2026-11-01T01:00:00+01:00"),
        # the wall never shows 02:30: at 03:00 it is past
        ("2026-03-29T01:45+01:00", OfficeState.OPEN, "2026-03-29T03:00:00+02:00"),
    ],
)
def test_the_next_change_lies_ahead_in_the_night_of_the_clock_change(
    now: str, state: OfficeState, change: str
) -> None:
    moment = datetime.fromisoformat(now)
    office = office_at(SUNDAY_NIGHT, moment.astimezone(BERLIN))

    assert office.state is state
    assert office.next_change is not None
    assert office.next_change.isoformat() == change
    assert office.next_change.astimezone(UTC) > moment


def holiday(first: tuple[int, int], last: tuple[int, int], end: str = "PT23H59M") -> Holiday:
    days = {"Month": first[0], "Day": first[1], "MonthEnd": last[0], "DayEnd": last[1]}
    return holiday_of({"Name": "Carnival", **days, "IsRecurrent": True, "TimeOfEndDate": end})


@pytest.mark.parametrize(
    ("first", "last", "year", "spans"),
    [
        ((2, 25), (2, 29), 2027, [("2027-02-25T00:00", "2027-03-01T00:00")]),
        ((2, 25), (2, 29), 2028, [("2028-02-25T00:00", "2028-03-01T00:00")]),
        ((2, 29), (3, 2), 2027, [("2027-03-01T00:00", "2027-03-03T00:00")]),
        ((2, 29), (2, 29), 2027, []),
        ((2, 30), (3, 2), 2027, []),
    ],
)
def test_a_yearly_holiday_stays_in_years_without_a_leap_day(
    first: tuple[int, int], last: tuple[int, int], year: int, spans: list[tuple[str, str]]
) -> None:
    found = [
        (begin.isoformat()[:16], end.isoformat()[:16]) for begin, end in holiday(first, last).spans(year)
    ]

    assert found == spans


def test_half_a_day_off_ends_with_the_minute_that_is_told() -> None:
    half = replace(HOURS, holidays=(holiday((3, 2), (3, 2), "PT15H"),))

    office = office_at(half, at("2026-03-02T14:59"))

    assert office.state is OfficeState.HOLIDAY
    assert office.next_change is not None
    assert office.next_change.isoformat() == "2026-03-02T15:00:00+01:00"


def test_an_office_that_is_always_open_knows_no_next_change() -> None:
    office = office_at(replace(HOURS, always=True, breaks=(), holidays=()), at("2026-03-01T03:00"))

    assert (office.state, office.next_change) == (OfficeState.OPEN, None)


def test_the_holiday_is_named() -> None:
    assert office_at(HOURS, at("2026-12-26T10:00")).holiday == "Christmas"
