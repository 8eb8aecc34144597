"""Values: what an administrator and the phone book know of a company beyond its numbers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cached_property
from zoneinfo import ZoneInfo

from threecx_simulator.pbx.ids import Dn

Hours = Mapping[int, tuple[time, time]]  # weekday (Monday 0) → open, close


@dataclass(frozen=True, slots=True)
class Contact:
    """An entry of the company's phone book."""

    first_name: str
    last_name: str
    company: str
    number: str
    mobile: str
    email: str


@dataclass(frozen=True, slots=True)
class Holiday:
    """A day off. `year` None = every year."""

    name: str
    month: int
    day: int
    year: int | None = None


@dataclass(frozen=True, slots=True)
class Department:
    """A 3CX group. `number` like `GRP0000`; `members` are extension numbers."""

    number: str
    name: str
    members: tuple[Dn, ...]


@dataclass(frozen=True)
class Company:
    """Beside the `World`: who they are, when they are open, whom they know."""

    name: str
    country: str
    language: str
    time_zone: str
    departments: tuple[Department, ...]
    hours: Hours
    lunch: tuple[time, time] | None
    holidays: tuple[Holiday, ...]
    contacts: tuple[Contact, ...]
    strangers: tuple[str, ...]
    """Outside numbers that are in no phone book."""
    seed: int = 0

    @cached_property
    def zone(self) -> ZoneInfo:
        """The office's time zone."""
        return ZoneInfo(self.time_zone)

    def holiday(self, day: date) -> Holiday | None:
        """The holiday of a day."""
        known, that = self._days_off, (day.month, day.day)
        return known.get((day.year, *that)) or known.get((None, *that))

    @cached_property
    def _days_off(self) -> dict[tuple[int | None, int, int], Holiday]:
        return {(one.year, one.month, one.day): one for one in self.holidays}

    def open_on(self, day: date) -> tuple[time, time] | None:
        """When the office opens and closes on a day; None = it does not."""
        return None if self.holiday(day) else self.hours.get(day.weekday())

    def open_at(self, moment: datetime) -> bool:
        """Whether somebody is there."""
        here = moment.astimezone(self.zone)
        found = self.open_on(here.date())
        return found is not None and found[0] <= here.time() < found[1]
