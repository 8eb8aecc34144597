"""What the PBX remembers: calls, their legs, attempts to reach somebody, timers. Changed only by the rules beside it."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from random import Random

from threecx_simulator.pbx.behaviour import Behaviour
from threecx_simulator.pbx.directory import Directory
from threecx_simulator.pbx.effects import Effect
from threecx_simulator.pbx.ids import (
    AttemptId,
    CallKey,
    CallNumber,
    ClientId,
    Dn,
    DnType,
    ParticipantId,
    Reason,
    Status,
    Ticket,
)
from threecx_simulator.pbx.world import Device, World
from threecx_simulator.profile import Profile


@dataclass(frozen=True, slots=True)
class DnRef:
    """A DN and its type, as `originated_by_*` and its like carry them."""

    dn: str = ""
    type: DnType = DnType.NONE


@dataclass(frozen=True, slots=True)
class Identity:
    """One side of a call as the other side sees it."""

    dn: str = ""
    type: DnType = DnType.NONE
    name: str = ""
    number: str = ""
    did: str = ""


@dataclass(slots=True)
class Leg:
    """A participant. `party` is the other side as of now; `peer` the leg it talks to."""

    id: ParticipantId
    legid: int
    call: CallKey
    who: Identity
    status: Status
    party: Identity
    uid: str
    born: datetime
    device_id: str = ""
    direct_control: bool = False
    originated_by: DnRef = DnRef()
    referred_by: DnRef = DnRef()
    on_behalf_of: DnRef = DnRef()
    peer: ParticipantId | None = None
    attempt: AttemptId | None = None
    connected_at: datetime | None = None
    dial_on_answer: "Dial | None" = None
    spent: bool = False
    """Left over after its caller was routed on: alive, without anybody at the other end."""

    @property
    def dn(self) -> Dn:
        """The DN that it belongs to."""
        return Dn(self.who.dn)


@dataclass(frozen=True, slots=True)
class Dial:
    """What a telephone is to dial once its user has picked up (makecall from an extension)."""

    destination: str
    timeout: float
    ticket: Ticket | None


class Kind(StrEnum):
    """Why somebody is being rung."""

    INITIAL = "initial"
    MAKECALL = "makecall"
    ROUTE = "route"
    TRANSFER = "transfer"
    QUEUE = "queue"


@dataclass(slots=True)
class Attempt:
    """Ringing `destination` for the leg `caller`. `own` is the leg that gives way on success."""

    id: AttemptId
    call: CallKey
    kind: Kind
    caller: Leg
    destination: str
    own: Leg | None = None
    tickets: list[Ticket] = field(default_factory=list)
    originated_by: DnRef = DnRef()
    referred_by: DnRef = DnRef()
    on_behalf_of: DnRef = DnRef()
    legs: set[ParticipantId] = field(default_factory=set)
    path: tuple[str, ...] = ()
    on_fail: "Callable[[Pbx, Attempt, Reason], bool] | None" = None
    """What else to try; True = something is under way, so that this is not the end."""
    on_success: "Callable[[Pbx, Leg], None] | None" = None
    """What follows when somebody has answered, on the leg given."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of a call's timeline."""

    at: datetime
    what: str


@dataclass(slots=True)
class Call:
    """Legs that belong together."""

    key: CallKey
    callid: CallNumber
    active_id: int
    began: datetime
    origin: str
    target: str
    caller: ParticipantId | None = None
    application: ClientId | None = None
    """The API client whose route point made this call; it may see the far legs."""
    legs: dict[ParticipantId, Leg] = field(default_factory=dict)
    attempts: dict[AttemptId, Attempt] = field(default_factory=dict)
    timeline: list[Moment] = field(default_factory=list)
    legs_made: int = 0
    connected_to: str | None = None
    established: datetime | None = None
    changed: datetime | None = None
    ended: datetime | None = None
    ended_by: str | None = None
    by_helper: bool = False
    replayed: bool = False
    """Played from a recording: its legs come and go as they did, whatever is asked of them."""
    attached: dict[str, dict[str, str]] = field(default_factory=dict)
    """Data that programs attached, by the label of the leg; kept when the leg has gone."""
    caller_name: str = ""
    by_trunk: bool = False
    """Came in over a trunk, whatever number its caller shows."""
    hang_up_when: tuple[str, float] | None = None
    """A moment of the timeline (`ringing 101`) and the seconds after it at which the caller hangs up."""


def _always(_client: ClientId) -> bool:
    return True


@dataclass(slots=True)
class Pbx:
    """The whole PBX. `now` is the time of the request or timer being served."""

    world: World
    profile: Profile
    now: datetime
    random: Random
    directory: Directory
    monitored: dict[ClientId, set[Dn]]
    behaviours: dict[str, Behaviour]
    calls: dict[CallKey, Call] = field(default_factory=dict)
    legs: dict[ParticipantId, Leg] = field(default_factory=dict)
    ended: dict[CallKey, Call] = field(default_factory=dict)
    timers: list[tuple[datetime, int, Callable[["Pbx"], object]]] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    ghosts: list[Call] = field(default_factory=list)
    """Calls that have ended and that `ActiveCalls` still shows."""
    attended: Callable[[ClientId], bool] = _always
    """Whether a program of that API client listens; told by whoever has the sockets."""
    max_calls: int = 0
    licensed: bool = True
    presence: dict[str, str] = field(default_factory=dict)
    queue_status: dict[str, str] = field(default_factory=dict)
    blocked: set[str] = field(default_factory=set)
    """Outside numbers that are turned away; `*` stands for any digits."""
    next_callid: int = 1264
    next_participant: int = 8106
    calls_made: int = 0
    serial: int = 0

    def count(self) -> int:
        """The next number of a series that never restarts."""
        self.serial += 1
        return self.serial

    def after(self, seconds: float, then: Callable[["Pbx"], object]) -> None:
        """Run `then` so much later; it checks for itself whether it still applies."""
        heapq.heappush(self.timers, (self.now + timedelta(seconds=seconds), self.count(), then))

    def alive(self, leg: Leg | None) -> bool:
        """Whether this very leg is still there (ids may be taken again)."""
        return leg is not None and self.legs.get(leg.id) is leg

    def call_of(self, leg: Leg) -> Call:
        """The living call of a living leg."""
        return self.calls[leg.call]

    def devices(self, dn: str) -> tuple[Device, ...]:
        """The devices registered on that DN."""
        return self.directory.devices(dn) if self.behaviour(dn).registered else ()

    def behaviour(self, number: str) -> Behaviour:
        """What happens when that number rings."""
        return self.behaviours.get(number, _DEFAULT_BEHAVIOUR)


_DEFAULT_BEHAVIOUR = Behaviour()


def monitored_of(world: World) -> dict[ClientId, set[Dn]]:
    """The DNs that each API client sees, its own among them."""
    return {client.client_id: {client.dn, *client.monitors} for client in world.clients}


def new_pbx(world: World, profile: Profile, now: datetime, seed: int = 0) -> Pbx:
    """A PBX just started."""
    return Pbx(
        world=world,
        profile=profile,
        now=now,
        random=Random(seed),  # noqa: S311 (reproducible fictions, no secrets)
        directory=Directory.of(world),
        monitored=monitored_of(world),
        max_calls=world.max_sim_calls,
        behaviours={extension.number: extension.behaviour for extension in world.extensions},
    )
