"""Rows that can be created, changed and deleted: what the PBX has anyhow, with an administrator's changes laid over it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from threecx_simulator.xapi.values import Row

Json = dict[str, Any]


class Refused(Exception):
    """3CX's own check says no: 400 with `target` and a word of `Pbx.Warnings`."""

    def __init__(self, target: str, warning: str) -> None:
        super().__init__(f"{target}: {warning}")
        self.target, self.warning = target, warning


class Missing(Exception):
    """What an action is about is not there: 404 with a plain text under `error` (D)."""


class Effects(Protocol):
    """What changes mean for the PBX itself. Each returns the properties that remain to be kept as they are."""

    def created(self, row: Json) -> tuple[Any, Json]:
        """The key of the new row."""

    def changed(self, row: Row, changes: Json) -> Json:
        """Before anything is kept; `Refused` keeps nothing."""

    def deleted(self, row: Row) -> None:
        """It goes now."""


def nothing() -> Iterable[Row]:
    """A set that is empty until somebody adds to it."""
    return ()


@dataclass
class Records:
    """One entity set. `base`: its rows by themselves, each with the property `key`."""

    key: str
    base: Callable[[], Iterable[Row]] = nothing
    effects: Effects | None = None
    fresh: Callable[[Json], Any] | None = None
    """Gives a new row's key when no `effects` do."""
    guard: Callable[[Row | None, Json], None] | None = None
    """Looks at a new row (None) or at changes of one before they are kept; may complete them or raise `Refused`."""
    stays: Callable[[Row], None] | None = None
    """Looks at a row before it is deleted; may raise `Refused`."""
    on_change: Callable[[], None] | None = None
    """Told after every creation, change and deletion."""
    _changes: dict[Any, Json] = field(default_factory=dict)
    _made: dict[Any, Json] = field(default_factory=dict)
    _gone: set[Any] = field(default_factory=set)

    def __iter__(self) -> Iterator[Row]:
        for row in self.base():
            key = row.get(self.key)
            if key not in self._gone:
                yield {**row, **self._changes[key]} if key in self._changes else row
        yield from self._made.values()

    def find(self, name: str, value: object) -> Row | None:
        """The row whose property `name` is that; numbers and texts differ."""
        return next(
            (row for row in self if row.get(name) == value and type(row.get(name)) is type(value)), None
        )

    def create(self, data: Json) -> Row:
        """The new row."""
        if self.effects is not None:
            key, rest = self.effects.created(data)
            self._gone.discard(key)
            self._changes[key] = rest
            row = self._get(key)
            if self.guard is not None:
                self.guard(row, rest)
            self._tell()
            return self._get(key)
        if self.guard is not None:
            self.guard(None, data)
        key = self.fresh(data) if self.fresh else data.get(self.key)
        if key is None:
            raise Refused(self.key, "WARNINGS.XAPI.REQUIRED")
        if self.find(self.key, key):
            raise Refused(self.key, "WARNINGS.XAPI.DUPLICATE")
        self._made[key] = {**data, self.key: key}
        self._tell()
        return self._made[key]

    def _tell(self) -> None:
        if self.on_change is not None:
            self.on_change()

    def _get(self, key: Any) -> Row:
        found = self.find(self.key, key)
        assert found is not None
        return found

    def change(self, row: Row, changes: Mapping[str, Any]) -> None:
        """Lay changes over a row."""
        key = row[self.key]
        kept = {name: value for name, value in changes.items() if name != self.key}
        if self.effects is not None:
            kept = self.effects.changed(row, kept)
        if self.guard is not None:
            self.guard(row, kept)
        if key in self._made:
            self._made[key] |= kept
        else:
            self._changes.setdefault(key, {}).update(kept)
        self._tell()

    def delete(self, row: Row) -> None:
        """Take a row away."""
        if self.stays is not None:
            self.stays(row)
        key = row[self.key]
        if self.effects is not None:
            self.effects.deleted(row)
        if self._made.pop(key, None) is None:
            self._gone.add(key)
        self._changes.pop(key, None)
        self._tell()

    def clear(self) -> None:
        """As at the beginning."""
        self._changes.clear()
        self._made.clear()
        self._gone.clear()
