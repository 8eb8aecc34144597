"""Which calls a Receiver wants: patterns of callers and called numbers, and whether two Receivers can want the same call."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threecx_nodes.call_receiver.incoming_call import IncomingCallParams, matches, overlaps
from threecx_pbx.calls.events import CallReceived, Evidence
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
from threecx_pbx.calls.patterns import any_match, can_both_match, plain

NOW = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
CALLER = Party(number="+4930123456", e164="+4930123456", kind=PartyKind.EXTERNAL)
LEG = Leg(
    key=LegKey("1"),
    participant=ParticipantId(1),
    dn=Dn("8001"),
    dn_kind=PartyKind.ROUTE_POINT,
    party=CALLER,
    state=LegState.RINGING,
    ours=True,
    pbx_call=1,
    first_seen=NOW,
)
CALL = Call(CallId("c_0123456789abcdef"), 1, Direction.INBOUND, NOW, LEG, {LEG.key: LEG})
RECEIVED = CallReceived(
    call=CALL.id,
    number=0,
    at=NOW,
    evidence=Evidence(),
    direction=Direction.INBOUND,
    caller=CALLER,
    called=Party(number="8001"),
    extension=Dn("8001"),
    participant=1,
    on_behalf_of=Dn(""),
    originated_by=Dn(""),
    referred_by=Dn(""),
)


def wants(caller: Party, **parameters: Any) -> bool:
    return (
        matches.matches(IncomingCallParams(**parameters), replace(RECEIVED, caller=caller), CALL) is not None
    )


@pytest.mark.proves("receiver.callerFilter")
@pytest.mark.parametrize(
    ("number", "filter_", "wanted"),
    [
        ("+4930123456", "+49*", True),
        ("004930123456", "+49*", True),
        ("+43 1 123456", "+49*, +43*", True),
        ("+43 1 123456", "+49*", False),
        ("101", "10*", True),
        ("101", "101", True),
        ("1011", "101", False),
        ("", "anonymous", True),
        ("Anonymous", "+49*", False),
        ("+4930123456", "", True),
    ],
)
def test_a_caller_starts_the_workflow_when_a_pattern_matches(number: str, filter_: str, wanted: bool) -> None:
    assert wants(Party(number=number), caller_filter=filter_) is wanted


@pytest.mark.proves("receiver.didFilter")
@pytest.mark.parametrize(
    ("did", "wanted"), [("+4930555001", True), ("004930555001", True), ("+4930555002", False), ("", True)]
)
def test_a_called_number_is_matched_where_the_pbx_tells_it(did: str, wanted: bool) -> None:
    assert wants(replace(CALLER, did=did), did_filter="+4930555001") is wanted


def test_an_unknown_did_is_marked() -> None:
    item = matches.matches(IncomingCallParams(did_filter=["+4930555001"]), RECEIVED, CALL)
    assert item is not None
    assert item.model_dump()["did_known"] is False


@pytest.mark.parametrize(
    ("one", "other", "rivals"),
    [
        ({}, {}, True),
        ({"caller_filter": "+49*"}, {"caller_filter": "+4930*"}, True),
        ({"caller_filter": "+49*"}, {"caller_filter": "+43*"}, False),
        ({"caller_filter": "+49*"}, {}, True),
        ({"caller_filter": "+49*, 10*"}, {"caller_filter": "+43*, *5"}, True),
        ({"caller_filter": "+49*"}, {"caller_filter": "0049301"}, True),
        ({"caller_filter": "anonymous"}, {"caller_filter": "+*"}, False),
        ({"did_filter": "+4930555001"}, {"did_filter": "+4930555002"}, False),
        ({"call_types": ["inbound"]}, {"call_types": ["internal"]}, False),
        ({"extension": "8001"}, {}, True),
    ],
)
def test_two_receivers_are_rivals_when_one_call_can_suit_both(
    one: dict[str, Any], other: dict[str, Any], rivals: bool
) -> None:
    assert overlaps(IncomingCallParams(**one), IncomingCallParams(**other)) is rivals


NUMBER = st.text("+0123", min_size=1, max_size=5).map(plain)
PATTERNS = st.lists(st.text("+01*", min_size=1, max_size=4), max_size=3)


@given(PATTERNS, PATTERNS, NUMBER)
def test_patterns_that_cannot_both_match_never_do(one: list[str], other: list[str], number: str) -> None:
    if any_match(one, [number]) and any_match(other, [number]):
        assert can_both_match(one, other)


@given(PATTERNS, NUMBER)
def test_a_number_is_a_pattern_of_itself(patterns: list[str], number: str) -> None:
    assert any_match(patterns, [number]) is can_both_match(patterns, [number])
