"""The past of this PBX: the generated history, and on top the calls that ended while it ran."""

from collections.abc import Callable, Iterator
from copy import copy
from datetime import UTC, datetime

from threecx_simulator.company import History
from threecx_simulator.company.history import Row as LogRow
from threecx_simulator.company.past import PastCall
from threecx_simulator.pbx.ids import CallKey
from threecx_simulator.pbx.state import Pbx
from threecx_simulator.xapi.ended import past_call

_KEPT = 50_000  # live calls remembered
ALWAYS = (datetime(1990, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC))


class Archive:
    """Calls newest first; a live call appears once it has ended."""

    def __init__(self, pbx: Callable[[], Pbx], history: History) -> None:
        self._pbx = pbx
        self.history = history
        self._ended: dict[CallKey, PastCall] = {}
        self._count = 0
        self.transcribed: set[int] = set()
        self.erased: set[int] = set()
        self._frozen: list[PastCall] | None = None

    def for_reader(self, history: History) -> "Archive":
        """The archive as of now for a reader in another thread, which reads this copy of the history."""
        other = copy(self)
        other._frozen = self.live(*ALWAYS)
        other.history = history
        return other

    def live(self, first: datetime, last: datetime) -> list[PastCall]:
        """Calls of the running PBX that ended and began in that period."""
        if self._frozen is not None:
            return [call for call in self._frozen if first <= call.start <= last]
        found = [call for call in self._ended.values() if first <= call.start <= last]
        return sorted(found, key=lambda call: call.start, reverse=True)

    def collect(self, key: CallKey) -> None:
        """Take over a call that has ended; the engine may forget it then."""
        call = self._pbx().ended.get(key)
        if call is not None and key not in self._ended:
            self._ended[key] = past_call(self._pbx(), call, self._count)
            self._count += 1
            if len(self._ended) > _KEPT:
                del self._ended[next(iter(self._ended))]

    def calls(self, first: datetime, last: datetime) -> Iterator[PastCall]:
        """All of them."""
        yield from self.live(first, last)
        yield from self.history.calls(first, last)

    def call(self, number: int) -> PastCall | None:
        """One of them."""
        return next(
            (call for call in self.live(*ALWAYS) if call.number == number), None
        ) or self.history.call(number)

    def log(self, first: datetime, last: datetime) -> "Log":
        """The call log's rows of a period, park legs left out."""
        return Log(self, first, last)

    def reset(self) -> None:
        """Forget what clients did to recordings."""
        self.transcribed.clear()
        self.erased.clear()
        self._ended.clear()


class Log:
    """Rows of the call log by place; only those asked for are computed."""

    def __init__(self, archive: Archive, first: datetime, last: datetime) -> None:
        self._live: list[LogRow] = [
            (call, place, segment)
            for call in archive.live(first, last)
            for place, segment in enumerate(call.segments)
            if not segment.parked
        ]
        self._window = archive.history.window(first, last)

    def __len__(self) -> int:
        return len(self._live) + len(self._window)

    def rows(self, start: int, stop: int) -> Iterator[LogRow]:
        """The rows at these places."""
        yield from self._live[start:stop]
        ahead = len(self._live)
        if stop > ahead:
            yield from self._window.rows(max(0, start - ahead), stop - ahead)
