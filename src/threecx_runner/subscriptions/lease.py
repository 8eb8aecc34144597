"""Leases: pure rules of which subscription is alive, and which of two may have a call."""

from datetime import datetime, timedelta

from threecx_runner.subscriptions.model import LeaseState, Live, Subscription

SUSPENDED_AFTER = timedelta(days=1)
TEST_LEASE = timedelta(seconds=120)
"""n8n's own 'Listen for test event' waits as long."""


def state_of(wish: Subscription, now: datetime) -> LeaseState:
    """Suspended when nothing was accepted for a day; lapsed when n8n has not renewed it in time."""
    if wish.failing_since is not None and now - wish.failing_since >= SUSPENDED_AFTER:
        return LeaseState.SUSPENDED
    return LeaseState.LAPSED if now > wish.renewed + wish.lease else LeaseState.ACTIVE


def over(wish: Subscription, now: datetime) -> bool:
    """A test event's subscription ends with its lease; a production one never does by itself."""
    return wish.test and now >= wish.renewed + TEST_LEASE


def rank(live: Live, now: datetime) -> tuple[bool, bool, int, datetime]:
    """Sorts who is asked first about a call: tests, then the living, then by priority, then the elder."""
    wish = live.subscription
    return not wish.test, state_of(wish, now) is not LeaseState.ACTIVE, -live.priority, wish.created


def rival(new: Live, others: tuple[Live, ...], now: datetime) -> Live | None:
    """An active production subscription that could want the same call (features.md 1.1)."""
    overlaps = new.trigger.overlaps
    if overlaps is None or new.subscription.test:
        return None
    for other in others:
        if _may_rival(new, other, now) and new.priority == other.priority and overlaps(new.want, other.want):
            return other
    return None


def _may_rival(new: Live, other: Live, now: datetime) -> bool:
    one, two = new.subscription, other.subscription
    same_kind = (one.pbx, one.node, one.trigger) == (two.pbx, two.node, two.trigger)
    alive = not two.test and state_of(two, now) is LeaseState.ACTIVE
    return one.id != two.id and same_kind and alive
