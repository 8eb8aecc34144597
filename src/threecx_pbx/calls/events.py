"""What happened to a call: one frozen class per event, flattened only at the wire."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from threecx_pbx.calls.model import CallId, Direction, Dn, EventId, Party


class Source(StrEnum):
    """Where an event is known from."""

    WEBSOCKET = "websocket"
    ACTIVE_CALLS = "active_calls"


@dataclass(frozen=True, slots=True)
class Evidence:
    """How an event is known; `inferred` says why, when nobody told us outright."""

    source: Source = Source.WEBSOCKET
    inferred: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEvent:
    """Common to all events: which call, which number within it, when."""

    type: ClassVar[str]
    call: CallId
    number: int
    at: datetime
    evidence: Evidence
    direction: Direction
    caller: Party
    called: Party
    extension: Dn
    """The DN that the event is seen from."""

    @property
    def id(self) -> EventId:
        return EventId(f"{self.call}:{self.number}")


@dataclass(frozen=True, slots=True, kw_only=True)
class CallStarted(CallEvent):
    """The first leg of a call was seen."""

    type: ClassVar[str] = "call_started"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallReceived(CallEvent):
    """A leg appeared at our own route point that others brought about; `caller` is that leg's party."""

    type: ClassVar[str] = "call_received"
    participant: int
    on_behalf_of: Dn
    originated_by: Dn
    referred_by: Dn


@dataclass(frozen=True, slots=True, kw_only=True)
class CallAnswered(CallEvent):
    """A called leg connected, for the first time in this call; `by` may be a machine."""

    type: ClassVar[str] = "call_answered"
    by: Party
    connected_at: datetime
    answered_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallTransferred(CallEvent):
    """The call went on to another DN that we can see, or a leg got a new party."""

    type: ClassVar[str] = "call_transferred"
    source_dn: Dn
    to: Party


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEnded(CallEvent):
    """The last leg is gone and the grace has passed; told once per call."""

    type: ClassVar[str] = "call_ended"
    connected_at: datetime | None
    answered_at: datetime | None
    answered_by: Party | None
    duration_seconds: float
    talk_seconds: float
    outcome: str
    """`answered` by a human, `missed` (somebody rang, no human answered), or `unanswered`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallMissed(CallEvent):
    """An inbound call that rang an extension or queue and that no human took; once per call."""

    type: ClassVar[str] = "call_missed"
    duration_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentNoAnswer(CallEvent):
    """A ringing leg ended unanswered while the call went on; once per leg."""

    type: ClassVar[str] = "agent_no_answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallLeftView(CallEvent):
    """The call was put through to a DN that this login cannot see: not an end."""

    type: ClassVar[str] = "call_left_view"
    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallMerged(CallEvent):
    """Two calls became one; this, the elder, goes on."""

    type: ClassVar[str] = "call_merged"
    other: CallId


@dataclass(frozen=True, slots=True, kw_only=True)
class DtmfReceived(CallEvent):
    """The caller pressed keys on an own leg."""

    type: ClassVar[str] = "dtmf_received"
    digits: str


AnyEvent = (
    CallStarted
    | CallReceived
    | CallAnswered
    | CallTransferred
    | CallEnded
    | CallMissed
    | AgentNoAnswer
    | CallLeftView
    | CallMerged
    | DtmfReceived
)
