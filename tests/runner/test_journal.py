"""What must outlive the runner does, whole or not at all."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import IntegrityError

from threecx_pbx.calls.model import Call, EventId, PbxId
from threecx_pbx.clock import ManualClock
from threecx_runner.errors import SettingWrong
from threecx_runner.journal import Journal, Told
from threecx_runner.outbox import Dead, Delivery, delivery_of
from threecx_runner.state_folder import Cipher
from threecx_runner.subscriptions.model import SubscriptionId

PBX = PbxId("https://pbx.example.com:5001|8001")
OTHER = PbxId("https://other.example.com|8001")
SUB = SubscriptionId("0" * 32)

pytestmark = pytest.mark.parametrize("journal_url", ["sqlite", "postgresql"], indirect=True)

MakeCall = Callable[..., Call]


def delivery(call: Call, number: int, clock: ManualClock, **more: Any) -> Delivery:
    return delivery_of(SUB, EventId(f"{call.id}:{number}"), call.id, {"n": number}, clock.now(), **more)


@pytest.mark.proves("behaviour.postgresql-state", "behaviour.env.N8N_3CX_STATE_URL")
async def test_calls_come_back_as_they_were(
    journal: Journal, make_call: MakeCall, clock: ManualClock
) -> None:
    one, two = make_call(1), make_call(2, answered_at=clock.now(), legs={}, empty_since=clock.now())
    await journal.commit(PBX, [one, two], [], [], [])
    await journal.commit(OTHER, [make_call(3)], [], [], [])
    assert sorted(await journal.restore(PBX), key=lambda call: call.id) == [one, two]


async def test_a_changed_call_replaces_the_old_one_and_a_gone_one_is_forgotten(
    journal: Journal, make_call: MakeCall
) -> None:
    one, two = make_call(1), make_call(2)
    await journal.commit(PBX, [one, two], [], [], [])
    changed = replace(one, events=7)
    await journal.commit(PBX, [changed], [two.id], [], [])
    assert await journal.restore(PBX) == (changed,)


async def test_events_are_kept_in_order_with_their_facts(
    journal: Journal, make_call: MakeCall, make_event: Any
) -> None:
    call = make_call()
    told = [make_event(call, number) for number in range(3)]
    await journal.commit(PBX, [], [], told, [])
    assert await journal.events() == tuple(Told(PBX, event) for event in told)
    assert await journal.event(told[1].id) == Told(PBX, told[1])
    assert await journal.events(most=1) == (Told(PBX, told[2]),)


async def test_an_event_told_twice_fails_and_takes_nothing_of_its_neighbours(
    journal: Journal, make_call: MakeCall, make_event: Any
) -> None:
    one, two = make_call(1), make_call(2)
    await journal.commit(PBX, [], [], [make_event(one)], [])
    twice = journal.commit(PBX, [one], [], [make_event(one)], [])
    once = journal.commit(PBX, [two], [], [make_event(two)], [])
    failed, _ = await asyncio.gather(twice, once, return_exceptions=True)
    assert isinstance(failed, IntegrityError)
    assert await journal.restore(PBX) == (two,)


async def test_many_writers_at_once_lose_nothing(journal: Journal, make_call: MakeCall) -> None:
    calls = [make_call(number) for number in range(300)]
    await asyncio.gather(*(journal.commit(PBX, [call], [], [], []) for call in calls))
    assert len(await journal.restore(PBX)) == 300


async def test_deliveries_are_due_until_they_are_settled(
    journal: Journal, make_call: MakeCall, clock: ManualClock
) -> None:
    call = make_call()
    done, later, lost = (delivery(call, number, clock) for number in range(3))
    await journal.commit(PBX, [], [], [], [done, later, lost])
    moved = replace(later, attempt=1, due=clock.now() + timedelta(seconds=5))
    await journal.settle([done.id], [moved], [Dead(lost, "Nobody was there.")])
    assert await journal.due() == (moved,)
    assert await journal.dead() == (Dead(replace(lost, attempt=1), "Nobody was there."),)


async def test_a_receivers_deliveries_are_cancelled_with_their_call_and_do_not_come_back(
    journal: Journal, make_call: MakeCall, clock: ManualClock
) -> None:
    call = make_call()
    claim = delivery(call, 0, clock, expires=clock.now() + timedelta(seconds=10))
    monitored = delivery(call, 1, clock)
    await journal.commit(PBX, [], [], [], [claim, monitored])
    await journal.cancel_claims(call.id)
    await journal.settle([], [replace(claim, attempt=1)], [])
    assert await journal.due() == (monitored,)


@pytest.mark.proves("care.one-receiver")
async def test_an_arrival_is_claimed_once_and_a_call_that_comes_back_once_more(
    journal: Journal, make_call: MakeCall, clock: ManualClock
) -> None:
    call = make_call()
    event = EventId(f"{call.id}:0")
    claims = await asyncio.gather(*(journal.claim(event, call.id, SUB) for _ in range(5)))
    assert sorted(claims) == [False, False, False, False, True]
    other = SubscriptionId("1" * 32)
    assert not await journal.claim(event, call.id, other)
    assert await journal.owner(event) == SUB
    again = EventId(f"{call.id}:7")
    assert await journal.owner(again) is None
    assert await journal.claim(again, call.id, other)
    assert await journal.owner(again) == other


async def test_an_execution_is_known_by_the_calls_it_acted_on(
    journal: Journal, make_call: MakeCall, clock: ManualClock
) -> None:
    first, second = make_call(9), make_call(1)
    journal.learn_execution(PBX, "42", first.id)
    await clock.advance(1)
    journal.learn_execution(PBX, "42", second.id)
    journal.learn_execution(OTHER, "42", make_call(3).id)
    journal.learn_execution(PBX, "", first.id)
    assert await journal.calls_of_execution(PBX, "42") == (first.id, second.id)
    assert await journal.calls_of_execution(PBX, "") == ()


async def test_dials_are_counted_for_each_pbx_from_a_moment_on(journal: Journal, clock: ManualClock) -> None:
    now = clock.now()
    for minutes in (90, 30, 10):
        await journal.note_dial(PBX, now - timedelta(minutes=minutes))
    assert await journal.count_dials(PBX, now - timedelta(hours=1)) == 2
    assert await journal.count_dials(OTHER, now - timedelta(hours=1)) == 0


async def test_what_is_old_is_forgotten(
    journal: Journal, make_call: MakeCall, make_event: Any, clock: ManualClock
) -> None:
    call = make_call()
    await journal.commit(PBX, [call], [], [make_event(call)], [])
    await journal.claim(EventId(f"{call.id}:0"), call.id, SUB)
    await clock.advance(timedelta(days=8).total_seconds())
    async with asyncio.timeout(10):
        while await journal.events():
            await clock.advance(600)
    assert await journal.owner(EventId(f"{call.id}:0")) is None
    assert await journal.restore(PBX) == (call,)


async def test_a_forgotten_subscription_takes_its_deliveries_along(
    journal: Journal, make_call: MakeCall, make_live: Any, clock: ManualClock
) -> None:
    wish = replace(make_live().subscription, id=SUB)
    await journal.put_subscription(wish)
    await journal.commit(PBX, [], [], [], [delivery(make_call(), 0, clock)])
    await journal.forget_subscription(SUB)
    assert await journal.subscriptions() == ()
    assert await journal.due() == ()


async def test_a_journal_of_a_newer_runner_is_refused(
    journal_url: str, cipher: Cipher, clock: ManualClock
) -> None:
    async with Journal.open(journal_url, cipher, clock):
        pass
    engine = create_engine(journal_url)
    with engine.begin() as on:
        on.execute(text("UPDATE about SET version = 2"))
    engine.dispose()
    with pytest.raises(SettingWrong, match="newer runner"):
        async with Journal.open(journal_url, cipher, clock):
            pass
