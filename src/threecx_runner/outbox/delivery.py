"""Deliveries as values, and the pure policy of what becomes of one after an attempt."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, NewType

from threecx_pbx.calls.model import CallId, EventId
from threecx_runner.subscriptions.model import SubscriptionId

DeliveryId = NewType("DeliveryId", str)
"""`d_` and 16 hex digits, from subscription and event: telling an event twice makes no second one."""

GIVE_UP_AFTER = timedelta(days=1)
LONGEST_PAUSE = timedelta(minutes=10)
FIRST_PAUSE = timedelta(seconds=1)
FIRST_PAUSE_OF_A_CLAIM = timedelta(milliseconds=250)
LONGEST_CLAIM = timedelta(seconds=10)
"""A Receiver's delivery is worth nothing once its caller has waited this long (architecture 7)."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event on its way to one subscription."""

    id: DeliveryId
    subscription: SubscriptionId
    call: CallId
    event: EventId
    item: str
    """JSON of the output item."""
    created: datetime
    due: datetime
    expires: datetime | None = None
    """Set for a Receiver's: the call is claimed, and the delivery dies with the leg."""
    batch: bool = False
    """May travel with others of its subscription."""
    attempt: int = 0
    """Attempts made so far."""

    @property
    def claim(self) -> bool:
        return self.expires is not None


@dataclass(frozen=True, slots=True)
class Delivered:
    """n8n has echoed the event."""

    delivery: Delivery


@dataclass(frozen=True, slots=True)
class Dead:
    """Given up; `reason` is a sentence."""

    delivery: Delivery
    reason: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back of a post."""

    reason: str
    """For people: `n8n answered 404`, `no answer within 10 s`."""
    accepted: frozenset[EventId] | None = None
    """The events that were echoed; None when the answer was no echo at all."""
    retry_after: timedelta | None = None


Fate = Delivered | Delivery | Dead


def delivery_of(
    subscription: SubscriptionId,
    event: EventId,
    call: CallId,
    item: Mapping[str, Any],
    now: datetime,
    *,
    expires: datetime | None = None,
    batch: bool = False,
) -> Delivery:
    """A delivery that is due now; `item` is JSON already (`model_dump(mode="json", by_alias=True)`)."""
    digest = hashlib.sha256(f"{subscription}|{event}".encode()).hexdigest()[:16]
    latest = None if expires is None else min(expires, now + LONGEST_CLAIM)
    text = json.dumps(item, separators=(",", ":"), ensure_ascii=False)
    return Delivery(DeliveryId(f"d_{digest}"), subscription, call, event, text, now, now, latest, batch)


def after(sent: Delivery, answer: Answer, now: datetime) -> Fate:
    """Delivered when echoed; else tried again later, a day long or until the caller is gone; then dead.

    No status ends a delivery: n8n answers 404 just after activation and 200 to anything while it starts (measured).
    """
    if answer.accepted is not None and sent.event in answer.accepted:
        return Delivered(sent)
    if answer.accepted is not None and sent.claim:
        return Dead(sent, "n8n declined it: the call has ended or another workflow took it.")
    due = now + max(_pause(sent), answer.retry_after or timedelta())
    if due >= (sent.expires or sent.created + GIVE_UP_AFTER):
        return Dead(sent, f"Given up after {sent.attempt + 1} attempts: {answer.reason}.")
    return replace(sent, attempt=sent.attempt + 1, due=due)


def _pause(sent: Delivery) -> timedelta:
    """Doubles, up to ten minutes, and differs by up to a fifth from one delivery to the next."""
    first = FIRST_PAUSE_OF_A_CLAIM if sent.claim else FIRST_PAUSE
    pause = min(first * float(2 ** min(sent.attempt, 12)), LONGEST_PAUSE)
    spread = hashlib.sha256(f"{sent.id}{sent.attempt}".encode()).digest()[0] / 255
    return pause * (0.9 + 0.2 * spread)
