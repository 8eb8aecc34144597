"""Days as people mean them, also when the clock is changed."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from threecx_pbx.errors import BadParameter
from threecx_pbx.reports.periods import TimeRange, custom_range, named_range, seconds_of, zone_named

BERLIN = ZoneInfo("Europe/Berlin")
SPRING, AUTUMN = datetime(2026, 3, 29, 12, tzinfo=UTC), datetime(2026, 10, 25, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "hours"), [(SPRING, 23), (AUTUMN, 25), (datetime(2026, 6, 1, tzinfo=UTC), 24)]
)
def test_today_lasts_as_long_as_the_day_does(now: datetime, hours: int) -> None:
    today = named_range(TimeRange.TODAY, now, BERLIN)

    assert today.end.astimezone(UTC) - today.start.astimezone(UTC) == timedelta(hours=hours)


def test_today_is_the_users_day_and_not_the_pbxs() -> None:
    late = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)

    assert named_range(TimeRange.TODAY, late, BERLIN).start.isoformat() == "2026-03-03T00:00:00+01:00"
    tokyo = named_range(TimeRange.TODAY, late, ZoneInfo("America/New_York"))
    assert tokyo.start.isoformat() == "2026-03-02T00:00:00-05:00"


@pytest.mark.parametrize(
    ("range_", "start", "end"),
    [
        (TimeRange.YESTERDAY, "2026-03-01T00:00:00+01:00", "2026-03-02T00:00:00+01:00"),
        (TimeRange.LAST_7_DAYS, "2026-02-24T00:00:00+01:00", "2026-03-03T00:00:00+01:00"),
        (TimeRange.THIS_MONTH, "2026-03-01T00:00:00+01:00", "2026-03-03T00:00:00+01:00"),
    ],
)
@pytest.mark.proves("data.getQueueStats.timeRange")
def test_named_ranges_begin_and_end_at_midnight(range_: TimeRange, start: str, end: str) -> None:
    found = named_range(range_, datetime(2026, 3, 2, 15, tzinfo=UTC), BERLIN)

    assert (found.start.isoformat(), found.end.isoformat()) == (start, end)


def test_an_end_that_is_a_date_counts_whole() -> None:
    found = custom_range("2026-03-28", "2026-03-29", SPRING, BERLIN)

    assert found.end.isoformat() == "2026-03-30T00:00:00+02:00"
    assert found.end.astimezone(UTC) - found.start.astimezone(UTC) == timedelta(hours=47)


@pytest.mark.parametrize("day", ["2026-11-20", "20261120", "2026-W47-5", "2026W475"])
def test_a_day_is_whole_however_it_is_spelled(day: str) -> None:
    found = custom_range(day, day, SPRING, BERLIN)

    assert (found.start.isoformat(), found.end.isoformat()) == (
        "2026-11-20T00:00:00+01:00",
        "2026-11-21T00:00:00+01:00",
    )


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2026-10-25T00:45:00Z", "2026-10-25T01:15:00Z"),
        ("2026-10-25T02:45:00+02:00", "2026-10-25T02:15:00+01:00"),
    ],
)
def test_the_hour_that_the_clock_shows_twice_is_two_hours(start: str, end: str) -> None:
    found = custom_range(start, end, AUTUMN, BERLIN)

    assert found.end.astimezone(UTC) - found.start.astimezone(UTC) == timedelta(minutes=30)
    assert found.end.astimezone(UTC) - found.last.astimezone(UTC) == timedelta(microseconds=1)
    with pytest.raises(BadParameter):
        custom_range(end, start, AUTUMN, BERLIN)


def test_a_year_that_nobody_means_is_refused_with_those_that_are_meant() -> None:
    with pytest.raises(BadParameter) as refused:
        custom_range("9999-01-01", "", SPRING, BERLIN)

    assert refused.value.message == "Start Date lies in the year 9999."
    assert refused.value.hint == "Choose a date in the years 2000 to 2099."


def test_a_time_that_the_clock_jumps_over_is_an_hour_later() -> None:
    found = custom_range("2026-03-29T02:30:00", "2026-03-29T04:00:00", SPRING, BERLIN)

    assert found.start.isoformat() == "2026-03-29T03:30:00+02:00"


def test_an_empty_end_is_now_and_an_offset_is_obeyed() -> None:
    found = custom_range("2026-03-29T00:00:00-05:00", "", SPRING, BERLIN)

    assert found.start.astimezone(UTC).hour == 5
    assert found.end == SPRING


def test_without_dates_the_range_is_today_until_now() -> None:
    found = custom_range("", " ", SPRING, BERLIN)

    assert found.start == named_range(TimeRange.TODAY, SPRING, BERLIN).start
    assert found.end == SPRING


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2026-03-02", "2026-03-01"),
        ("", "2020-03-01"),
        ("soon", ""),
        ("0001-01-01", ""),
        ("2026-13-01", ""),
        ("2026-W47", ""),
    ],
)
def test_dates_that_are_reversed_absurd_or_no_dates_are_refused(start: str, end: str) -> None:
    with pytest.raises(BadParameter):
        custom_range(start, end, SPRING, BERLIN)


@pytest.mark.parametrize("name", ["Europe/Atlantis", "../etc/passwd", "/etc/localtime", ""])
def test_an_unknown_time_zone_is_refused(name: str) -> None:
    with pytest.raises(BadParameter):
        zone_named(name)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("PT8M42S", 522), ("P5DT13H43M24.5S", 481404.5), ("PT0S", 0), (None, 0), ("soon", 0), ("-PT1M", -60)],
)
def test_durations_become_seconds(text: object, seconds: float) -> None:
    assert seconds_of(text) == seconds
