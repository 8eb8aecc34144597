"""Whose call it is: overlap, tests beside production, publishing anew, and calls that come back."""

import asyncio

import pytest

from tests.waiting import eventually

from .conftest import WITHIN, Office, unknown


@pytest.mark.proves("care.one-receiver")
async def test_a_receiver_that_could_want_the_same_calls_is_refused_and_names_the_other(
    office: Office,
) -> None:
    await office.receive("one")
    status, problem = await office.subscribe("two", extension="8001")
    assert (status, problem["errorId"]) == (409, "receiverOverlap")
    assert "Workflow one" in problem["message"]


@pytest.mark.proves("receiver.test-event")
async def test_listening_for_a_test_event_takes_the_next_call_only(office: Office) -> None:
    await office.receive("one")
    for _ in range(2):
        office.n8n.posts.clear()
        status, body = await office.subscribe("one", test=True, idleAudio="silence")
        assert status == 200, body
        tested = office.call("+4940111")
        await office.n8n.until(lambda: len(office.n8n.executions) % 2 == 1, "the test event")
        office.call("+4940222")
        await office.n8n.until(lambda: len(office.n8n.executions) % 2 == 0, "the production call")
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
