"""The company behind the PBX: its numbers and who may ask what. Values only; `default_world()` is the demo's."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from threecx_simulator.pbx.behaviour import Behaviour
from threecx_simulator.pbx.ids import ClientId, Dn

DEFAULT_SECRET = "simulator-secret"  # noqa: S105 (the published secret of a PBX that stores nothing)

Role = Literal[
    "system_owners", "system_admins", "group_owners", "managers", "group_admins", "receptionists", "users"
]


@dataclass(frozen=True, slots=True)
class Device:
    """A telephone or app. `direct_control`: it can be told to answer (uaCSTA)."""

    device_id: str
    user_agent: str
    direct_control: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiClient:
    """An API client and its route point, whose DN is the client id."""

    client_id: ClientId
    name: str
    secret: str = field(default=DEFAULT_SECRET, repr=False)
    call_control: bool = True
    xapi: bool = True
    role: Role = "system_owners"
    monitors: tuple[Dn, ...] = ()

    @property
    def dn(self) -> Dn:
        """The route point's number."""
        return Dn(self.client_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """A person's number."""

    number: Dn
    first_name: str
    last_name: str
    devices: tuple[Device, ...]
    behaviour: Behaviour = Behaviour()
    department: str = "DEFAULT"

    @property
    def name(self) -> str:
        """As telephones display it."""
        return f"{self.first_name} {self.last_name}".strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """Callers wait here for an agent. Times in seconds."""

    number: Dn
    name: str
    agents: tuple[Dn, ...]
    strategy: Literal["RingAll", "Hunt"] = "RingAll"
    ring_timeout: float = 20.0
    master_timeout: float = 120.0
    managers: tuple[Dn, ...] | None = None
    """None = the first extension of the company."""
    skills: Mapping[Dn, str] = field(default_factory=dict)
    """`SkillGroup` of agents, where it is not 1."""
    overflow: Dn | None = None
    """Where a caller goes after the master time-out; None = the call ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RingGroup:
    """Several telephones that ring together."""

    number: Dn
    name: str
    members: tuple[Dn, ...]
    ring_timeout: float = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ivr:
    """3CX's own digital receptionist."""

    number: Dn
    name: str
    keys: Mapping[str, Dn]
    timeout: float = 30.0
    timeout_destination: Dn | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trunk:
    """A line to the outside. `dids` leads each number called from outside to a DN."""

    number: Dn
    name: str
    external_number: str
    dids: Mapping[str, Dn]
    simultaneous_calls: int = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Everything that an administrator has set up."""

    fqdn: str = "pbx.example.com"
    clients: tuple[ApiClient, ...]
    extensions: tuple[Extension, ...]
    queues: tuple[Queue, ...] = ()
    ring_groups: tuple[RingGroup, ...] = ()
    ivrs: tuple[Ivr, ...] = ()
    trunks: tuple[Trunk, ...] = ()
    parkings: tuple[Dn, ...] = ()
    voicemail: Dn = Dn("999")
    voicemail_code: str = "*4"
    """Dialled before an extension's number it reaches that voicemail (3CX's default dial code)."""
    conference: Dn = Dn("700")
    emergency_numbers: tuple[str, ...] = ("110", "112")
    max_sim_calls: int = 2048


def _extension(number: str, first: str, last: str, *devices: Device) -> Extension:
    phone = Device(f"sip:{number}@127.0.0.1:5483;rinstance=c2a75fd2f1caea{number[-2:]}", "3CX Desktop App")
    return Extension(number=Dn(number), first_name=first, last_name=last, devices=devices or (phone,))


def _client(number: str, name: str, secret: str, role: Role, monitors: tuple[Dn, ...]) -> ApiClient:
    return ApiClient(client_id=ClientId(number), name=name, secret=secret, role=role, monitors=monitors)


def default_world(secret: str = DEFAULT_SECRET) -> World:
    """A small company: operator, sales, support, a queue, a ring group and a menu behind one trunk."""
    seen = tuple(Dn(number) for number in ("100", "101", "102", "103", "104", "105", "800"))
    csta = Device("sip:103@127.0.0.1:5060;rinstance=7b1d4c20aa90ef31", "Yealink SIP-T54W 96.86.0.100", True)
    mobile = Device("sip:105@127.0.0.1:5490;rinstance=0f1e2d3c4b5a6978", "3CX Mobile Client")
    desk = Device("sip:105@127.0.0.1:5483;rinstance=c2a75fd2f1caea05", "3CX Desktop App")
    return World(
        clients=(
            _client("8001", "Workflows", secret, "system_owners", seen),
            _client("8002", "Second application", secret, "system_owners", seen),
            _client("8003", "Application with role users", secret, "users", seen),
            _client("8004", "Application with role system_admins", secret, "system_admins", seen),
        ),
        extensions=(
            _extension("100", "Olivia", "Operator"),
            _extension("101", "Sam", "Sales"),
            _extension("102", "Sue", "Support"),
            _extension("103", "Carl", "Csta", csta),
            _extension("104", "Ada", "Accounts"),
            _extension("105", "Manuel", "Manager", desk, mobile),
        ),
        queues=(Queue(number=Dn("800"), name="Support queue", agents=(Dn("102"), Dn("103"))),),
        ring_groups=(RingGroup(number=Dn("810"), name="Everybody", members=(Dn("100"), Dn("104"))),),
        ivrs=(
            Ivr(number=Dn("820"), name="Main menu", keys={"1": Dn("101"), "2": Dn("800"), "0": Dn("100")}),
        ),
        trunks=(
            Trunk(
                number=Dn("10001"),
                name="Trunk Berlin",
                external_number="+4930555000",
                dids={
                    "+4930555000": Dn("100"),
                    "+4930555001": Dn("8001"),
                    "+4930555002": Dn("8002"),
                    "+4930555101": Dn("101"),
                    "+4930555800": Dn("800"),
                },
            ),
        ),
        parkings=tuple(Dn(f"SP{n}") for n in range(4)),
    )
