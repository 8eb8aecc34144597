"""The inbound rules: a number called from outside leads where its rule says, in the sets and in the call engine."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import count
from typing import Any

from threecx_simulator.pbx.ids import Dn
from threecx_simulator.pbx.state import Pbx
from threecx_simulator.pbx.world import Trunk
from threecx_simulator.xapi.administration import settle
from threecx_simulator.xapi.ids import DnIds
from threecx_simulator.xapi.records import Json, Refused
from threecx_simulator.xapi.sets.numbers import inbound_rule
from threecx_simulator.xapi.values import Row

_TO = "OfficeHoursDestination"


class InboundRules:
    """`rows` is the base of the set. Numbers of a trunk that lead nowhere have no rule; other conditions than the
    number called (the caller's number, a whole trunk) are kept, and calls do not heed them."""

    def __init__(self, pbx: Callable[[], Pbx], ids: DnIds) -> None:
        self._pbx = pbx
        self._dns = ids
        self._ids = DnIds(1)
        self._serial = count()
        self._others: list[int] = []
        self._idle: set[tuple[str, str]] = set()
        """Numbers whose rule leads to nothing inside."""

    def rows(self) -> Iterator[Row]:
        """The rules as the trunks have them, then those of other conditions."""
        pbx = self._pbx()
        for trunk in pbx.world.trunks:
            for did, dn in trunk.dids.items():
                if dn or (trunk.number, did) in self._idle:
                    yield inbound_rule(pbx, trunk, did, self._id(trunk, did), self._dns)
        yield from ({"Id": number} for number in self._others)

    def created(self, row: Json) -> tuple[Any, Json]:
        """A rule for a number called makes the trunk know that number."""
        did = str(row.get("Data") or "")
        if row.get("Condition", "BasedOnDID") != "BasedOnDID" or not did:
            number = self._ids.of(f"rule {next(self._serial)}")
            self._others.append(number)
            return number, row
        trunk = self._trunk(row.get("TrunkDN"))
        if any(one["Id"] == self._id(trunk, did) for one in self.rows()):
            raise Refused("Data", "WARNINGS.XAPI.ALREADY_IN_USE")
        self._lead(trunk, did, row.get(_TO))
        return self._id(trunk, did), row

    def changed(self, row: Row, changes: Json) -> Json:
        """Calls go where the rule leads now; a rule keeps its number."""
        did = str(row.get("Data") or "")
        if row["Id"] in self._others:
            return changes
        if changes.get("Data", did) != did:
            raise Refused("Data", "WARNINGS.XAPI.FORBIDDEN_CHANGE")
        if _TO in changes:
            self._lead(self._trunk(row["TrunkDN"]), did, changes[_TO])
        return changes

    def deleted(self, row: Row) -> None:
        """The number stays with its trunk and leads nowhere."""
        if row["Id"] in self._others:
            self._others.remove(row["Id"])
            return
        did = str(row["Data"])
        trunk = self._trunk(row["TrunkDN"])
        self._lead(trunk, did, None)
        self._idle.discard((trunk.number, did))

    def clear(self) -> None:
        """As at the beginning."""
        self._others.clear()
        self._idle.clear()

    def _id(self, trunk: Trunk, did: str) -> int:
        """Stays when other numbers come and go; two trunks may have the same number."""
        return self._ids.of(f"{trunk.number} {did}")

    def _trunk(self, named: Any) -> Trunk:
        """The trunk that a rule names by `Id` or `Number`; the first one when it names none."""
        told: Mapping[str, Any] = (named() if callable(named) else named) or {}
        trunks = self._pbx().world.trunks
        found = [
            one
            for one in trunks
            if told.get("Number") == one.number or told.get("Id") == self._dns.of(one.number)
        ]
        if not (found or (trunks and not told)):
            raise Refused("TrunkDN", "WARNINGS.XAPI.NOT_FOUND")
        return (found or list(trunks))[0]

    def _lead(self, trunk: Trunk, did: str, to: Mapping[str, Any] | None) -> None:
        pbx = self._pbx()
        dn = _inside(pbx, to or {})
        (self._idle.discard if dn else self._idle.add)((trunk.number, did))
        changed = replace(trunk, dids={**trunk.dids, did: dn})
        settle(
            pbx,
            replace(pbx.world, trunks=tuple(changed if one is trunk else one for one in pbx.world.trunks)),
        )


def _inside(pbx: Pbx, to: Mapping[str, Any]) -> Dn:
    """The number that a destination rings, a mailbox by its dial code; nothing for what leads outside or ends the call."""
    number = str(to.get("Number") or "")
    if to.get("To") == "VoiceMail":
        number = f"{pbx.world.voicemail_code}{number}"
    return Dn(number if number in pbx.directory.inside else "")
