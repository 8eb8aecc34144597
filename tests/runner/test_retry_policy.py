"""What becomes of a delivery after an attempt: a pure rule."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threecx_pbx.calls.model import CallId, EventId
from threecx_runner.outbox import Answer, Dead, Delivered, Delivery, after, delivery_of
from threecx_runner.subscriptions.model import SubscriptionId

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
REFUSED = Answer("n8n answered 404")


def monitored(number: int = 0) -> Delivery:
    return delivery_of(SubscriptionId("s"), EventId(f"c:{number}"), CallId("c"), {}, NOW)


def claim() -> Delivery:
    expires = NOW + timedelta(seconds=60)
    return delivery_of(SubscriptionId("s"), EventId("c:0"), CallId("c"), {}, NOW, expires=expires)


def attempts(first: Delivery, answer: Answer = REFUSED) -> tuple[list[Delivery], Dead]:
    """All attempts with the same answer at their due times, and the end."""
    made = [first]
    while isinstance(next_one := after(made[-1], answer, made[-1].due), Delivery):
        made.append(next_one)
    assert isinstance(next_one, Dead)
    return made, next_one


def test_an_echo_delivers() -> None:
    sent = monitored()
    assert after(sent, Answer("", frozenset({sent.event})), NOW) == Delivered(sent)


def test_an_echo_of_another_event_delivers_nothing() -> None:
    later = after(monitored(), Answer("", frozenset({EventId("c:9")})), NOW)
    assert isinstance(later, Delivery)


def test_a_refused_event_is_tried_for_a_day_with_growing_pauses_up_to_ten_minutes() -> None:
    made, end = attempts(monitored())
    pauses = [(two.due - one.due).total_seconds() for one, two in pairwise(made)]
    assert 0.9 <= pauses[0] <= 1.1
    assert pauses[:9] == sorted(pauses[:9])
    assert max(pauses) <= 660
    assert timedelta(hours=23, minutes=45) < made[-1].due - NOW < timedelta(days=1)
    assert end.reason == f"Given up after {len(made)} attempts: n8n answered 404."


@pytest.mark.proves("care.deliveries-die")
def test_a_receivers_delivery_is_given_up_before_ten_seconds_whatever_the_leg() -> None:
    made, _ = attempts(claim())
    assert len(made) >= 4
    assert made[-1].due < NOW + timedelta(seconds=10)


def test_a_declined_claim_is_not_tried_again() -> None:
    assert isinstance(after(claim(), Answer("", frozenset()), NOW), Dead)


def test_pauses_differ_from_one_delivery_to_the_next() -> None:
    dues = {after(monitored(number), REFUSED, NOW).due for number in range(20)}  # type: ignore[union-attr]
    assert len(dues) > 10


def test_retry_after_is_obeyed() -> None:
    later = after(monitored(), Answer("n8n answered 429", retry_after=timedelta(seconds=90)), NOW)
    assert isinstance(later, Delivery)
    assert later.due == NOW + timedelta(seconds=90)


@given(st.integers(0, 5000), st.timedeltas(timedelta(), timedelta(hours=20)))
def test_the_next_attempt_is_always_later_and_counted(attempt: int, waited: timedelta) -> None:
    sent = Delivery(
        **{name: getattr(monitored(), name) for name in Delivery.__slots__} | {"attempt": attempt}
    )
    later = after(sent, REFUSED, NOW + waited)
    assert isinstance(later, Delivery)
    assert later.attempt == attempt + 1
    assert later.due > NOW + waited
