"""`/EventLogs`: what the past nights and mornings left behind, and what has happened to the machine since."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from threecx_simulator.xapi.health import Health
from threecx_simulator.xapi.texts import stamp

Row = dict[str, Any]
_PAST = 499  # events before the PBX was started
_TEXTS = (
    (4100, "Info", "3CX System Service", "Backup completed", ["backup.zip"]),
    (4, "Info", "3CX SIP Server", "Trunk is registered", ["10001"]),
    (12290, "Warning", "3CX SIP Server", "Failed authentication attempt from 203.0.113.9", ["203.0.113.9"]),
    (4098, "Info", "3CX Management Console", "Configuration was changed", ["admin"]),
    (8710, "Warning", "3CX Media Server", "Phone of extension is not reachable", ["104"]),
)


class Journal:
    """Events by number: an event keeps its number, and a later one has a greater number, so that programs can ask for
    what came after the last that they know."""

    def __init__(self, seed: int, until: datetime, now: Callable[[], datetime]) -> None:
        self._seed, self._until, self._now = seed, until, now
        self._since: list[Row] = []
        self._stopped: set[str] = set()
        self._down: set[str] = set()
        self._last, self._purged = _PAST, 0

    def observe(self, health: Health) -> None:
        """Note what has changed since the last look."""
        for name in sorted(health.stopped_services - self._stopped):
            self._add(12301, "Error", "3CX System Service", f"Service {name} has stopped", name)
        for name in sorted(self._stopped - health.stopped_services):
            self._add(12302, "Info", "3CX System Service", f"Service {name} has started", name)
        for trunk in sorted(health.trunks_down - self._down):
            self._add(8193, "Error", "3CX SIP Server", f"Trunk {trunk} failed to register", trunk)
        for trunk in sorted(self._down - health.trunks_down):
            self._add(4, "Info", "3CX SIP Server", f"Trunk {trunk} is registered", trunk)
        self._stopped, self._down = set(health.stopped_services), set(health.trunks_down)

    def _add(self, code: int, kind: str, source: str, message: str, about: str) -> None:
        self._last += 1
        self._since.append(_event(self._last, code, kind, source, message, [about], self._now()))

    def rows(self) -> Iterator[Row]:
        """The newest first."""
        yield from reversed(self._since)
        for number in range(_PAST, self._purged, -1):
            code, kind, source, message, params = _TEXTS[(number * 7 + self._seed) % len(_TEXTS)]
            at = self._until - timedelta(hours=3 * (_PAST + 1 - number), minutes=(number * 17) % 60)
            yield _event(number, code, kind, source, message, params, at)

    def purge(self) -> None:
        """Empty it; numbers go on."""
        self._since.clear()
        self._purged = _PAST


def _event(
    number: int, code: int, kind: str, source: str, message: str, params: list[str], at: datetime
) -> Row:
    return {
        "Id": number,
        "EventId": code,
        "Type": kind,
        "Source": source,
        "Group": "",
        "Message": message,
        "Params": params,
        "TimeGenerated": stamp(at),
    }
