"""The Python SDK for the XAPI from PyPI, which nobody here wrote, unchanged but for address and certificate authority."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from threecx import ODataQuery, ThreeCXClient
from threecx.exceptions import ThreeCXError

from threecx_simulator import PROFILES, ManualClock, Simulator, default_world

from .conftest import MONDAY

pytestmark = pytest.mark.proves("simulator.section-12", "simulator.own-ca")


@pytest.fixture
async def pbx(monkeypatch: pytest.MonkeyPatch) -> Any:
    async with Simulator(
        profile=PROFILES["v20_u9"], clock=ManualClock(MONDAY), tls=True, history=2500
    ) as sim:
        monkeypatch.setenv("SSL_CERT_FILE", str(sim.ca_file))
        yield sim


async def _with_sdk(sim: Simulator, work: Any, client_id: str = "8001") -> Any:
    """`work(client)` in a thread: the SDK blocks."""

    def run() -> Any:
        secret = default_world().clients[0].secret
        with ThreeCXClient(sim.url, client_id, secret) as client:
            return work(client)

    return await asyncio.to_thread(run)


async def test_it_lists_filters_and_pages_users(pbx: Simulator) -> None:
    everybody = await _with_sdk(
        pbx, lambda client: list(client.users.iterate(ODataQuery().order_by("Number")))
    )
    assert [user.number for user in everybody] == ["100", "101", "102", "103", "104", "105"]
    query = (
        ODataQuery()
        .filter("startswith(Number,'10') and QueueStatus eq 'LoggedIn'")
        .select("Id", "Number")
        .top(2)
    )
    assert [user.number for user in await _with_sdk(pbx, lambda client: client.users.list(query))] == [
        "100",
        "101",
    ]


async def test_it_reads_one_user_with_groups_and_profiles(pbx: Simulator) -> None:
    def work(client: ThreeCXClient) -> Any:
        user = client.users.get_by_number("101")
        return user, client.users.get_groups(user.id), client.users.get_forwarding_profiles(user.id)

    user, groups, profiles = await _with_sdk(pbx, work)
    assert (user.first_name, user.current_profile_name) == ("Sam", "Available")
    assert [group.name for group in groups] == ["DEFAULT"]
    assert [profile.name for profile in profiles] == [
        "Available",
        "Away",
        "Out of office",
        "Custom 1",
        "Custom 2",
    ]


async def test_it_changes_makes_and_deletes_users(pbx: Simulator) -> None:
    def work(client: ThreeCXClient) -> Any:
        made = client.users.create({"FirstName": "New", "LastName": "Colleague"})
        client.users.update(made.id, {"QueueStatus": "LoggedOut"})
        changed = client.users.get(made.id)
        client.users.delete(made.id)
        return made.number, changed.queue_status.value, len(client.users.list())

    assert await _with_sdk(pbx, work) == ("106", "LoggedOut", 6)


async def test_it_reads_queues_and_their_agents(pbx: Simulator) -> None:
    def work(client: ThreeCXClient) -> Any:
        (queue,) = client.queues.list()
        return queue, client.queues.get_agents(queue.id), client.queues.get_managers(queue.id)

    queue, agents, managers = await _with_sdk(pbx, work)
    assert (queue.number, queue.polling_strategy.value) == ("800", "RingAll")
    assert [agent.number for agent in agents] == ["102", "103"]
    assert [manager.number for manager in managers] == ["100"]


async def test_it_reads_the_call_log_whole_and_by_pages(pbx: Simulator) -> None:
    start, end = MONDAY - timedelta(days=400), MONDAY

    def work(client: ThreeCXClient) -> Any:
        pages = [
            client.reports.get_call_log_full(
                start, end, hide_pcalls=True, query=ODataQuery().top(1000).skip(skip)
            )
            for skip in (0, 1000, 2000)
        ]
        return client.reports.get_call_log_full(start, end, hide_pcalls=True), pages

    whole, pages = await _with_sdk(pbx, work)
    assert [len(page) for page in pages] == [1000, 1000, 500]
    assert [row for page in pages for row in page] == whole
    assert len({(row["MainCallHistoryId"], row["SegmentId"]) for row in whole}) == 2500


async def test_it_downloads_a_recording(pbx: Simulator) -> None:
    def work(client: ThreeCXClient) -> Any:
        recording = client.recordings.list(ODataQuery().order_by("StartTime desc").top(1))[0]
        return client.recordings.download(recording.id)

    assert (await _with_sdk(pbx, work))[:4] == b"RIFF"


async def test_it_is_told_what_its_role_may_not(pbx: Simulator) -> None:
    with pytest.raises(ThreeCXError):
        await _with_sdk(pbx, lambda client: client.users.list(), client_id="8003")
