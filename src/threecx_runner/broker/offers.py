"""What a runner offers to a broker: a few places at a time, each for some seconds, renewed before they run out.

Offers that expire heal by themselves what a broker has dropped, for example after an acceptance that came late
(task-broker.service.js: discardOffersFrom). A broker without any offer of ours thinks us silent and hangs up (platform.md 3.5).
"""

import uuid
from datetime import datetime, timedelta

from threecx_pbx.clock import Clock
from threecx_runner.broker.frames import Offer, OfferId

VALID_S = 5.0
RENEWED_EVERY_S = 3.0
AT_ONCE = 16
"""More tasks than these that come in the same moment wait for a round trip."""

_GRACE = timedelta(seconds=2)
"""The broker judges by its own clock, and its acceptance travels: it is the one who knows what has expired."""


class Offers:
    """The open offers of one connection."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._open: dict[OfferId, datetime] = {}
        self.closed = False
        """No offer is made any more, and none is kept."""

    def round(self) -> list[Offer]:
        """What to offer now; what ran out is forgotten."""
        now = self._clock.now()
        self._open = {id_: until for id_, until in self._open.items() if until + _GRACE > now}
        return [self.one() for _ in range(AT_ONCE)]

    def one(self) -> Offer:
        """A further place."""
        id_ = OfferId(uuid.uuid4().hex)
        self._open[id_] = self._clock.now() + timedelta(seconds=VALID_S)
        return Offer(offer_id=id_, valid_for=int(VALID_S * 1000))

    def take(self, id_: OfferId) -> bool:
        """Whether the offer stands; it is used up."""
        until = self._open.pop(id_, None)
        return not self.closed and until is not None and self._clock.now() <= until + _GRACE
