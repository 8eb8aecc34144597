"""Putting a caller through and placing a call: what is asked, and 3CX's result in the words of the contract."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from threecx_pbx.calls.model import Call, Leg


class Outcome(StrEnum):
    """Who took the caller, or why nobody did."""

    HUMAN = "human"
    VOICEMAIL = "voicemail"
    QUEUE = "queue"
    IVR = "ivr"
    EXTERNAL = "external"
    UNKNOWN = "unknown"
    BUSY = "busy"
    NO_ANSWER = "noAnswer"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Routed:
    """The end of a transfer or divert. `reason` is 3CX's own word for a failure."""

    connected: bool
    outcome: Outcome
    answered_by: str
    reason: str
    seconds: float


@dataclass(frozen=True, slots=True)
class DialOrder:
    """A call to place. `source` empty: our own route point."""

    destination: str
    source: str = ""
    within: timedelta = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Dialled:
    """What came of it; `call` and `leg` are ours, None where the PBX did not show them."""

    connected: bool
    outcome: Outcome
    reason: str
    call: Call | None
    leg: Leg | None
