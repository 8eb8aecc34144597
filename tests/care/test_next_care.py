"""What is due next for a caller, as a pure rule."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threecx_pbx.calls.model import (
    Call,
    CallId,
    Direction,
    Dn,
    Leg,
    LegKey,
    LegState,
    ParticipantId,
    Party,
    PartyKind,
)
from threecx_runner.care.next_care import Action, Care, Owner, next_care
from threecx_runner.sdk import OnStop, Wishes

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
RUNNER = Wishes(destination="102")


def call(state: LegState = LegState.CONNECTED, *, own: bool = True) -> Call:
    leg = Leg(
        key=LegKey("1"),
        participant=ParticipantId(1),
        dn=Dn("8001" if own else "101"),
        dn_kind=PartyKind.ROUTE_POINT,
        party=Party("+4930123456"),
        state=state,
        ours=own,
        pbx_call=1,
        first_seen=NOW,
    )
    return Call(CallId("c_1"), 1, Direction.INBOUND, NOW, leg, {leg.key: leg})


def owner(**wishes: object) -> Owner:
    return Owner("one", NOW, Wishes(**wishes))  # type: ignore[arg-type]  # as the test names them


@pytest.mark.proves("care.nobody-home")
def test_a_caller_whom_nobody_claims_is_sent_on_when_the_wait_is_over() -> None:
    until = NOW + timedelta(seconds=3)
    assert next_care(call(LegState.RINGING), None, NOW, until, RUNNER) == Care(
        Action.FALLBACK, until, "102", "nobody is home"
    )


@pytest.mark.proves("receiver.ifWorkflowStops", "receiver.fallbackDestination")
@pytest.mark.parametrize(
    ("wish", "action", "destination"),
    [
        ({"on_stop": OnStop.FALLBACK}, Action.FALLBACK, "102"),
        ({"on_stop": OnStop.FALLBACK, "destination": "101"}, Action.FALLBACK, "101"),
        ({"on_stop": OnStop.TRANSFER, "destination": "101"}, Action.TRANSFER, "101"),
        ({"on_stop": OnStop.HANG_UP}, Action.HANG_UP, "102"),
    ],
)
def test_a_workflow_that_stopped_gets_what_its_receiver_wishes_after_the_idle_time(
    wish: dict[str, object], action: Action, destination: str
) -> None:
    care = next_care(call(), owner(idle=timedelta(seconds=30), **wish), NOW, NOW, RUNNER)
    assert care == Care(action, NOW + timedelta(seconds=30), destination, "the workflow has stopped")


def test_a_call_that_shall_be_left_is_left() -> None:
    assert next_care(call(), owner(on_stop=OnStop.LEAVE), NOW, NOW, RUNNER) is None


@pytest.mark.proves("receiver.idleTimeout")
def test_nothing_is_due_while_an_operation_is_on_the_call_or_it_still_rings() -> None:
    assert next_care(call(), owner(), None, NOW, RUNNER) is None
    assert next_care(call(LegState.RINGING), owner(), NOW, NOW, RUNNER) is None


def test_a_placed_call_that_still_rings_ends_as_soon_as_nobody_waits_for_it() -> None:
    ringing = call(LegState.RINGING)
    leg = replace(ringing.legs[LegKey("1")], calling=True)
    placed = replace(ringing, legs={leg.key: leg})
    assert next_care(placed, owner(), NOW, NOW, RUNNER) == Care(
        Action.HANG_UP, NOW, "", "nobody waits for the placed call"
    )
    assert next_care(placed, owner(), None, NOW, RUNNER) is None


def test_a_call_that_is_not_at_the_route_point_any_more_is_nobodys_care() -> None:
    assert next_care(call(own=False), None, NOW, NOW, RUNNER) is None
    assert next_care(call(own=False), owner(), NOW, NOW, RUNNER) is None


seconds = st.integers(0, 10_000).map(lambda number: timedelta(seconds=number))


@given(seconds, seconds, st.sampled_from(OnStop))
def test_care_is_never_due_before_the_last_use_and_the_idle_time(
    used: timedelta, idle: timedelta, stop: OnStop
) -> None:
    care = next_care(call(), owner(on_stop=stop, idle=idle), NOW + used, NOW, RUNNER)
    assert care is None or care.at == NOW + used + idle
