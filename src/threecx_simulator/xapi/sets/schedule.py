"""Opening hours, breaks and holidays."""

from collections.abc import Iterator
from typing import Any

from threecx_simulator.company import Company
from threecx_simulator.xapi.texts import clock

Row = dict[str, Any]
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def hours_of(company: Company) -> Row:
    """The opening hours as a `Schedule`."""
    periods = [
        {"DayOfWeek": _DAYS[day], "Start": clock(start), "Stop": clock(stop)}
        for day, (start, stop) in sorted(company.hours.items())
    ]
    return {"Type": "OfficeHours", "IgnoreHolidays": False, "Periods": periods}


def break_of(company: Company) -> Row:
    """The lunch break as a `Schedule`."""
    if company.lunch is None:
        return {"Type": "Never", "IgnoreHolidays": False, "Periods": []}
    start, stop = (clock(one) for one in company.lunch)
    periods = [{"DayOfWeek": _DAYS[day], "Start": start, "Stop": stop} for day in sorted(company.hours)]
    return {"Type": "BreakTime", "IgnoreHolidays": False, "Periods": periods}


def office_hours(company: Company, year: int) -> Row:
    """`/OfficeHours`."""
    return {
        "Hours": hours_of(company),
        "BreakTime": break_of(company),
        "TimeZoneId": company.time_zone,
        "SystemLanguage": company.language.upper(),
        "OfficeHolidays": lambda: list(holiday_rows(company, year)),
    }


def holiday_rows(company: Company, year: int) -> Iterator[Row]:
    """`/Holidays`: whole days, those that move for this year and the ones beside it."""
    for place, one in enumerate(company.holidays, start=1):
        if one.year is not None and abs(one.year - year) > 1:
            continue
        yield {
            "Id": place,
            "Name": one.name,
            "Group": "GRP0000",
            "Day": one.day,
            "Month": one.month,
            "DayEnd": one.day,
            "MonthEnd": one.month,
            "Year": one.year or 0,
            "YearEnd": one.year or 0,
            "IsRecurrent": one.year is None,
            "TimeOfStartDate": "PT0S",
            "TimeOfEndDate": "PT23H59M",
            "HolidayPrompt": "",
        }
