"""Whose call it is: overlap, tests beside production, publishing anew, and calls that come back."""

import asyncio

import pytest

from .conftest import ROUTE_POINT, WITHIN, Office, eventually, unknown


@pytest.mark.proves("care.one-receiver")
async def test_a_receiver_that_could_want_the_same_calls_is_refused_and_names_the_other(
    office: Office,
) -> None:
    await office.receive("one")
    status, problem = await office.subscribe("two", extension="8001")
    assert (status, problem["errorId"]) == (409, "receiverOverlap")
    assert "Workflow one" in problem["message"]


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


@pytest.mark.proves("receiver.extension")
async def test_an_extension_of_a_user_is_refused_with_the_reason(office: Office) -> None:
    status, problem = await office.subscribe("one", extension="101")
    assert (status, problem["errorId"]) == (422, "extensionIsUser")
    assert "8001" in problem["message"] + problem["hint"]


@pytest.mark.proves("receiver.test-event")
async def test_listening_for_a_test_event_takes_the_next_call_only(office: Office) -> None:
    await office.receive("one")
    for _ in range(2):
        office.n8n.posts.clear()
        status, body = await office.subscribe("one", test=True, idleAudio="silence")
        assert status == 200, body
        tested = office.call("+4940111")
        await eventually(lambda: len(office.n8n.executions) % 2 == 1, "the test event")
        office.call("+4940222")
        await eventually(lambda: len(office.n8n.executions) % 2 == 0, "the production call")
        subscriptions = [post["subscriptionId"] for post in office.n8n.posts]
        assert subscriptions == [office.id_of("one", test=True), office.id_of("one")]
        await office.unsubscribe("one", test=True)
        assert office.state_of(tested) != "ended"


@pytest.mark.proves("receiver.test-event")
async def test_a_test_that_n8n_does_not_take_leaves_the_call_to_production(office: Office) -> None:
    await office.receive("one")
    await office.subscribe("two", test=True)
    original = office.n8n.answer

    async def production_only(n8n, body):  # type: ignore[no-untyped-def]  # as `Answer`
        if body["subscriptionId"] == office.id_of("two", test=True):
            return await unknown(n8n, body)
        return await original(n8n, body)

    office.n8n.answer = production_only
    office.call()
    await office.n8n.execution()
    assert office.n8n.posts[-1]["subscriptionId"] == office.id_of("one")


@pytest.mark.proves("care.deactivation")
async def test_a_caller_who_comes_while_a_workflow_is_published_anew_is_kept_for_it(office: Office) -> None:
    await office.receive()
    await office.unsubscribe()
    call = office.call()
    await eventually(office.runner.sessions.calls, "the call")
    await office.receive()
    item = await office.n8n.execution()
    assert office.state_of(call) != "ended"
    assert item["fromNumber"] == "+4930123456"


@pytest.mark.proves("care.deactivation")
async def test_a_caller_whose_workflow_does_not_come_back_goes_to_the_fallback(office: Office) -> None:
    office.hurry()
    await office.receive()
    await office.unsubscribe()
    await office.reached(office.call(), "connected 102")


@pytest.mark.proves("care.deactivation")
async def test_deactivating_a_workflow_leaves_its_live_calls_to_it(office: Office) -> None:
    await office.receive()
    office.call()
    item = await office.n8n.execution()
    await office.unsubscribe()
    line = await office.run("transferCall", item["callId"], target="101")
    assert line["output"] == "connected"


@pytest.mark.proves("receiver.priority")
async def test_the_higher_priority_wins_and_the_lower_one_gets_what_it_does_not_take(office: Office) -> None:
    await office.receive("low", priority=1)
    await office.receive("high", priority=9, callerFilter="+49*")
    office.call()
    await office.n8n.execution()
    office.call("+4312345")
    await office.n8n.execution(2)
    assert [post["path"] for post in office.n8n.posts] == ["high", "low"]


async def test_a_call_that_comes_back_after_a_transfer_is_offered_anew(office: Office) -> None:
    await office.receive(autoAnswer=False)
    call = office.call()
    item = await office.n8n.execution()
    await office.run("answerCall", item["callId"])
    await office.run("transferCall", item["callId"], target="101")
    session = next(iter(office.runner.sessions._held.values())).session
    (leg,) = [
        leg for _, known in office.runner.sessions.calls() for leg in known.legs.values() if leg.dn == "101"
    ]
    coming = asyncio.create_task(
        session.rest.act("101", leg.participant, "transferto", {"destination": "8001"}, WITHIN)
    )
    again = await office.n8n.execution(2)
    assert again["callId"] == item["callId"]
    await office.run("answerCall", again["callId"])
    await coming
    line = await office.run("transferCall", again["callId"], target="102")
    assert line.get("output") == "connected", line
    await office.reached(call, "connected 102")


# the Receiver's own time-out


@pytest.mark.proves("receiver.autoAnswer")
@pytest.mark.parametrize("profile", ["manual"])
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
@pytest.mark.parametrize("profile", ["manual"])
@pytest.mark.parametrize(("choice", "moment"), [("drop", "dropped 8001"), ("divert", "connected 101")])
async def test_a_call_that_nobody_answers_in_time_is_dropped_or_diverted(
    office: Office, choice: str, moment: str
) -> None:
    await office.receive(autoAnswer=False, timeout=2, onTimeout=choice, timeoutDestination="101")
    call = office.call()
    await office.n8n.execution()
    office.hurry()
    await office.sim.control.until(call, lambda report: moment in report.moments, within=WITHIN)


@pytest.mark.proves("receiver.timeout")
@pytest.mark.parametrize("profile", ["manual"])
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
async def test_every_field_of_the_contract_is_there_with_honest_blanks(office: Office) -> None:
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
    assert (item["anonymous"], item["did"], item["didKnown"], item["fromE164"]) == (True, "", False, "")
    assert (item["extension"], item["toNumber"], item["direction"]) == ("8001", "8001", "inbound")
