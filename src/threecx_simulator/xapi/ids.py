"""Numbers that the XAPI gives to what it shows. A DN keeps its `Id` for as long as the PBX runs."""

from collections.abc import Iterable


class DnIds:
    """`Id` by DN, handed out in the order of first sight; a real list begins at 29 (D)."""

    def __init__(self, first: int = 29) -> None:
        self._first = first
        self._ids: dict[str, int] = {}

    def of(self, dn: str) -> int:
        """The `Id` of that DN."""
        return self._ids.setdefault(dn, self._first + len(self._ids))

    def learn(self, dns: Iterable[str]) -> None:
        """Hand out ids in this order."""
        for dn in dns:
            self.of(dn)
