"""Call Receiver: which calls it takes, what the workflow gets, and what becomes of a call that nobody answers."""

from typing import Any

import pytest

from tests.care.conftest import ROUTE_POINT, WITHIN, Office
from tests.readings import ANSWERED, RINGING
from threecx_simulator import Profile


@pytest.mark.proves("receiver.extension")
async def test_an_extension_of_a_user_is_refused_with_the_reason(office: Office) -> None:
    status, problem = await office.subscribe("one", extension="101")
    assert (status, problem["errorId"]) == (422, "extensionIsUser")
    assert "8001" in problem["message"] + problem["hint"]


@ANSWERED
@pytest.mark.parametrize(
    ("wrong", "error", "says"),
    [
        ({"callTypes": []}, "badParameter", "callTypes is empty"),
        ({"callerFilter": "abc["}, "badParameter", "callerFilter has 'abc['"),
        ({"didFilter": "+49*, ^0"}, "badParameter", "didFilter has '^0'"),
        ({"onTimeout": "divert"}, "badParameter", "timeoutDestination is empty"),
        (
            {"onTimeout": "divert", "timeoutDestination": "112"},
            "destinationRefused",
            "timeoutDestination: '112' is an emergency number",
        ),
        ({"ifWorkflowStops": "transfer"}, "badParameter", "fallbackDestination is empty"),
        (
            {"fallbackDestination": "112"},
            "destinationRefused",
            "fallbackDestination: '112' is an emergency number",
        ),
        (
            {"fallbackDestination": "no such place"},
            "destinationRefused",
            "fallbackDestination: 'no such place' is not a number",
        ),
        ({"fallbackDestination": "+4930999999"}, "destinationRefused", "fallbackDestination: '+4930999999'"),
        ({"callerFilter": "12\ud83d"}, "badParameter", "callerFilter contains half of a character"),
    ],
)
async def test_what_can_never_work_is_refused_when_the_workflow_is_activated(
    office: Office, wrong: dict[str, Any], error: str, says: str
) -> None:
    status, problem = await office.subscribe(**wrong)
    assert (status >= 400, problem["errorId"]) == (True, error), problem
    assert says in problem["message"]
    assert problem["hint"]
    assert (await office.ask("GET", f"/v1/subscriptions/{office.id_of('one')}"))[0] == 404


@ANSWERED
@pytest.mark.parametrize(
    "right",
    [
        {"callerFilter": "+49*, 0171 (23) 4*, anonymous, *, anna.berg"},
        {"onTimeout": "divert", "timeout": 0},
        {"ifWorkflowStops": "transfer", "fallbackDestination": {"mode": "number", "value": "800"}},
        {"ifWorkflowStops": "hangUp"},
    ],
)
async def test_what_may_work_is_activated(office: Office, right: dict[str, Any]) -> None:
    assert (await office.subscribe(**right))[0] == 200


@ANSWERED
@pytest.mark.proves("credential.guards")
async def test_a_fallback_outside_that_the_credential_allows_is_activated_at_any_hour(office: Office) -> None:
    office.credential = {"allowedDestinations": "+4930*", "callingHours": "00:00-00:00", "dryRun": True}
    assert (await office.subscribe(fallbackDestination="+4930999999"))[0] == 200


@ANSWERED
@pytest.mark.proves("credential.guards")
async def test_a_credential_that_no_guard_can_work_with_is_refused(office: Office) -> None:
    office.credential = {"callingHours": "25:00-26:00"}
    status, problem = await office.subscribe()
    assert (status, problem["errorId"]) == (400, "badParameter")
    assert "Calling Hours" in problem["message"]


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
