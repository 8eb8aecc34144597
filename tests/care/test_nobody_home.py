"""No caller is left in silence: where callers go when no workflow takes them."""

import asyncio
from typing import Any

import pytest
from aiohttp import web

from tests.waiting import eventually

from .conftest import Office, claims, echoes_only, starting, unknown

pytestmark = pytest.mark.proves("care.nobody-home")


@pytest.mark.proves("behaviour.env.N8N_3CX_FALLBACK_DESTINATION")
async def test_without_a_receiver_callers_go_to_the_runners_fallback(office: Office) -> None:
    office.hurry()
    await office.watch()
    await office.reached(office.call(), "connected 102")


async def test_without_a_receiver_and_a_fallback_callers_are_hung_up_on(closed: Office) -> None:
    closed.hurry()
    await closed.begin()
    await closed.watch()
    ended = await closed.sim.control.ended(closed.call())
    assert "dropped 8001" in ended.moments


async def test_when_the_fallback_does_not_answer_the_caller_is_hung_up_on(office: Office) -> None:
    office.hurry()
    office.sim.control.behave("102", busy=True)
    await office.watch()
    ended = await office.sim.control.ended(office.call())
    assert "dropped 8001" in ended.moments
    assert "connected 102" not in ended.moments


async def test_with_nobody_home_a_hang_up_that_the_pbx_failed_at_is_asked_for_again(closed: Office) -> None:
    closed.hurry()
    await closed.begin()
    closed.sim.control.answer_next(503, count=2, path="/drop")
    await closed.watch()
    ended = await closed.sim.control.ended(closed.call())
    assert "dropped 8001" in ended.moments


@pytest.mark.proves("receiver.fallbackDestination")
async def test_when_n8n_is_down_the_receivers_own_fallback_wins(office: Office) -> None:
    office.hurry()
    await office.receive(fallbackDestination="101")

    async def gone(_: Any, __: Any) -> web.Response:
        raise ConnectionResetError

    office.n8n.answer = gone
    await office.reached(office.call(), "connected 101")


@pytest.mark.parametrize("answer", [starting, unknown, echoes_only], ids=lambda answer: answer.__name__)
async def test_an_n8n_that_does_not_claim_the_call_has_not_got_it(office: Office, answer: Any) -> None:
    office.hurry()
    await office.receive()
    office.n8n.answer = answer
    await office.reached(office.call(), "connected 102")
    assert office.n8n.executions == []
    assert len(office.n8n.posts) == (1 if answer is echoes_only else len(office.n8n.posts))


async def test_an_n8n_that_has_just_started_gets_the_call_at_the_next_try(office: Office) -> None:
    await office.receive()

    async def first(n8n: Any, body: dict[str, Any]) -> web.Response:
        n8n.answer = claims
        return await starting(n8n, body)

    office.n8n.answer = first
    call = office.call()
    item = await office.n8n.execution()
    line = await office.run("transferCall", item["callId"], target="101")
    assert line["output"] == "connected"
    assert "connected 102" not in office.sim.control.report(call).moments


async def test_a_claim_that_comes_after_the_fallback_is_refused_with_the_reason(office: Office) -> None:
    office.hurry()
    await office.receive()
    late = asyncio.Event()

    async def slow(n8n: Any, body: dict[str, Any]) -> web.Response:
        await late.wait()
        return await claims(n8n, body)

    office.n8n.answer = slow
    call = office.call()
    await office.reached(call, "connected 102")
    post = office.n8n.posts[0]
    answer = await office.n8n.claim(post["events"][0]["eventId"], post["subscriptionId"])
    late.set()
    assert answer["claimed"] is False
    assert answer["reason"]
    assert office.n8n.executions == []


@pytest.mark.proves("care.one-receiver")
async def test_a_second_claim_is_refused_by_whomever_it_comes(office: Office) -> None:
    await office.receive()
    office.call()
    await office.n8n.execution()
    event = office.n8n.posts[0]["events"][0]["eventId"]
    again = await office.n8n.claim(event, office.id_of("one"))
    assert again == {"claimed": False, "reason": "Another workflow has this call."}


@pytest.mark.proves("care.one-receiver")
async def test_of_two_claims_at_once_one_is_granted(office: Office) -> None:
    await office.receive()
    office.n8n.answer = echoes_only
    office.call()
    await office.n8n.until(lambda: office.n8n.posts, "a post")
    event = office.n8n.posts[0]["events"][0]["eventId"]
    answers = await asyncio.gather(*(office.n8n.claim(event, office.id_of("one")) for _ in range(5)))
    assert sorted(answer["claimed"] for answer in answers) == [False] * 4 + [True]


async def test_a_claim_by_a_subscription_that_was_not_offered_the_call_is_refused(office: Office) -> None:
    await office.receive(callTypes=["inbound"])
    await office.receive("two", callTypes=["internal"])
    office.n8n.answer = echoes_only
    office.call()
    await office.n8n.until(lambda: office.n8n.posts, "a post")
    event = office.n8n.posts[0]["events"][0]["eventId"]
    assert (await office.n8n.claim(event, office.id_of("two")))["claimed"] is False
    assert (await office.n8n.claim(event, office.id_of("one")))["claimed"] is True


@pytest.mark.proves("care.deliveries-die")
async def test_a_delivery_is_never_sent_after_its_caller_has_gone(office: Office) -> None:
    await office.receive()
    office.n8n.answer = unknown
    call = office.call()
    await office.n8n.until(lambda: office.n8n.posts, "a post")
    office.sim.control.hang_up(call)
    await office.sim.control.ended(call)
    await eventually(lambda: not any(known.own_leg for _, known in office.runner.sessions.calls()), "the end")
    await eventually(lambda: office.runner.services.outbox.waiting() == 0, "an empty outbox")
    posts = len(office.n8n.posts)
    office.n8n.answer = claims
    office.call("+4940222")
    await office.n8n.execution()
    assert [item["fromNumber"] for item in office.n8n.executions] == ["+4940222"]
    assert all(post["events"][0]["item"]["fromNumber"] == "+4940222" for post in office.n8n.posts[posts:])


@pytest.mark.proves("receiver.concurrent-calls")
async def test_many_calls_at_once_start_one_execution_each(office: Office) -> None:
    await office.receive(ifWorkflowStops="leave")
    numbers = {f"+49301{number:03}" for number in range(20)}
    for number in sorted(numbers):
        office.call(number)
    await office.n8n.execution(20)
    assert {item["fromNumber"] for item in office.n8n.executions} == numbers
    assert len(office.n8n.executions) == 20
