"""What an administrator's changes over the XAPI mean for the PBX: new numbers can be called, agents ring, people go."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Any, cast

from threecx_simulator.pbx.directory import Directory
from threecx_simulator.pbx.ids import Dn
from threecx_simulator.pbx.state import Pbx
from threecx_simulator.pbx.world import Device, Extension, Ivr, Queue, RingGroup, Trunk, World
from threecx_simulator.xapi.ids import DnIds
from threecx_simulator.xapi.records import Json, Refused
from threecx_simulator.xapi.sets.numbers import all_dns
from threecx_simulator.xapi.sets.people import PROFILES
from threecx_simulator.xapi.sets.routing import peer_type
from threecx_simulator.xapi.values import Row

Entry = Extension | Queue | RingGroup | Ivr | Trunk | Dn
_IN_USE, _FIXED, _INVALID = (
    "WARNINGS.XAPI.ALREADY_IN_USE",
    "WARNINGS.XAPI.FORBIDDEN_CHANGE",
    "WARNINGS.XAPI.INVALID",
)


def settle(pbx: Pbx, world: World) -> None:
    """The PBX works with this world from now on."""
    pbx.world = world
    pbx.directory = Directory.of(world)


def first_free(pbx: Pbx, first: int) -> str:
    """The first number from `first` on that nobody has."""
    taken = set(all_dns(pbx))
    return next(str(number) for number in range(first, first + 10_000) if str(number) not in taken)


def _from(first: int) -> Callable[[Pbx], str]:
    return lambda pbx: first_free(pbx, first)


def _free_parking(pbx: Pbx) -> str:
    """Shared parking is `SP0`, `SP1` … (D: `SP11`)."""
    return next(name for name in (f"SP{place}" for place in count()) if name not in pbx.world.parkings)


@dataclass(frozen=True)
class Kind:
    """One sort of numbers: where the world keeps it, from where numbers are given, and how one is made and changed."""

    field: str
    first: Callable[[Pbx], str]
    make: Callable[[str, Json], Entry]
    change: Callable[[Pbx, Any, Json], tuple[Entry, Json]]


class NumberEffects:
    """Effects on the DNs of one kind."""

    def __init__(self, pbx: Callable[[], Pbx], ids: DnIds, kind: Kind) -> None:
        self._pbx = pbx
        self._ids = ids
        self._kind = kind

    def _entries(self) -> tuple[Entry, ...]:
        return cast("tuple[Entry, ...]", getattr(self._pbx().world, self._kind.field))

    def _replace(self, entries: Sequence[Entry]) -> None:
        changed: Any = {self._kind.field: tuple(entries)}
        settle(self._pbx(), replace(self._pbx().world, **changed))

    def created(self, row: Json) -> tuple[Any, Json]:
        """A new number; the first free one when the body names none."""
        pbx = self._pbx()
        number = str(row.get("Number") or self._kind.first(pbx))
        if number in all_dns(pbx):
            raise Refused("Number", _IN_USE)
        entry, rest = self._kind.change(pbx, self._kind.make(number, row), row)
        self._replace([*self._entries(), entry])
        return self._ids.of(number), {
            name: value for name, value in rest.items() if name not in {"Id", "Number"}
        }

    def changed(self, row: Row, changes: Json) -> Json:
        """A number never changes (E); what the PBX itself knows is told to it."""
        number = str(row["Number"])
        if changes.pop("Number", number) != number:
            raise Refused("Number", _FIXED)
        entries = list(self._entries())
        place = next(at for at, one in enumerate(entries) if number_of(one) == number)
        entries[place], rest = self._kind.change(self._pbx(), entries[place], changes)
        self._replace(entries)
        return rest

    def deleted(self, row: Row) -> None:
        """The number leads nowhere any more."""
        self._replace([one for one in self._entries() if number_of(one) != row["Number"]])


def number_of(entry: Entry) -> str:
    """The number of an entry of the world."""
    return entry if isinstance(entry, str) else entry.number


def _make_user(number: str, _row: Json) -> Entry:
    phone = Device(f"sip:{number}@127.0.0.1:5483;rinstance=made", "3CX Desktop App")
    return Extension(number=Dn(number), first_name="", last_name="", devices=(phone,))


def _change_user(pbx: Pbx, one: Extension, changes: Json) -> tuple[Entry, Json]:
    rest = dict(changes)
    profile = rest.pop("CurrentProfileName", None)
    if profile is not None and profile not in PROFILES:
        raise Refused("CurrentProfileName", _INVALID)
    if profile is not None:
        pbx.presence[one.number] = profile
    status = rest.pop("QueueStatus", None)
    if status is not None:
        pbx.queue_status[one.number] = status
    first, last = rest.pop("FirstName", one.first_name), rest.pop("LastName", one.last_name)
    rest.pop("DisplayName", None)
    return replace(one, first_name=first or "", last_name=last or ""), rest


def _dns(pbx: Pbx, rows: Any, target: str) -> tuple[Dn, ...]:
    """Extensions named by rows with `Number` or `Id`."""
    known = {one.number for one in pbx.world.extensions}
    numbers = tuple(Dn(str(row.get("Number") or "")) for row in rows or ())
    if not set(numbers) <= known:
        raise Refused(target, "WARNINGS.XAPI.NON_EXISTENT_EXT_NUMBER")
    return numbers


def _change_queue(pbx: Pbx, one: Queue, changes: Json) -> tuple[Entry, Json]:
    rest = dict(changes)
    if "Agents" in rest:
        rows = rest.pop("Agents") or ()
        skills = {Dn(str(row.get("Number"))): row["SkillGroup"] for row in rows if row.get("SkillGroup")}
        one = replace(one, agents=_dns(pbx, rows, "Agents"), skills=skills)
    if "Managers" in rest:
        one = replace(one, managers=_dns(pbx, rest.pop("Managers"), "Managers"))
    if rest.get("PollingStrategy") in {"RingAll", "Hunt"}:
        one = replace(one, strategy=rest.pop("PollingStrategy"))
    if rest.get("RingTimeout"):
        one = replace(one, ring_timeout=float(rest.pop("RingTimeout")))
    if rest.get("MasterTimeout"):
        one = replace(one, master_timeout=float(rest.pop("MasterTimeout")))
    return replace(one, name=str(rest.pop("Name", one.name))), rest


def _change_ring_group(pbx: Pbx, one: RingGroup, changes: Json) -> tuple[Entry, Json]:
    rest = dict(changes)
    if "Members" in rest:
        one = replace(one, members=_dns(pbx, rest.pop("Members"), "Members"))
    if rest.get("RingTime"):
        one = replace(one, ring_timeout=float(rest.pop("RingTime")))
    return replace(one, name=str(rest.pop("Name", one.name))), rest


def _change_ivr(pbx: Pbx, one: Ivr, changes: Json) -> tuple[Entry, Json]:
    """What the keys do stays as it was written; the engine learns of those that lead to a number."""
    rest = dict(changes)
    keys = one.keys
    if "Forwards" in rest:
        rows = [dict(row) for row in rest["Forwards"] or ()]
        rest["Forwards"] = [_completed(pbx, place, row) for place, row in enumerate(rows, start=1)]
        keys = {str(row.get("Input")): Dn(_led_to(pbx, row)) for row in rows if row.get("ForwardDN")}
    return replace(one, name=str(rest.pop("Name", one.name)), keys=keys), rest


def _completed(pbx: Pbx, place: int, row: Json) -> Json:
    kind = peer_type(pbx.directory, str(row.get("ForwardDN") or ""))
    told = {"Id": place, "ForwardType": "Extension" if row.get("ForwardDN") else "EndCall", "PeerType": kind}
    return told | {name: value for name, value in row.items() if value is not None and value != 0}


def _led_to(pbx: Pbx, row: Json) -> str:
    code = pbx.world.voicemail_code if row.get("ForwardType") == "VoiceMail" else ""
    return f"{code}{row['ForwardDN']}"


def _change_trunk(_pbx: Pbx, one: Trunk, changes: Json) -> tuple[Entry, Json]:
    rest = dict(changes)
    dids = dict(one.dids)
    if "DidNumbers" in rest:
        dids = {did: dids.get(did, Dn("")) for did in rest.pop("DidNumbers") or ()}
    external = rest.pop("ExternalNumber", one.external_number)
    return replace(one, dids=dids, external_number=str(external or "")), rest


def _keep(_pbx: Pbx, one: Any, changes: Json) -> tuple[Entry, Json]:
    return one, dict(changes)


KINDS = {
    "Users": Kind("extensions", _from(100), _make_user, _change_user),
    "Queues": Kind(
        "queues",
        _from(800),
        lambda number, _row: Queue(number=Dn(number), name=f"Queue {number}", agents=()),
        _change_queue,
    ),
    "RingGroups": Kind(
        "ring_groups",
        _from(800),
        lambda number, _row: RingGroup(number=Dn(number), name="", members=()),
        _change_ring_group,
    ),
    "Receptionists": Kind(
        "ivrs", _from(800), lambda number, _row: Ivr(number=Dn(number), name="", keys={}), _change_ivr
    ),
    "Trunks": Kind(
        "trunks",
        _from(10_001),
        lambda number, _row: Trunk(number=Dn(number), name=f"Trunk {number}", external_number="", dids={}),
        _change_trunk,
    ),
    "Parkings": Kind("parkings", _free_parking, lambda number, _row: Dn(number), _keep),
}
