"""The words of 3CX: numbers that must not be mixed up, and the values of its string fields."""

from enum import StrEnum
from typing import NewType

Dn = NewType("Dn", str)  # a directory number: extension, route point, queue, trunk …
ClientId = NewType("ClientId", str)  # an API client; also the DN of its route point
ParticipantId = NewType("ParticipantId", int)
CallNumber = NewType("CallNumber", int)  # `callid`: small, restarts
CallKey = NewType("CallKey", str)  # the simulator's own, unique for its life
AttemptId = NewType("AttemptId", int)
Ticket = NewType("Ticket", int)  # a verb whose result is still open


class DnType(StrEnum):
    """`type` of a DN and of parties. The last four are guesses in the spelling of the others."""

    EXTENSION = "Wextension"
    ROUTE_POINT = "Wroutepoint"
    QUEUE = "Wqueue"
    IVR = "Wivr"
    EXTERNAL = "Wexternalline"
    SPECIAL_MENU = "Wspecialmenu"
    RING_GROUP = "Wringgroup"
    PARKING = "Wparking"
    CONFERENCE = "Wconference"
    NONE = "None"


MACHINES = frozenset({DnType.ROUTE_POINT, DnType.QUEUE, DnType.IVR})
"""DNs that call by themselves: nobody picks up a receiver first."""


class Status(StrEnum):
    """`status` of a leg."""

    DIALING = "Dialing"
    RINGING = "Ringing"
    CONNECTED = "Connected"
    HOLD = "Hold"  # this leg holds the other; shown only by `held_shown`
    HELD = "Held"  # this leg is held


class Reason(StrEnum):
    """`reason` of a result: why it failed, never the diversion reason that was sent."""

    NOT_SPECIFIED = "NotSpecified"
    TIMEOUT = "OperationTimeout"
    UNKNOWN_DESTINATION = "UnknownDestination"
    BUSY = "DestinationBusy"
    NO_ANSWER = "DestinationNoAnswer"
    NOT_REGISTERED = "DestinationIsNotRegistered"
    NOT_REACHABLE = "DestinationIsNotReachable"
    PARTY_LOST = "PartyConnectionLost"
    PARENT_TERMINATED = "ParentConnectionTerminated"
    COMPLETED_ELSEWHERE = "CompletedElsewhere"
    CANCELLED = "Cancelled"
    NOT_FOUND = "SubjectNotFound"
    LOOP = "RoutingLoopDetected"
