"""A call that is over, as the call log and every report see it."""

from datetime import datetime, timedelta
from enum import IntEnum
from typing import Literal, NamedTuple

Direction = Literal["Inbound", "Outbound", "Internal"]
Outcome = Literal["Answered", "Unanswered", "Waiting"]

PER_DAY = 100_000  # call numbers a day has: a call's number tells its day
GENERATED = 20_000  # of them, those of the generated history; the others are for calls of the running PBX
_FIRST_DAY = 735_000  # ordinal (2013): keeps numbers within 32 bits until the year 2072


class PartyType(IntEnum):
    """`SourceType`, `DestinationType`: 0, 1, 2, 5 were seen in the old tables (t), the others are guesses."""

    EXTENSION = 0
    EXTERNAL = 1
    QUEUE = 2
    RING_GROUP = 3
    IVR = 4
    VOICEMAIL = 5
    PARKING = 8
    ROUTE_POINT = 14


class Party(NamedTuple):
    """One side of a segment. `dn`: the number inside (of the trunk for outside parties); `number`: the caller id."""

    dn: str
    number: str
    name: str
    type: PartyType


class Segment(NamedTuple):
    """One row of the call log: `source` rang `destination`; then `action` led on. Times in seconds."""

    start: datetime
    ringing: float
    talking: float
    source: Party
    destination: Party
    status: Outcome
    reason: str
    indent: int = 0
    action: Party | None = None
    parked: bool = False
    """A parking or pick-up leg, which `hidePcalls` leaves out."""

    @property
    def end(self) -> datetime:
        """When it was over."""
        return self.start + timedelta(seconds=self.ringing + self.talking)


class Poll(NamedTuple):
    """An agent was rung for a queue's caller."""

    agent: str
    ringing: float
    answered: bool


class Visit(NamedTuple):
    """A caller's stay in a queue. `waited`: seconds until answered or given up."""

    queue: str
    arrived: datetime
    waited: float
    polls: tuple[Poll, ...]
    talked: float
    callback: bool = False

    @property
    def agent(self) -> str | None:
        """Who answered."""
        return next((poll.agent for poll in self.polls if poll.answered), None)


class PastCall(NamedTuple):
    """A call with its journey."""

    number: int
    direction: Direction
    segments: tuple[Segment, ...]
    did: str = ""
    trunk: str = ""
    visit: Visit | None = None
    recorded: bool = False
    ring_group: str = ""

    @property
    def start(self) -> datetime:
        """When it began."""
        return self.segments[0].start

    @property
    def end(self) -> datetime:
        """When it was over."""
        return max(one.end for one in self.segments)

    @property
    def talk(self) -> Segment | None:
        """The segment in which people talked (the last, when several)."""
        return next((one for one in reversed(self.segments) if one.talking and not one.parked), None)

    def rows(self, hide_parked: bool) -> tuple[Segment, ...]:
        """The rows of the call log."""
        return tuple(one for one in self.segments if not one.parked) if hide_parked else self.segments


def call_number(ordinal: int, place: int) -> int:
    """The number of the `place`-th call of a day (`date.toordinal`)."""
    return (ordinal - _FIRST_DAY) * PER_DAY + place


def day_of(number: int) -> int:
    """The day's ordinal of a call number."""
    return number // PER_DAY + _FIRST_DAY
