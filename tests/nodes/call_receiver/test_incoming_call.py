"""Call Receiver: which calls it takes, what the workflow gets, and what becomes of a call that nobody answers."""

import pytest

from tests.care.conftest import ROUTE_POINT, WITHIN, Office
from tests.readings import RINGING
from threecx_simulator import Profile


@pytest.mark.proves("receiver.extension")
async def test_an_extension_of_a_user_is_refused_with_the_reason(office: Office) -> None:
    status, problem = await office.subscribe("one", extension="101")
    assert (status, problem["errorId"]) == (422, "extensionIsUser")
    assert "8001" in problem["message"] + problem["hint"]


@pytest.mark.proves("receiver.callTypes")
async def test_receivers_of_different_calls_live_side_by_side(office: Office) -> None:
    await office.receive("outside", callTypes=["inbound"])
    await office.receive("inside", callTypes=["internal"])
    office.sim.control.call("100", "8001")
    inside = await office.n8n.execution()
    office.call()
    outside = await office.n8n.execution(2)
    assert (inside["direction"], outside["direction"]) == ("internal", "inbound")
    assert [post["path"] for post in office.n8n.posts] == ["inside", "outside"]


@pytest.mark.proves("receiver.autoAnswer")
@RINGING
async def test_a_ringing_call_is_answered_by_itself_when_asked_and_only_then(office: Office) -> None:
    await office.receive("one", callTypes=["inbound"])
    await office.receive("two", callTypes=["internal"], autoAnswer=False)
    answered = office.call()
    await office.reached(answered, "connected 8001")
    left = office.sim.control.call("100", "8001")
    await office.n8n.execution(2)
    assert office.state_of(left) == "ringing"
    assert sum(office.sim.control.requests().answers.values()) == 1


@pytest.mark.proves("receiver.timeout")
@RINGING
@pytest.mark.parametrize(("choice", "moment"), [("drop", "dropped 8001"), ("divert", "connected 101")])
async def test_a_call_that_nobody_answers_in_time_is_dropped_or_diverted(
    office: Office, choice: str, moment: str
) -> None:
    await office.receive(autoAnswer=False, timeout=2, onTimeout=choice, timeoutDestination="101")
    call = office.call()
    await office.n8n.execution()
    office.hurry()
    await office.sim.control.until(call, lambda report: moment in report.moments, within=WITHIN)


@pytest.mark.proves("receiver.autoAnswer")
@RINGING
async def test_an_answer_that_the_pbx_failed_at_is_asked_for_again(office: Office) -> None:
    await office.receive(autoAnswer=True)
    office.sim.control.answer_next(503, count=2, path="/answer")
    await office.reached(office.call(), "connected 8001")


@pytest.mark.proves("receiver.autoAnswer", "receiver.timeout")
@RINGING
async def test_a_call_that_cannot_be_answered_is_dropped_in_time_however_often_that_fails(
    office: Office,
) -> None:
    await office.receive(autoAnswer=True, timeout=2, onTimeout="drop")
    office.sim.control.answer_next(503, count=1000, path="/answer")
    office.sim.control.answer_next(503, count=2, path="/drop")
    call = office.call()
    await office.n8n.execution()
    office.hurry()
    await office.reached(call, "dropped 8001")


@pytest.mark.proves("receiver.timeout")
@RINGING
async def test_a_call_that_was_answered_in_time_is_left_alone(office: Office) -> None:
    await office.receive(autoAnswer=False, timeout=2, onTimeout="drop", ifWorkflowStops="leave")
    call = office.call()
    item = await office.n8n.execution()
    await office.run("answerCall", item["callId"])
    office.hurry()
    marker = office.call("+4940222")
    await office.reached(marker, "dropped 8001")
    assert office.state_of(call) == "connected"


@pytest.mark.proves("receiver.output")
async def test_every_field_of_the_contract_is_there_with_honest_blanks(
    office: Office, profile: Profile
) -> None:
    await office.receive()
    office.sim.control.call("anonymous", ROUTE_POINT)
    item = await office.n8n.execution()
    assert sorted(item) == sorted(
        [
            "callId",
            "participantId",
            "fromNumber",
            "fromE164",
            "fromName",
            "anonymous",
            "toNumber",
            "did",
            "didKnown",
            "direction",
            "timestamp",
            "extension",
            "onBehalfOf",
            "originatedBy",
            "referredBy",
        ]
    )
    did = ROUTE_POINT if profile.party_did else ""
    assert (item["anonymous"], item["did"], item["didKnown"], item["fromE164"]) == (True, did, bool(did), "")
    assert (item["extension"], item["toNumber"], item["direction"]) == ("8001", did or "8001", "inbound")
