"""Call history of any size: planned by days, computed when read, newest first. Memory does not grow with its size."""

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator
from copy import copy
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
from random import Random

from threecx_simulator.company.company import Company
from threecx_simulator.company.day import Day, Scene
from threecx_simulator.company.past import GENERATED, PastCall, Segment, day_of
from threecx_simulator.pbx.world import World

_WEEK = (1.45, 1.05, 1.0, 1.0, 0.85, 0.10, 0.04)  # share of calls from Monday to Sunday: Mondays are busy
_HOLIDAY = 0.06
_LEAST, _SPAN = 120, 365  # rows on an ordinary day at least; days over which a long history spreads
_KEPT_DAYS = 12

Row = tuple[PastCall, int, Segment]  # the call, the segment's place in it (from 0), the segment


class History:
    """`rows` rows of the call log (park legs not counted), the last of them over by `until`."""

    def __init__(self, world: World, company: Company, rows: int, until: datetime) -> None:
        if rows > _SPAN * GENERATED // 2:
            raise ValueError(f"A history has at most {_SPAN * GENERATED // 2} rows")
        self._scene = Scene(world, company)
        self.until = until.astimezone(UTC)
        self._today = until.astimezone(company.zone).date()
        self._kept: OrderedDict[int, tuple[PastCall, ...]] = OrderedDict()
        self._usual = max(_LEAST, rows // _SPAN)
        self._plan = self._planned(rows)
        self._ends = list(accumulate(self._plan))

    def _planned(self, rows: int) -> list[int]:
        """Rows of each day from today back."""
        plan: list[int] = []
        left = rows
        while left > 0:
            day = self._today - timedelta(days=len(plan))
            count = self._rows_of(day)
            if not plan:
                calls = [call for call in Day(self._scene, day, count).calls() if call.end <= self.until]
                count = sum(len(call.rows(hide_parked=True)) for call in calls)
            plan.append(min(count, left))
            left -= plan[-1]
        return plan

    def _rows_of(self, day: date) -> int:
        company = self._scene.company
        share = _HOLIDAY if company.holiday(day) else _WEEK[day.weekday()]
        jitter = 0.85 + 0.3 * Random(f"{company.seed} volume {day.isoformat()}").random()  # noqa: S311 (fictions)
        return max(1, int(self._usual * share * jitter))

    def apart(self) -> "History":
        """The same history for a reader in another thread: days in memory are not shared."""
        other = copy(self)
        other._kept = OrderedDict()
        return other

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def _calls_of(self, place: int) -> tuple[PastCall, ...]:
        """The calls of the day that is `place` days back, newest first."""
        kept = self._kept.get(place)
        if kept is None:
            day = self._today - timedelta(days=place)
            kept = self._made(place, day)
            self._kept[place] = kept
            if len(self._kept) > _KEPT_DAYS:
                self._kept.popitem(last=False)
        else:
            self._kept.move_to_end(place)
        return kept

    def _made(self, place: int, day: date) -> tuple[PastCall, ...]:
        full = self._rows_of(day)
        last = place == len(self._plan) - 1
        calls = Day(self._scene, day, self._plan[place] if last and place else full).calls()
        if place == 0:
            calls = tuple(call for call in calls if call.end <= self.until)
        found: list[PastCall] = []
        left = self._plan[place]
        for call in reversed(calls):
            rows = len(call.rows(hide_parked=True))
            if rows > left:
                continue
            found.append(call)
            left -= rows
        return tuple(found)

    def _places(self, first: datetime, last: datetime) -> range:
        """Days that may hold calls begun in that period."""
        zone = self._scene.company.zone
        newest = (self._today - min(last, self.until).astimezone(zone).date()).days
        oldest = (self._today - max(first, datetime(1900, 1, 2, tzinfo=UTC)).astimezone(zone).date()).days
        return range(max(0, newest), min(len(self._plan), oldest + 1))

    def calls(self, first: datetime, last: datetime) -> Iterator[PastCall]:
        """Calls that began in that period, newest first."""
        places = self._places(first, last)
        for place in places:
            for call in self._calls_of(place):
                if first <= call.start <= last:
                    yield call

    def call(self, number: int) -> PastCall | None:
        """One call."""
        place = self._today.toordinal() - day_of(number)
        if not 0 <= place < len(self._plan):
            return None
        return next((call for call in self._calls_of(place) if call.number == number), None)

    def window(self, first: datetime, last: datetime) -> "Window":
        """The call log's rows of that period, park legs left out."""
        return Window(self, self._places(first, last), first, last)

    def rows_between(self, places: range, first: datetime, last: datetime) -> list[int]:
        """Rows of each of these days that began in the period; only the days at its edges are computed."""
        cut = {places.start, places.stop - 1} if places else set()
        return [
            len(self.day_rows(place, first, last))
            if place in cut and not self._whole(place, first, last)
            else self._plan[place]
            for place in places
        ]

    def _whole(self, place: int, first: datetime, last: datetime) -> bool:
        zone = self._scene.company.zone
        begin = datetime.combine(self._today - timedelta(days=place), time.min, zone)
        return first <= begin and begin + timedelta(days=1, hours=2) <= last

    def day_rows(self, place: int, first: datetime, last: datetime) -> list[Row]:
        """One day's rows of the period, the newest call first, its segments in their order."""
        return [
            (call, number, segment)
            for call in self._calls_of(place)
            if first <= call.start <= last
            for number, segment in enumerate(call.segments)
            if not segment.parked
        ]


class Window:
    """A period of the history as a sequence of rows that can be entered anywhere."""

    def __init__(self, history: History, places: range, first: datetime, last: datetime) -> None:
        self._history = history
        self._places, self._first, self._last = places, first, last
        self._ends = list(accumulate(history.rows_between(places, first, last)))

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def rows(self, start: int, stop: int) -> Iterator[Row]:
        """The rows at these places."""
        at = bisect_right(self._ends, start)
        done = self._ends[at - 1] if at else 0
        while at < len(self._ends) and done < stop:
            found = self._history.day_rows(self._places[at], self._first, self._last)
            yield from found[max(0, start - done) : stop - done]
            done = self._ends[at]
            at += 1
