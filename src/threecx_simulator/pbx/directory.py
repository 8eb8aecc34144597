"""Finding what stands behind a dialled number. Built once from the `World`."""

from collections.abc import Mapping
from dataclasses import dataclass

from threecx_simulator.pbx.ids import Dn, DnType
from threecx_simulator.pbx.world import ApiClient, Device, Extension, Ivr, Queue, RingGroup, Trunk, World

_SHORTEST_OUTSIDE = 5  # digits: shorter numbers are internal or unknown


@dataclass(frozen=True, slots=True)
class Voicemail:
    """The mailbox of an extension, reached at the voicemail menu's DN."""

    number: Dn
    of: str


@dataclass(frozen=True, slots=True)
class Parking:
    """A place in the shared parking."""

    number: Dn


@dataclass(frozen=True, slots=True)
class Conference:
    """The conference bridge."""

    number: Dn


@dataclass(frozen=True, slots=True)
class Outside:
    """A number reached over a trunk."""

    trunk: Trunk
    number: str


Target = Extension | ApiClient | Queue | RingGroup | Ivr | Voicemail | Parking | Conference | Outside

TYPES: Mapping[type[Target], DnType] = {
    Extension: DnType.EXTENSION,
    ApiClient: DnType.ROUTE_POINT,
    Queue: DnType.QUEUE,
    RingGroup: DnType.RING_GROUP,
    Ivr: DnType.IVR,
    Voicemail: DnType.SPECIAL_MENU,
    Parking: DnType.PARKING,
    Conference: DnType.CONFERENCE,
    Outside: DnType.EXTERNAL,
}


@dataclass(frozen=True, slots=True)
class Directory:
    """Every number of the PBX."""

    world: World
    inside: Mapping[str, Target]
    dids: Mapping[str, tuple[Trunk, Dn]]
    trunks: Mapping[str, Trunk]

    @classmethod
    def of(cls, world: World) -> "Directory":
        """The directory of that company."""
        groups = (world.extensions, world.queues, world.ring_groups, world.ivrs)
        inside: dict[str, Target] = {entry.number: entry for group in groups for entry in group}
        inside |= {client.dn: client for client in world.clients}
        inside |= {number: Parking(number) for number in world.parkings}
        inside |= {
            world.voicemail: Voicemail(world.voicemail, ""),
            world.conference: Conference(world.conference),
        }
        mailboxes = {f"{world.voicemail_code}{one.number}": one.number for one in world.extensions}
        inside |= {code: Voicemail(world.voicemail, number) for code, number in mailboxes.items()}
        dids = {did: (trunk, dn) for trunk in world.trunks for did, dn in trunk.dids.items()}
        return cls(world, inside, dids, {trunk.number: trunk for trunk in world.trunks})

    def find(self, number: str) -> Target | None:
        """What a dialled number leads to; None = nothing. A DID of ours leads back inside."""
        if number in self.inside:
            return self.inside[number]
        if number in self.dids:
            return self.inside.get(self.dids[number][1])
        return self._outside(number)

    def _outside(self, number: str) -> Target | None:
        digits = number.removeprefix("+")
        dialable = digits.isdigit() and (
            number.startswith("+")
            or len(digits) >= _SHORTEST_OUTSIDE
            or number in self.world.emergency_numbers
        )
        trunk = next(iter(self.world.trunks), None)
        return Outside(trunk, number) if dialable and trunk else None

    def type_of(self, dn: str) -> DnType:
        """The type of a DN; trunks are known by their own number."""
        if dn in self.trunks:
            return DnType.EXTERNAL
        target = self.inside.get(dn)
        return TYPES[type(target)] if target else DnType.NONE

    def devices(self, dn: str) -> tuple[Device, ...]:
        """The devices of a DN: telephones of an extension, the one that a route point, queue or menu has (E: examples
        call out from `devices[0]` of each)."""
        target = self.inside.get(dn)
        if isinstance(target, Extension):
            return target.devices
        if isinstance(target, ApiClient):
            return (Device(f"sip:{target.dn}@127.0.0.1:5484;rinstance=route-point", "3CX Call Control API"),)
        if isinstance(target, Queue | Ivr):
            kind = "Queue" if isinstance(target, Queue) else "IVR"
            return (Device(f"sip:{target.number}@127.0.0.1:5485;rinstance={kind.lower()}", f"3CX {kind}"),)
        return ()

    def client(self, client_id: str) -> ApiClient | None:
        """The API client with that id, as it is set up now."""
        found = self.inside.get(client_id)
        return found if isinstance(found, ApiClient) else None

    def name(self, dn: str) -> str:
        """The display name of a DN; empty when it has none."""
        target = self.inside.get(dn) or self.trunks.get(dn)
        return str(getattr(target, "name", ""))
