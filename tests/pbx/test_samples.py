"""The reconstructed sequences of frames and answers, as somebody who tried saw them on a real V20."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from threecx_pbx.callcontrol.socket import REMOVE, parsed
from threecx_pbx.callcontrol.wire import DnInfo, Participant
from threecx_pbx.calls.book import Book, observe
from threecx_pbx.calls.events import AnyEvent, CallAnswered, CallEnded, CallTransferred
from threecx_pbx.calls.model import Direction, Dn, ParticipantId, PartyKind, PbxId
from threecx_pbx.calls.seeing import seen_leg
from threecx_pbx.calls.sightings import LegGone, LegSeen, Sighting, Tick

SAMPLES = Path(__file__).parents[1] / "recordings"
START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


def sample(name: str) -> Any:
    return json.loads((SAMPLES / f"{name}.json").read_text())


def sightings(name: str) -> list[Sighting]:
    """What our client makes of each frame and of the GET that follows it."""
    made: list[Sighting] = []
    for number, step in enumerate(sample(name)["steps"]):
        at = START + timedelta(seconds=number)
        frame = parsed(json.dumps(step["frame"]))
        assert frame is not None
        if frame.kind == REMOVE or step["get_answers"] == 404:
            made.append(LegGone(at, Dn(frame.dn), ParticipantId(frame.participant)))
        else:
            shape = Participant.model_validate(step["get_answers"])
            made.append(LegSeen(at, seen_leg(shape, PartyKind.EXTENSION, False)))
    return [*made, Tick(made[-1].at + timedelta(seconds=2))]


def told(name: str) -> list[AnyEvent]:
    book, events = Book(PbxId("pbx")), []
    for seen in sightings(name):
        book, more = observe(book, seen)
        events += more
    assert book.calls == {}
    return events


@pytest.mark.proves(
    "monitor.call_started", "monitor.call_answered", "monitor.call_ended", "monitor.agent_no_answer"
)
def test_a_ring_group_is_one_call_answered_by_one_and_missed_by_the_others() -> None:
    events = told("v20_cc-sequence-ringgroup.reconstructed")
    assert [event.type for event in events] == [
        "call_started",
        "call_answered",
        "agent_no_answer",
        "agent_no_answer",
        "call_ended",
    ]
    assert len({event.call for event in events}) == 1
    (answered,) = [event for event in events if isinstance(event, CallAnswered)]
    assert (answered.by.number, answered.by.kind, answered.direction) == (
        "102",
        PartyKind.EXTENSION,
        Direction.INBOUND,
    )
    assert [event.extension for event in events if event.type == "agent_no_answer"] == ["101", "103"]
    (ended,) = [event for event in events if isinstance(event, CallEnded)]
    assert (ended.outcome, ended.duration_seconds, ended.talk_seconds) == ("answered", 6.0, 3.0)
    assert ended.caller.number == "+16125550199"


@pytest.mark.proves("monitor.call_transferred")
def test_a_transfer_is_one_call_told_from_whom_and_to_whom() -> None:
    events = told("v20_cc-sequence-transfer.reconstructed")
    assert [event.type for event in events] == [
        "call_started",
        "call_answered",
        "call_transferred",
        "call_ended",
    ]
    (moved,) = [event for event in events if isinstance(event, CallTransferred)]
    assert (moved.source_dn, moved.to.number) == ("101", "103")
    assert {event.call for event in events} == {events[0].call}


def test_a_number_in_the_name_field_is_found_and_the_name_left_empty() -> None:
    shape = Participant.model_validate(sample("v20_cc-participant-ringing-via-routepoint.real"))
    leg = seen_leg(shape, PartyKind.EXTENSION, False)
    assert (leg.party.number, leg.party.name, leg.party.e164) == ("0123456789", "", "+49123456789")
    assert (leg.party.kind, leg.party.did, leg.originated_by) == (PartyKind.EXTERNAL, "", "ROUTER")


def test_a_leg_that_dials_out_is_an_outbound_call() -> None:
    shape = Participant.model_validate(sample("v20_cc-participant-dialing.real"))
    _, (started,) = observe(Book(PbxId("pbx")), LegSeen(START, seen_leg(shape, PartyKind.EXTENSION, False)))
    assert (started.direction, started.caller.number, started.called.number) == (
        Direction.OUTBOUND,
        "150",
        "0123456789",
    )


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("v20_cc-snapshot*.json")), ids=lambda path: path.stem)
def test_every_snapshot_can_be_read(path: Path) -> None:
    infos = [DnInfo.model_validate(info) for info in json.loads(path.read_text())]
    assert all(info.dn for info in infos)


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "{}",
        "[]",
        "no json",
        '{"sequence":1,"event":{"event_type":9,"entity":"/callcontrol/8001/participants/1"}}',
        '{"sequence":1,"event":{"event_type":0,"entity":"/callcontrol/8001/devices/sip:8001@127.0.0.1:5/1"}}',
        '{"sequence":1,"event":{"event_type":4,"entity":null,"attached_data":{"RequestID":"1"}}}',
    ],
)
def test_frames_that_are_not_about_legs_are_passed_over(frame: str) -> None:
    assert parsed(frame) is None


def test_keys_are_read_whatever_the_case_of_their_names() -> None:
    frame = '{"Sequence":1,"Event":{"Event_Type":2,"Entity":"/callcontrol/8001/participants/7","Attached_Data":{"DTMF_Input":"12#"}}}'
    found = parsed(frame)
    assert found is not None
    assert (found.dn, found.participant, found.digits) == ("8001", 7, "12#")
