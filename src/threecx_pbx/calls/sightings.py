"""What was seen of the PBX, each stamped on receipt: 3CX itself stamps nothing (api.md 3)."""

from dataclasses import dataclass
from datetime import datetime

from threecx_pbx.calls.model import CallId, Dn, LegState, ParticipantId, Party, PartyKind


@dataclass(frozen=True, slots=True)
class SeenLeg:
    """A participant as one GET showed it."""

    participant: ParticipantId
    uid: str
    """`participant_uid`, empty on builds that have none."""
    dn: Dn
    dn_kind: PartyKind
    party: Party
    state: LegState
    ours: bool
    pbx_call: int
    direct_control: bool = False
    originated_by: Dn = Dn("")
    referred_by: Dn = Dn("")
    on_behalf_of: Dn = Dn("")
    legid: int = 0
    """The leg's number inside its call; 0 where the PBX tells none."""


@dataclass(frozen=True, slots=True)
class LegSeen:
    """A leg was read after the PBX said that it changed."""

    at: datetime
    leg: SeenLeg


@dataclass(frozen=True, slots=True)
class LegGone:
    """The PBX removed a leg, or a read of it answered 404 (api.md 3, races)."""

    at: datetime
    dn: Dn
    participant: ParticipantId


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All legs that we may see, read at once; what is missing is gone."""

    at: datetime
    legs: tuple[SeenLeg, ...]


@dataclass(frozen=True, slots=True)
class Digits:
    """Keys pressed on an own leg."""

    at: datetime
    dn: Dn
    participant: ParticipantId
    digits: str


@dataclass(frozen=True, slots=True)
class HandedOn:
    """A verb of ours put a call through; the target's leg may be one that we cannot see."""

    at: datetime
    call: CallId
    destination: str


@dataclass(frozen=True, slots=True)
class Tick:
    """Time passed; due at `Book.wake_at`."""

    at: datetime


Sighting = LegSeen | LegGone | Snapshot | Digits | HandedOn | Tick
