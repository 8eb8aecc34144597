"""Deliveries reach n8n in order, signed, once it has echoed them; nothing is lost and nothing is sent in vain."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web
from pydantic import SecretStr

from threecx_credentials.threecx_call_control_api import Login
from threecx_pbx.calls.model import CallId, EventId, PbxId
from threecx_pbx.clock import ManualClock
from threecx_runner.api.wire import SubscriptionBody
from threecx_runner.journal import Journal
from threecx_runner.outbox import Delivery, Outbox, delivery_of
from threecx_runner.outbox.signature import signature, signing_key
from threecx_runner.subscriptions.model import SubscriptionId
from threecx_runner.subscriptions.subscriptions import Subscriptions

PBX = PbxId("https://pbx.example.com:5001|8001")

Until = Callable[[Callable[[], object]], Awaitable[None]]
Wish = Callable[..., tuple[SubscriptionId, SubscriptionBody]]
Send = Callable[..., Awaitable[Delivery]]


@pytest.fixture
async def subscribed(subscriptions: Subscriptions, wish: Wish, login: Login) -> SubscriptionId:
    return (await subscriptions.put(*wish(node="callMonitor"), login)).id


@pytest.fixture
def send(journal: Journal, outbox: Outbox, clock: ManualClock, subscribed: SubscriptionId) -> Send:
    async def sent(event: str, **more: Any) -> Delivery:
        call = CallId(event.split(":", maxsplit=1)[0])
        to = more.pop("to", subscribed)
        made = delivery_of(to, EventId(event), call, {"callId": call}, clock.now(), **more)
        await journal.commit(PBX, [], [], [], [made])
        outbox.offer([made])
        return made

    return sent


@pytest.fixture
def passing(clock: ManualClock) -> Callable[[Callable[[], object]], Awaitable[None]]:
    """Lets time pass, and other tasks work, until something has happened."""

    async def wait(condition: Callable[[], object]) -> None:
        async with asyncio.timeout(10):
            while not condition():
                await clock.advance(0.1)
                await asyncio.sleep(0.005)

    return wait


async def unavailable(_: dict[str, Any]) -> web.Response:
    return web.Response(status=503)


async def starting_up(_: dict[str, Any]) -> web.Response:
    return web.Response(text="n8n is starting up. Please wait")


async def just_activated(_: dict[str, Any]) -> web.Response:
    return web.Response(status=404)


async def declined(_: dict[str, Any]) -> web.Response:
    return web.json_response({"accepted": []})


async def test_a_delivery_is_posted_signed_and_gone_once_it_is_echoed(
    send: Send, n8n: Any, journal: Journal, outbox: Outbox, until: Until, clock: ManualClock
) -> None:
    accepted: list[Delivery] = []
    outbox.on_accepted(accepted.append)
    sent = await send("c1:0")
    await until(lambda: accepted)
    assert accepted == [sent]
    assert n8n.bodies == [
        {
            "protocol": 1,
            "deliveryId": sent.id,
            "subscriptionId": sent.subscription,
            "attempt": 1,
            "claim": False,
            "events": [{"eventId": "c1:0", "item": {"callId": "c1"}}],
        }
    ]
    headers, body = n8n.posts[0]
    key = signing_key(SecretStr("not-a-real-secret"), "one")
    assert headers["X-3CX-Signature"] == signature(key, body, clock.now())
    assert await journal.due() == ()


@pytest.mark.parametrize("answer", [unavailable, starting_up, just_activated, declined])
async def test_what_is_not_echoed_is_posted_again(
    answer: Any, send: Send, n8n: Any, journal: Journal, outbox: Outbox, until: Until, passing: Until
) -> None:
    n8n.answers = [answer]
    await send("c1:0")
    await until(lambda: outbox.counts["retried"])
    assert [delivery.attempt for delivery in await journal.due()] == [1]
    await passing(lambda: len(n8n.posts) == 2)
    assert [body["attempt"] for body in n8n.bodies] == [1, 2]
    await until(lambda: outbox.counts["delivered"])
    assert await journal.due() == ()


async def test_events_of_one_call_stay_in_order_while_another_call_passes(
    send: Send, n8n: Any, outbox: Outbox, until: Until, passing: Until
) -> None:
    n8n.answers = [unavailable]
    await send("c1:0")
    await until(lambda: outbox.counts["retried"])
    await send("c1:1")
    await send("c2:0")
    await n8n.until(posts=2)
    await passing(lambda: len(n8n.posts) == 4)
    assert n8n.events == [["c1:0"], ["c2:0"], ["c1:0"], ["c1:1"]]


@pytest.mark.proves("monitor.batchMode")
async def test_a_subscription_in_batch_mode_gets_what_waits_in_one_post(
    send: Send, n8n: Any, outbox: Outbox, until: Until
) -> None:
    free = asyncio.Event()

    async def slow(body: dict[str, Any]) -> web.Response:
        await free.wait()
        return web.json_response({"accepted": [event["eventId"] for event in body["events"]]})

    n8n.answers = [slow]
    await send("c1:0", batch=True)
    await n8n.until(posts=1)
    for event in ("c1:1", "c2:0", "c3:0"):
        await send(event, batch=True)
    free.set()
    await until(lambda: outbox.counts["delivered"] == 4)
    assert n8n.events == [["c1:0"], ["c1:1", "c2:0", "c3:0"]]


@pytest.mark.proves("care.deliveries-die")
async def test_a_receivers_delivery_is_never_sent_once_its_leg_is_gone(
    send: Send, n8n: Any, journal: Journal, outbox: Outbox, until: Until, clock: ManualClock
) -> None:
    n8n.answers = [unavailable]
    await send("c1:0", expires=clock.now() + timedelta(seconds=10))
    await until(lambda: outbox.counts["retried"])
    await outbox.cancel(CallId("c1"))
    await clock.advance(20)
    assert await journal.due() == ()
    assert outbox.waiting() == 0
    assert len(n8n.posts) == 1


@pytest.mark.proves("care.deliveries-die")
async def test_a_receivers_delivery_dies_after_ten_seconds_and_says_so(
    send: Send, n8n: Any, outbox: Outbox, passing: Until, clock: ManualClock
) -> None:
    n8n.answers = [unavailable] * 100
    died: list[str] = []
    outbox.on_dead(lambda delivery, reason: died.append(f"{delivery.event} {reason}"))
    await send("c1:0", expires=clock.now() + timedelta(seconds=60))
    began = clock.now()
    await passing(lambda: died)
    assert len(died) == 1
    assert died[0].startswith("c1:0 Given up") or died == ["c1:0 The caller had waited too long."]
    assert len(n8n.posts) >= 2
    assert clock.now() - began < timedelta(seconds=12)


async def test_a_receivers_delivery_that_is_too_late_is_not_posted_at_all(
    n8n: Any,
    journal: Journal,
    subscriptions: Subscriptions,
    subscribed: SubscriptionId,
    clock: ManualClock,
    until: Until,
) -> None:
    soon = clock.now() + timedelta(seconds=10)
    made = delivery_of(subscribed, EventId("c1:0"), CallId("c1"), {}, clock.now(), expires=soon)
    await journal.commit(PBX, [], [], [], [made])
    await clock.advance(10)
    async with Outbox(journal, subscriptions, clock) as outbox:
        await until(lambda: not outbox.waiting())
    assert n8n.posts == []
    assert [dead.delivery.event for dead in await journal.dead()] == ["c1:0"]


@pytest.mark.proves("behaviour.recovery")
async def test_what_was_due_is_sent_by_the_next_runner(
    n8n: Any, journal: Journal, subscriptions: Subscriptions, subscribed: SubscriptionId, clock: ManualClock
) -> None:
    made = [
        delivery_of(subscribed, EventId(f"c1:{number}"), CallId("c1"), {}, clock.now()) for number in range(3)
    ]
    await journal.commit(PBX, [], [], [], made)
    async with Outbox(journal, subscriptions, clock):
        await n8n.until(posts=3)
    assert n8n.events == [["c1:0"], ["c1:1"], ["c1:2"]]
    assert await journal.due() == ()


async def test_a_renewed_lease_sends_at_once_what_waited(
    send: Send,
    n8n: Any,
    outbox: Outbox,
    until: Until,
    subscriptions: Subscriptions,
    wish: Wish,
    login: Login,
) -> None:
    n8n.answers = [unavailable]
    sent = await send("c1:0")
    await until(lambda: subscriptions.get(sent.subscription).subscription.failing_since)  # type: ignore[union-attr]
    await subscriptions.put(*wish(node="callMonitor"), login)
    await n8n.until(posts=2)
    await until(lambda: outbox.counts["delivered"])


async def test_a_slow_workflow_delays_no_other(
    send: Send, n8n: Any, outbox: Outbox, subscriptions: Subscriptions, wish: Wish, login: Login, until: Until
) -> None:
    other = await subscriptions.put(*wish("two", node="callMonitor"), login)
    free = asyncio.Event()

    async def hanging(_: dict[str, Any]) -> web.Response:
        await free.wait()
        return web.Response()

    n8n.answers = [hanging]
    await send("c1:0")
    await n8n.until(posts=1)
    await send("c1:0", to=other.id)
    await until(lambda: outbox.counts["delivered"])
    free.set()


async def test_a_removed_trigger_gets_nothing_more(
    send: Send, n8n: Any, outbox: Outbox, subscriptions: Subscriptions, until: Until, clock: ManualClock
) -> None:
    n8n.answers = [unavailable]
    sent = await send("c1:0")
    await until(lambda: outbox.counts["retried"])
    await subscriptions.remove(sent.subscription)
    await clock.advance(86_400)
    await until(lambda: not outbox.waiting())
    assert len(n8n.posts) == 1
