"""What came of putting a caller through: 3CX's result, in the words of the contract."""

from dataclasses import dataclass
from enum import StrEnum


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
