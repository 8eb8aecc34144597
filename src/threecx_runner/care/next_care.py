"""What is due next for a caller at our route point. Pure: values in, a value out."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from threecx_pbx.calls.model import Call, LegState
from threecx_runner.sdk import IdleAudio, OnStop, Wishes

UNCLAIMED = timedelta(seconds=3)
"""So long may n8n take to claim a call before it counts as not at home."""

REPUBLISH = timedelta(seconds=5)
"""So long a caller waits for a Receiver that was just removed: publishing anew is delete, then create."""


QUIET = timedelta(seconds=1)
"""A gap between two operations that is shorter needs no sound."""


class Action(StrEnum):
    """What is done."""

    FALLBACK = "fallback"
    TRANSFER = "transfer"
    HANG_UP = "hangUp"


@dataclass(frozen=True, slots=True)
class Owner:
    """The Receiver subscription that claimed the call."""

    subscription: str
    since: datetime
    wishes: Wishes


@dataclass(frozen=True, slots=True)
class Care:
    """What is due, and when; `why` is for the log."""

    action: Action
    at: datetime
    destination: str
    why: str


def next_care(
    call: Call, owner: Owner | None, last_use: datetime | None, waits_until: datetime, wishes: Wishes
) -> Care | None:
    """None: nothing is due as things are. `waits_until`: how long an unclaimed caller waits; `wishes` are the
    runner's own, for callers whom nobody owns; `last_use` None: an operation is on the call right now.
    """
    leg = call.own_leg
    if leg is None:
        return None
    if owner is None:
        return Care(Action.FALLBACK, waits_until, wishes.destination, "nobody is home")
    if leg.calling and leg.state is not LegState.CONNECTED and last_use is not None:
        return Care(Action.HANG_UP, last_use, "", "nobody waits for the placed call")
    if leg.state is not LegState.CONNECTED or last_use is None or owner.wishes.on_stop is OnStop.LEAVE:
        return None
    due = max(last_use, owner.since) + owner.wishes.idle
    destination = owner.wishes.destination or wishes.destination
    return Care(Action(owner.wishes.on_stop.value), due, destination, "the workflow has stopped")


@dataclass(frozen=True, slots=True)
class Filling:
    """What fills a caller's silence, and from when on."""

    audio: IdleAudio
    at: datetime


def filling(call: Call, owner: Owner | None, last_use: datetime | None) -> Filling | None:
    """None: nothing to fill, since the phone still rings, silence is wanted, or (`last_use` None) an operation is at work.

    For a caller whom nobody owns yet, `last_use` is the arrival: ring-back, whatever the Receiver wants later.
    """
    leg = call.own_leg
    if leg is None or leg.state is not LegState.CONNECTED or last_use is None:
        return None
    untouched = owner is not None and owner.wishes.rings and last_use <= owner.since
    wanted = IdleAudio.RING_BACK if owner is None or untouched else owner.wishes.audio
    return None if wanted is IdleAudio.SILENCE else Filling(wanted, last_use + QUIET)
