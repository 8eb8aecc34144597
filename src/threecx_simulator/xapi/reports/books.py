"""What a report reads, and what its parameters mean."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from threecx_simulator.company import Company, History
from threecx_simulator.company.past import PastCall, Visit
from threecx_simulator.pbx.world import World
from threecx_simulator.profile import Profile
from threecx_simulator.xapi.values import BadQuery

_PAST = timedelta(days=3660)
_NEXT = {"hour": timedelta(hours=1), "day": timedelta(hours=26), "month": timedelta(days=32)}
Row = dict[str, Any]
Given = Mapping[str, Any]


class NoReport(Exception):
    """The PBX answers with this status instead of a report."""

    def __init__(self, status: int) -> None:
        super().__init__(str(status))
        self.status = status


@dataclass(frozen=True, slots=True)
class Books:
    """A snapshot that a report can work through in a thread of its own."""

    world: World
    company: Company
    profile: Profile
    live: tuple[PastCall, ...]
    history: History
    now: datetime
    rules: tuple[Row, ...] = ()
    """The inbound rules, for the report that lists them."""

    def calls(self, first: datetime, last: datetime) -> Iterator[PastCall]:
        """Calls that began in that period, newest first."""
        yield from (call for call in self.live if first <= call.start <= last)
        yield from self.history.calls(first, last)

    def span(self, first: datetime, last: datetime) -> tuple[datetime, datetime]:
        """That period as far as it can be looked at: ten years back, and no further than now."""
        return max(first, self.now - _PAST), min(last, self.now)

    def visits(
        self, first: datetime, last: datetime, queues: Iterable[str]
    ) -> Iterator[tuple[PastCall, Visit]]:
        """Stays in these queues."""
        wanted = set(queues)
        for call in self.calls(first, last):
            if call.visit is not None and call.visit.queue in wanted:
                yield call, call.visit

    def queues(self, text: str, *, needed: bool = False) -> dict[str, str]:
        """Name by number of the queues in a parameter; empty = all, or a 404 where numbers are `needed` (T)."""
        known = {str(one.number): one.name for one in self.world.queues}
        if not text.strip():
            if needed:
                raise NoReport(404)
            return known
        return {number: known[number] for number in re.split(r"[\s,]+", text.strip()) if number in known}

    def department(self, number: str) -> str | None:
        """The name of a department by its number, `GRP0000` for one."""
        return next((one.name for one in self.company.departments if one.number == number), None)

    def members(self, department: str) -> list[str]:
        """Extensions of a department."""
        return [one.number for one in self.world.extensions if one.department == department]

    def person(self, number: str) -> str:
        """The name of an extension."""
        return next((one.name for one in self.world.extensions if one.number == number), number)


Report = Callable[[Books, Given], Iterable[Row]]


def interval(text: str) -> float:
    """Seconds of an interval parameter like `'0:00:20'` (T); 0 when empty."""
    found = re.fullmatch(r"(?:(?:(\d+)\.)?(\d+):)?(\d+):(\d+(?:\.\d+)?)", text.strip())
    if not text.strip() or text.strip() == "0":
        return 0.0
    if found is None:
        raise BadQuery(f"'{text}' is not an interval.")
    days, hours, minutes, seconds = (float(part or 0) for part in found.groups())
    return days * 86400 + hours * 3600 + minutes * 60 + seconds


def client_zone(books: Books, text: str) -> tzinfo:
    """The client's time zone: an offset on some PBXs, an IANA name on others, 404 for what this one does not take (T)."""
    takes = books.profile.report_time_zone
    offset = re.fullmatch(r"([+-])(\d\d):?(\d\d)", text)
    if offset and takes in {"offset", "both"}:
        minutes = int(offset[2]) * 60 + int(offset[3])
        if minutes >= 24 * 60:
            raise NoReport(404)
        return timezone(timedelta(minutes=minutes if offset[1] == "+" else -minutes))
    if not offset and text and takes in {"iana", "both"}:
        try:
            return ZoneInfo(text)
        except (ZoneInfoNotFoundError, ValueError, OSError) as unknown:
            raise NoReport(404) from unknown
    raise NoReport(404)


def slot(moment: datetime, zone: tzinfo, step: str) -> datetime:
    """The beginning of the hour, day or month that a moment belongs to, in UTC."""
    here = moment.astimezone(zone).replace(minute=0, second=0, microsecond=0)
    if step in {"day", "month"}:
        here = here.replace(hour=0)
    if step == "month":
        here = here.replace(day=1)
    return here.astimezone(UTC)


def slots(first: datetime, last: datetime, zone: tzinfo, step: str) -> Iterator[datetime]:
    """The beginnings of all hours, days or months that a period touches, in UTC."""
    at = slot(first, zone, step)
    while at < last:
        yield at
        at = slot(at + _NEXT[step], zone, step)  # a day has up to 25 hours, a month 31 days
