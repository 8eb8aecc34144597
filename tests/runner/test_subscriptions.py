"""Triggers' subscriptions: desired state, leases, one receiver for each call."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import ClientSession
from pydantic import SecretStr
from structlog.testing import capture_logs

from threecx_credentials.threecx_call_control_api import Login
from threecx_pbx.calls.model import PbxId
from threecx_pbx.clock import ManualClock
from threecx_pbx.errors import BadParameter, PbxUnreachable, WrongCredentials
from threecx_runner.api.wire import SubscriptionBody
from threecx_runner.errors import N8nUnreachable, OperationUnknown, ReceiverOverlap
from threecx_runner.journal import Journal
from threecx_runner.sdk import Trigger
from threecx_runner.subscriptions.address import probe, webhook_address
from threecx_runner.subscriptions.lease import state_of
from threecx_runner.subscriptions.model import LeaseState, SubscriptionId
from threecx_runner.subscriptions.subscriptions import Subscriptions, troubles

PBX = PbxId("https://pbx.example.com:5001|8001")
Wish = Callable[..., tuple[SubscriptionId, SubscriptionBody]]
Find = Callable[[str, str], Trigger[Any] | None]


@pytest.mark.proves("behaviour.lease")
async def test_a_subscription_outlives_the_runner_and_is_watched_again(
    journal: Journal,
    clock: ManualClock,
    find: Find,
    subscriptions: Subscriptions,
    wish: Wish,
    login: Login,
    behind: Any,
) -> None:
    made = await subscriptions.put(*wish(), login)
    behind.watched.clear()
    async with Subscriptions(journal, find, clock) as again:
        await again.restore(behind)
        live = again.of(PBX)
        assert [one.subscription for one in live] == [made]
        assert behind.watched == list(live)


async def test_what_an_earlier_version_took_is_kept_named_and_renewed_as_it_is(
    journal: Journal,
    clock: ManualClock,
    find: Find,
    subscriptions: Subscriptions,
    wish: Wish,
    login: Login,
    behind: Any,
) -> None:
    made = await subscriptions.put(*wish(), login)
    await journal.put_subscription(replace(made, parameters={"callTypes": []}))
    with capture_logs() as logs:
        async with Subscriptions(journal, find, clock) as again:
            await again.restore(behind)
            assert len(again.of(PBX)) == 1
            await again.put(*wish(parameters={"callTypes": []}), login)
            with pytest.raises(BadParameter, match="callerFilter"):
                await again.put(*wish(parameters={"callerFilter": "abc["}), login)
            (live,) = again.of(PBX)
            assert live.subscription.parameters == {"callTypes": []}
    (named,) = [log for log in logs if log["event"] == "a stored subscription is faulty"]
    assert (named["workflow"], "callTypes is empty" in named["reason"]) == ("Workflow one", True)


async def test_a_pbx_out_of_reach_at_start_does_not_lose_the_subscription(
    journal: Journal,
    clock: ManualClock,
    find: Find,
    subscriptions: Subscriptions,
    wish: Wish,
    login: Login,
    behind: Any,
) -> None:
    await subscriptions.put(*wish(), login)
    behind.failure = PbxUnreachable("The PBX does not answer.")
    async with Subscriptions(journal, find, clock) as again:
        await again.restore(behind)
        assert len(again.of(PBX)) == 1


async def test_a_new_one_is_kept_while_the_pbx_is_out_of_reach_and_the_user_hears_it(
    subscriptions: Subscriptions, wish: Wish, login: Login, behind: Any
) -> None:
    behind.failure = PbxUnreachable("The PBX does not answer.")
    with pytest.raises(PbxUnreachable):
        await subscriptions.put(*wish(), login)
    assert len(subscriptions.of(PBX)) == 1
    with pytest.raises(PbxUnreachable):
        await subscriptions.put(*wish("two", test=True), login)
    assert len(subscriptions.of(PBX)) == 1


@pytest.mark.proves("credential.wrong-secret")
async def test_a_wrong_secret_is_refused_and_leaves_the_old_subscription_alone(
    subscriptions: Subscriptions, wish: Wish, login: Login, behind: Any
) -> None:
    made = await subscriptions.put(*wish(), login)
    behind.failure = WrongCredentials("3CX refused the Client ID or the Client Secret.")
    with pytest.raises(WrongCredentials):
        await subscriptions.put(*wish(), login.model_copy(update={"client_secret": SecretStr("other")}))
    assert [live.subscription for live in subscriptions.of(PBX)] == [made]


async def test_a_lease_that_is_not_renewed_lapses_and_is_named_and_still_hears(
    subscriptions: Subscriptions, wish: Wish, login: Login, clock: ManualClock
) -> None:
    made = await subscriptions.put(*wish(), login)
    await clock.advance(90)
    assert troubles(subscriptions.everything()) == ()
    await clock.advance(1)
    assert state_of(made, clock.now()) is LeaseState.LAPSED
    assert troubles(subscriptions.everything()) == (
        'The workflow "Workflow one" has not renewed its subscription since 09:00:00 UTC: is n8n running?',
    )
    assert len(subscriptions.of(PBX)) == 1
    await subscriptions.put(*wish(), login)
    assert troubles(subscriptions.everything()) == ()


async def test_a_day_of_failures_suspends_and_a_put_revives(
    subscriptions: Subscriptions, wish: Wish, login: Login, clock: ManualClock
) -> None:
    made = await subscriptions.put(*wish(), login)
    await subscriptions.heard(made.id, answered=False)
    await clock.advance(timedelta(hours=12).total_seconds())
    await subscriptions.heard(made.id, answered=False)
    assert len(subscriptions.of(PBX)) == 1
    await clock.advance(timedelta(hours=12).total_seconds())
    assert subscriptions.of(PBX) == ()
    assert "is suspended" in troubles(subscriptions.everything())[0]
    await subscriptions.put(*wish(), login)
    assert len(subscriptions.of(PBX)) == 1


async def test_an_accepted_delivery_ends_the_row_of_failures(
    subscriptions: Subscriptions, wish: Wish, login: Login, clock: ManualClock
) -> None:
    made = await subscriptions.put(*wish(), login)
    await subscriptions.heard(made.id, answered=False)
    await subscriptions.heard(made.id, answered=True)
    await clock.advance(timedelta(days=2).total_seconds())
    assert len(subscriptions.of(PBX)) == 1


@pytest.mark.proves("receiver.test-event")
async def test_a_test_event_stands_beside_production_is_asked_first_and_ends_with_its_lease(
    subscriptions: Subscriptions,
    wish: Wish,
    login: Login,
    clock: ManualClock,
    behind: Any,
    until: Callable[[Callable[[], object]], Awaitable[None]],
) -> None:
    production = await subscriptions.put(*wish(), login)
    test = await subscriptions.put(*wish("two", test=True), login)
    assert [live.subscription for live in subscriptions.of(PBX)] == [test, production]
    await clock.advance(119)
    assert len(subscriptions.of(PBX)) == 2
    await clock.advance(1)
    assert [live.subscription for live in subscriptions.of(PBX)] == [production]
    await until(lambda: behind.unwatched)
    assert [live.subscription for live in behind.unwatched] == [test]
    assert subscriptions.get(test.id) is None


@pytest.mark.proves("care.one-receiver")
async def test_an_overlapping_receiver_is_refused_and_the_other_workflow_is_named(
    subscriptions: Subscriptions, wish: Wish, login: Login
) -> None:
    await subscriptions.put(*wish(), login)
    with pytest.raises(ReceiverOverlap, match='The workflow "Workflow one" receives these calls already'):
        await subscriptions.put(*wish("two"), login)
    assert len(subscriptions.of(PBX)) == 1


async def test_receivers_of_other_call_types_or_clients_do_not_overlap(
    subscriptions: Subscriptions, wish: Wish, login: Login
) -> None:
    await subscriptions.put(*wish(parameters={"callTypes": ["inbound"]}), login)
    await subscriptions.put(*wish("two", parameters={"callTypes": ["internal"]}), login)
    await subscriptions.put(*wish("three"), login.model_copy(update={"client_id": "8002"}))
    await subscriptions.put(*wish("four", node="callMonitor"), login)
    await subscriptions.put(*wish("five", node="callMonitor"), login)
    assert len(subscriptions.everything()) == 5


async def test_a_receiver_whose_lease_has_lapsed_holds_nobody_up(
    subscriptions: Subscriptions, wish: Wish, login: Login, clock: ManualClock
) -> None:
    await subscriptions.put(*wish(), login)
    await clock.advance(91)
    new = await subscriptions.put(*wish("two"), login)
    assert subscriptions.of(PBX)[0].subscription == new


async def test_a_republished_node_takes_the_place_of_its_old_webhook(
    subscriptions: Subscriptions, wish: Wish, login: Login
) -> None:
    await subscriptions.put(*wish(workflow_id="wf"), login)
    new = await subscriptions.put(*wish("two", workflow_id="wf"), login)
    assert [live.subscription for live in subscriptions.of(PBX)] == [new]


async def test_an_unknown_trigger_says_how_to_update(
    subscriptions: Subscriptions, wish: Wish, login: Login
) -> None:
    with pytest.raises(OperationUnknown) as caught:
        await subscriptions.put(*wish(trigger="voicemailLeft"), login)
    assert "uvx threecx-runner@latest serve" in caught.value.hint


async def test_a_wrong_parameter_is_named(subscriptions: Subscriptions, wish: Wish, login: Login) -> None:
    with pytest.raises(BadParameter, match="The parameter timeout must be at most 600"):
        await subscriptions.put(*wish(parameters={"timeout": 601}), login)


@pytest.mark.proves("credential.base-url", "behaviour.env.N8N_3CX_N8N_URL")
async def test_the_credentials_base_url_wins_over_the_runners(
    journal: Journal, clock: ManualClock, find: Find, wish: Wish, login: Login, behind: Any, n8n: Any
) -> None:
    dead = "http://127.0.0.1:9/webhook/one/webhook"
    async with Subscriptions(journal, find, clock, n8n_url=n8n.url) as some:
        await some.restore(behind)
        made = await some.put(*wish(webhook_url=dead), login)
        assert made.webhook_url == f"{n8n.url}/webhook/one/webhook"
        login = login.model_copy(update={"n8n_base_url": f"{n8n.url}/prefix/"})
        made = await some.put(*wish(webhook_url=dead), login)
        assert made.webhook_url == f"{n8n.url}/prefix/webhook/one/webhook"


async def test_an_n8n_out_of_reach_is_refused_with_the_setting_that_mends_it(
    subscriptions: Subscriptions, wish: Wish, login: Login
) -> None:
    with pytest.raises(
        N8nUnreachable, match=r"cannot reach n8n at http://127\.0\.0\.1:9: set N8N_3CX_N8N_URL"
    ):
        await subscriptions.put(*wish(webhook_url="http://127.0.0.1:9/webhook/x/webhook"), login)
    assert subscriptions.everything() == ()


async def test_any_answer_of_n8n_will_do(n8n: Any) -> None:
    async with ClientSession() as http:
        await probe(http, f"{n8n.url}/webhook/x/webhook")


@pytest.mark.parametrize(
    ("given", "base", "expected"),
    [
        ("http://a:1/webhook/x/webhook", "", "http://a:1/webhook/x/webhook"),
        ("http://a:1/webhook/x/webhook", "https://b", "https://b/webhook/x/webhook"),
        ("http://a:1/n8n/webhook-test/x/webhook", "https://b/own/", "https://b/own/webhook-test/x/webhook"),
        ("http://a:1/hooks/x", "https://b", "https://b/hooks/x"),
    ],
)
def test_a_webhooks_path_is_kept_under_another_base(given: str, base: str, expected: str) -> None:
    assert webhook_address(given, base) == expected


def test_lease_states_are_read_from_the_clock_alone(make_live: Any) -> None:
    wish = make_live().subscription
    day = timedelta(days=1)
    assert state_of(wish, wish.renewed + wish.lease) is LeaseState.ACTIVE
    assert state_of(wish, wish.renewed + wish.lease + timedelta(microseconds=1)) is LeaseState.LAPSED
    failing = replace(wish, failing_since=wish.renewed)
    assert state_of(failing, wish.renewed + day) is LeaseState.SUSPENDED


async def test_removing_what_is_not_there_is_fine(subscriptions: Subscriptions) -> None:
    assert not await subscriptions.remove(SubscriptionId("0" * 32))
