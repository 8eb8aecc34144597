"""Which role may ask for what (api.md 1.3)."""

from dataclasses import replace

import pytest

from threecx_simulator import ManualClock, Simulator, default_world
from threecx_simulator.pbx.world import Role

from .conftest import CALL_LOG, MONDAY, Start

pytestmark = pytest.mark.proves("simulator.section-12")


@pytest.mark.parametrize(
    ("role", "path", "status"),
    [
        ("system_owners", CALL_LOG, 200),
        ("system_owners", "Recordings", 200),
        ("system_admins", "Users", 200),
        ("system_admins", "SystemStatus", 200),
        ("system_admins", "Contacts", 200),
        ("system_admins", CALL_LOG, 403),
        ("system_admins", "Recordings", 403),
        ("system_admins", "ScheduledReports", 403),
        ("system_admins", "ChatHistoryView", 403),
        ("managers", "Users", 200),
        ("managers", "Trunks", 403),
        ("users", "Defs?$select=Id", 200),
        ("users", "Users", 403),
        ("users", CALL_LOG, 403),
    ],
)
async def test_a_role_reads_what_it_may(xapi: Start, role: Role, path: str, status: int) -> None:
    world = default_world()
    clients = (replace(world.clients[0], role=role), *world.clients[1:])
    async with Simulator(world=replace(world, clients=clients), clock=ManualClock(MONDAY), history=20) as sim:
        client = await xapi(sim=sim)
        assert (await client.ask("GET", path))[0] == status


async def test_plain_users_change_nothing(xapi: Start) -> None:
    client = await xapi(client="8003", history=0)
    assert (await client.ask("PATCH", "Users(29)", json={"QueueStatus": "LoggedOut"}))[0] == 403


async def test_without_a_token_nothing_is_told(xapi: Start) -> None:
    client = await xapi(history=0)
    for path in (
        "/xapi/v1/Users",
        "/xapi/v1/Defs",
        "/xapi/v1/Nonsense",
        "/xapi/v1/$metadata",
        "/recording/x(1).wav",
    ):
        async with client.session.get(client.sim.url + path) as answer:
            assert (answer.status, await answer.read()) == (401, b"")


async def test_every_answer_names_the_build(xapi: Start) -> None:
    client = await xapi(history=0, version="20.0.3.6")
    headers = {"Authorization": f"Bearer {client._token}"}
    for path in ("Defs?$select=Id", "Nonsense", "Users?$top=x"):
        async with client.session.get(f"{client.sim.url}/xapi/v1/{path}", headers=headers) as answer:
            assert answer.headers["X-3CX-Version"] == "20.0.3.6"


async def test_the_connection_test_of_3cx_answers_as_documented(xapi: Start) -> None:
    client = await xapi(history=0)
    body = await client.get("Defs", select="Id")
    assert body == {"@odata.context": f"{client.sim.url}/xapi/v1/$metadata#Defs(Id)", "Id": 0}
