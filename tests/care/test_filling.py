"""What fills a caller's silence, and from when on: pure."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

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
from threecx_runner.care.next_care import QUIET, Filling, Owner, filling
from threecx_runner.sdk import IdleAudio, Wishes

T0 = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
LATER = T0 + timedelta(seconds=20)
LEG = Leg(
    key=LegKey("1"),
    participant=ParticipantId(1),
    dn=Dn("8001"),
    dn_kind=PartyKind.ROUTE_POINT,
    party=Party(number="+4930123456"),
    state=LegState.CONNECTED,
    ours=True,
    pbx_call=1,
    first_seen=T0,
)
CALL = Call(CallId("c_0123456789abcdef"), 1, Direction.INBOUND, T0, LEG, {LEG.key: LEG})
RINGING = replace(CALL, legs={LEG.key: replace(LEG, state=LegState.RINGING)})
AWAY = replace(CALL, legs={})


def owner(audio: IdleAudio, *, rings: bool = False) -> Owner:
    return Owner("w", T0, Wishes(audio=audio, rings=rings))


def test_a_caller_whom_nobody_has_claimed_hears_ring_back() -> None:
    assert filling(CALL, None, T0) == Filling(IdleAudio.RING_BACK, T0 + QUIET)


@pytest.mark.parametrize("audio", [IdleAudio.RING_BACK, IdleAudio.MUSIC])
def test_the_receiver_s_choice_fills_a_gap_after_an_operation(audio: IdleAudio) -> None:
    assert filling(CALL, owner(audio), LATER) == Filling(audio, LATER + QUIET)


def test_silence_fills_nothing() -> None:
    assert filling(CALL, owner(IdleAudio.SILENCE), LATER) is None


def test_without_auto_answer_there_is_ring_back_until_the_first_operation() -> None:
    quiet = owner(IdleAudio.SILENCE, rings=True)
    assert filling(CALL, quiet, T0) == Filling(IdleAudio.RING_BACK, T0 + QUIET)
    assert filling(CALL, quiet, LATER) is None


def test_an_operation_is_not_disturbed() -> None:
    assert filling(CALL, owner(IdleAudio.MUSIC), None) is None


@pytest.mark.parametrize("call", [RINGING, AWAY], ids=["rings", "is elsewhere"])
def test_a_call_without_a_connected_leg_here_gets_no_sound(call: Call) -> None:
    assert filling(call, owner(IdleAudio.MUSIC), LATER) is None
