"""Legs, parties and calls as values: nothing here awaits, reads a clock or opens a socket."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType

from threecx_pbx.account import PbxId

Dn = NewType("Dn", str)
"""A directory number of the PBX: an extension, route point, queue, trunk … (3CX's word)."""
ParticipantId = NewType("ParticipantId", int)
"""The number that 3CX's URLs need now; recycled, and another one after a transfer (api.md 11.8)."""
LegKey = NewType("LegKey", str)
"""`participant_uid` when the PBX tells it, else participant id and first sighting."""
CallId = NewType("CallId", str)
"""`c_` and 16 hex digits, from (pbx, callid, first seen): the same after a restart."""
EventId = NewType("EventId", str)
"""`callId:n`."""

TELLING_DIGITS = 6
"""So many last digits tell numbers apart, however their prefixes are written."""


class LegState(StrEnum):
    """What a leg is doing; 3CX's own words, and OTHER for one we do not know (api.md 2.2)."""

    DIALING = "Dialing"
    RINGING = "Ringing"
    CONNECTED = "Connected"
    OTHER = "Other"


class Direction(StrEnum):
    """Fixed by the first leg of a call."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"
    INTERNAL = "internal"


class PartyKind(StrEnum):
    """Who or what is at the other end, from 3CX's DN types."""

    EXTENSION = "extension"
    EXTERNAL = "external"
    ROUTE_POINT = "routePoint"
    QUEUE = "queue"
    RING_GROUP = "ringGroup"
    IVR = "ivr"
    VOICEMAIL = "voicemail"
    PARKING = "parking"
    CONFERENCE = "conference"
    UNKNOWN = "unknown"

    @property
    def human(self) -> bool:
        """Whether, as far as one can know, a person is there (api.md 3.1)."""
        return self in (PartyKind.EXTENSION, PartyKind.EXTERNAL)


@dataclass(frozen=True, slots=True)
class Party:
    """The other side of a leg. Empty strings are what the PBX left empty."""

    number: str = ""
    name: str = ""
    dn: Dn = Dn("")
    kind: PartyKind = PartyKind.UNKNOWN
    did: str = ""
    e164: str = ""
    """With its `+`, only where the PBX wrote the number so."""

    def is_number(self, dialled: str) -> bool:
        """PBXs show an outside number with or without its prefixes, so the end of it decides."""
        if dialled in (self.number, self.dn):
            return True
        shown, wanted = (re.sub(r"\D", "", number) for number in (self.number, dialled))
        return len(wanted) >= TELLING_DIGITS and shown[-TELLING_DIGITS:] == wanted[-TELLING_DIGITS:]


@dataclass(frozen=True, slots=True)
class Leg:
    """One participant: a DN's part in a call."""

    key: LegKey
    participant: ParticipantId
    dn: Dn
    dn_kind: PartyKind
    party: Party
    state: LegState
    ours: bool
    """On the login's own route point: audio, digits and `answer` are possible."""
    pbx_call: int
    """3CX's `callid`: groups legs, survives transfers, restarts from small numbers."""
    first_seen: datetime
    calling: bool = False
    """Whether this DN placed the call, rather than being called."""
    direct_control: bool = False
    originated_by: Dn = Dn("")
    referred_by: Dn = Dn("")
    on_behalf_of: Dn = Dn("")


@dataclass(frozen=True, slots=True)
class Call:
    """Legs that overlap in time under one `callid`, and what was told of them so far."""

    id: CallId
    pbx_call: int
    direction: Direction
    began: datetime
    first: Leg
    """The leg that the call was first seen by, as it was then: caller and called are read from it."""
    legs: Mapping[LegKey, Leg] = field(default_factory=dict)
    connected_at: datetime | None = None
    """When any called leg first connected: a machine's answer counts."""
    answered_at: datetime | None = None
    """When an extension or outside party answered: a human's, as far as one can know."""
    answered_by: Party | None = None
    rang: frozenset[Dn] = frozenset()
    """Extensions and queues that rang: decides about a missed call."""
    been_at: frozenset[Dn] = frozenset()
    """Every DN that the call has had a leg at."""
    left_for: str | None = None
    """Where the call was put through, until a leg there is seen."""
    moved_from: Dn = Dn("")
    """A DN whose connected leg has gone: the next to connect was transferred to."""
    empty_since: datetime | None = None
    """Set while no leg is left: the call ends once the grace has passed."""
    events: int = 0
    """How many events were told of it; the next one's number."""

    @property
    def caller(self) -> Party:
        """Who placed the call, as its first leg showed."""
        return own_side(self.first) if self.first.calling else self.first.party

    @property
    def called(self) -> Party:
        """Whom the call was meant for, as its first leg showed."""
        return self.first.party if self.first.calling else own_side(self.first)

    @property
    def own_leg(self) -> Leg | None:
        """The leg on our route point, the newest if a transfer left two."""
        own = [leg for leg in self.legs.values() if leg.ours]
        return max(own, key=lambda leg: leg.first_seen) if own else None


def own_side(leg: Leg) -> Party:
    """The DN that a leg belongs to, as a party."""
    return Party(number=leg.dn, dn=leg.dn, kind=leg.dn_kind)


__all__ = [
    "Call",
    "CallId",
    "Direction",
    "Dn",
    "EventId",
    "Leg",
    "LegKey",
    "LegState",
    "ParticipantId",
    "Party",
    "PartyKind",
    "PbxId",
    "own_side",
]
