"""One caller at the route point, as care knows them."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime

from threecx_pbx.calls.model import CallId, EventId
from threecx_runner.care.next_care import Owner
from threecx_runner.subscriptions.model import Live


@dataclass(slots=True)
class Caller:
    """One call at the route point. State of the loop; no lock."""

    id: CallId
    event: EventId
    """The event that told of the arrival: what a Receiver claims."""
    waits_until: datetime
    came: datetime
    offered: Live | None = None
    then: list[Live] = field(default_factory=list)
    """Whom to offer it next, if the first does not claim it."""
    owner: Owner | None = None
    used: datetime | None = None
    busy: int = 0
    given_up: bool = False
    taken: bool = False
    """Whether somebody took the caller from care: what is left of the own leg is not touched."""
    filled: bool = False
    """Whether the silence between operations is filled with sound now."""
    fetching: int = 0
    """Sounds that operations are about to play, and that have not come yet."""
    poke: asyncio.Event = field(default_factory=asyncio.Event)
