"""The days on which a country does not work: those of every year, and those that move with Easter or the weekday."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import cache, partial

from threecx_simulator.company.company import Holiday

_YEARS = range(2000, 2051)
Move = Callable[[int], date]


def _easter(year: int, days: int) -> date:
    """So many days after Easter Sunday (Meeus, Jones, Butcher)."""
    century, rest = divmod(year, 100)
    epact = (19 * (year % 19) + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (rest // 4) - epact - rest % 4) % 7
    late = (year % 19 + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1) + timedelta(days=days)


def _monday(year: int, month: int, nth: int, weekday: int = 0) -> date:
    """The nth Monday (or other weekday) of a month; -1 is its last."""
    if nth < 0:
        last = date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
        return last - timedelta(days=(last.weekday() - weekday) % 7)
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1))


_GOOD_FRIDAY = ("Good Friday", partial(_easter, days=-2))
_EASTER_MONDAY = ("Easter Monday", partial(_easter, days=1))
_ASCENSION = ("Ascension Day", partial(_easter, days=39))
_WHIT_MONDAY = ("Whit Monday", partial(_easter, days=50))

_FIXED = {
    "DE": (
        ("New Year", 1, 1),
        ("Labour Day", 5, 1),
        ("German Unity Day", 10, 3),
        ("Christmas", 12, 25),
        ("Boxing Day", 12, 26),
    ),
    "GB": (("New Year", 1, 1), ("Christmas", 12, 25), ("Boxing Day", 12, 26)),
    "US": (
        ("New Year", 1, 1),
        ("Juneteenth", 6, 19),
        ("Independence Day", 7, 4),
        ("Veterans Day", 11, 11),
        ("Christmas", 12, 25),
    ),
    "FR": (
        ("New Year", 1, 1),
        ("Labour Day", 5, 1),
        ("Victory Day", 5, 8),
        ("Bastille Day", 7, 14),
        ("Assumption", 8, 15),
        ("All Saints", 11, 1),
        ("Armistice", 11, 11),
        ("Christmas", 12, 25),
    ),
    "ES": (
        ("New Year", 1, 1),
        ("Epiphany", 1, 6),
        ("Labour Day", 5, 1),
        ("Assumption", 8, 15),
        ("National Day", 10, 12),
        ("All Saints", 11, 1),
        ("Constitution Day", 12, 6),
        ("Immaculate Conception", 12, 8),
        ("Christmas", 12, 25),
    ),
}
_MOVING: dict[str, tuple[tuple[str, Move], ...]] = {
    "DE": (_GOOD_FRIDAY, _EASTER_MONDAY, _ASCENSION, _WHIT_MONDAY),
    "GB": (
        _GOOD_FRIDAY,
        _EASTER_MONDAY,
        ("Early May bank holiday", partial(_monday, month=5, nth=1)),
        ("Spring bank holiday", partial(_monday, month=5, nth=-1)),
        ("Summer bank holiday", partial(_monday, month=8, nth=-1)),
    ),
    "US": (
        ("Martin Luther King Day", partial(_monday, month=1, nth=3)),
        ("Memorial Day", partial(_monday, month=5, nth=-1)),
        ("Labor Day", partial(_monday, month=9, nth=1)),
        ("Thanksgiving", partial(_monday, month=11, nth=4, weekday=3)),
    ),
    "FR": (_EASTER_MONDAY, _ASCENSION, _WHIT_MONDAY),
    "ES": (_GOOD_FRIDAY,),
}


@cache
def holidays_of(country: str) -> tuple[Holiday, ...]:
    """The holidays of a country."""
    return (*(Holiday(*one) for one in _FIXED[country]), *_moving(country))


def _moving(country: str) -> Iterator[Holiday]:
    for year in _YEARS:
        for name, day_in in _MOVING[country]:
            day = day_in(year)
            yield Holiday(name, day.month, day.day, year)
