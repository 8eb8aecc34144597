"""Properties of DNs: what 3CX keeps about a number beside its settings, by name; scripts read `PROVFILE` and copy
`SHARED_BLFS` (third-party code)."""

import hashlib
from collections.abc import Callable
from itertools import count

from threecx_simulator.pbx.state import Pbx
from threecx_simulator.xapi.records import Json, Missing, Refused
from threecx_simulator.xapi.sets.numbers import all_dns
from threecx_simulator.xapi.values import Row


class DnProperties:
    """Of every number, as the PBX has them and as clients changed them. `seed`: the company's."""

    def __init__(self, pbx: Callable[[], Pbx], seed: int) -> None:
        self._pbx, self._seed = pbx, seed
        self._kept: dict[str, dict[str, Json]] = {}
        self._ids = count(1)

    def of(self, dn: str) -> list[Row]:
        """Those of one number; `Missing` when nobody has it."""
        return list(self._all(dn).values())

    def find(self, dn: str, name: str) -> Row | None:
        """One by name."""
        return self._all(dn).get(name)

    def create(self, dn: str, data: Json) -> None:
        """A new one."""
        name = str(data.get("Name") or "")
        if not name:
            raise Refused("Name", "WARNINGS.XAPI.REQUIRED")
        if name in self._all(dn):
            raise Refused("Name", "WARNINGS.XAPI.DUPLICATE")
        self._all(dn)[name] = {**data, "Id": next(self._ids)}

    def change(self, dn: str, data: Json) -> None:
        """One that is there, found by its id or else by its name."""
        known = self._all(dn)
        found = next((one for one in known.values() if one["Id"] == data.get("Id")), None)
        found = found or known.get(str(data.get("Name") or ""))
        if found is None:
            raise Missing("Property not found")
        known.pop(str(found["Name"]))
        changed = {**found, **data, "Id": found["Id"]}
        known[str(changed["Name"])] = changed

    def delete(self, dn: str, name: str) -> None:
        """One that is there."""
        if self._all(dn).pop(name, None) is None:
            raise Missing("Property not found")

    def clear(self) -> None:
        """As at the beginning."""
        self._kept.clear()
        self._ids = count(1)

    def _all(self, dn: str) -> dict[str, Json]:
        pbx = self._pbx()
        if dn not in all_dns(pbx):
            raise Missing("DN not found")
        if dn not in self._kept:
            person = any(one.number == dn for one in pbx.world.extensions)
            self._kept[dn] = self._first(dn) if person else {}
        return self._kept[dn]

    def _first(self, dn: str) -> dict[str, Json]:
        secret = hashlib.sha256(f"{self._seed} provisioning {dn}".encode()).hexdigest()
        values = {"PROVFILE": f"{secret[:24]}.xml", "SHARED_BLFS": "<PhoneDevice><BLFS/></PhoneDevice>"}
        return {
            name: {"Id": next(self._ids), "Name": name, "Value": value, "Description": ""}
            for name, value in values.items()
        }
