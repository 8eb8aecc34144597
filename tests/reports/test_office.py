"""Opening hours over breaks, holidays, a forced mode and changes of the clock."""

from dataclasses import replace
from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest

from threecx_pbx.reports.office import Hours, OfficeState, Span, holiday_of, office_at

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


def test_an_office_that_is_always_open_knows_no_next_change() -> None:
    office = office_at(replace(HOURS, always=True, breaks=(), holidays=()), at("2026-03-01T03:00"))

    assert (office.state, office.next_change) == (OfficeState.OPEN, None)


def test_the_holiday_is_named() -> None:
    assert office_at(HOURS, at("2026-12-26T10:00")).holiday == "Christmas"
