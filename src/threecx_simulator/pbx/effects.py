"""What the rules ask the outside to do: frames to send, results to hand over, calls that changed."""

from dataclasses import dataclass

from threecx_simulator.pbx.ids import CallKey, ClientId, Dn, ParticipantId, Reason, Ticket


@dataclass(frozen=True, slots=True)
class Result:
    """How a verb ended. `leg` is the participant that the answer describes."""

    reason: Reason = Reason.NOT_SPECIFIED
    ok: bool = True
    leg: ParticipantId | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Upserted:
    """A leg is new or changed. `also`: a client that may see it besides those that monitor its DN."""

    dn: Dn
    leg: ParticipantId
    also: ClientId | None = None


@dataclass(frozen=True, slots=True)
class Removed:
    """A leg is gone."""

    dn: Dn
    leg: ParticipantId
    also: ClientId | None = None


@dataclass(frozen=True, slots=True)
class Keyed:
    """The other side of a route-point leg pressed keys."""

    dn: Dn
    leg: ParticipantId
    keys: str


@dataclass(frozen=True, slots=True)
class DeviceChanged:
    """A device of this DN is new (`here`) or gone."""

    dn: Dn
    device_id: str
    here: bool


@dataclass(frozen=True, slots=True)
class Settled:
    """A verb has come to its end."""

    ticket: Ticket
    result: Result


@dataclass(frozen=True, slots=True)
class CallChanged:
    """A line was added to the timeline of this call."""

    call: CallKey
    what: str


@dataclass(frozen=True, slots=True)
class Joined:
    """From now on `hearer` hears `speaker` (uids of legs; None = nobody). `label`: the hearer's DN or number."""

    call: CallKey
    hearer: str
    label: str
    speaker: str | None


Effect = Upserted | Removed | Keyed | Settled | DeviceChanged | CallChanged | Joined
