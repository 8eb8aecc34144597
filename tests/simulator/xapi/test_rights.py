"""Which role may ask for what (api.md 1.3)."""

from dataclasses import replace
from typing import Any

import aiohttp
import pytest

from threecx_simulator import ManualClock, Simulator, default_world
from threecx_simulator.pbx.accounts import account, with_account
from threecx_simulator.pbx.ids import ClientId
from threecx_simulator.pbx.world import Role

from .conftest import CALL_LOG, MONDAY, Start, Xapi

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
        ("users", "$metadata", 200),
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
    headers = {"Authorization": f"Bearer {client.token}"}
    for path in ("Defs?$select=Id", "Nonsense", "Users?$top=x"):
        async with client.session.get(f"{client.sim.url}/xapi/v1/{path}", headers=headers) as answer:
            assert answer.headers["X-3CX-Version"] == "20.0.3.6"


async def test_the_connection_test_of_3cx_answers_as_documented(xapi: Start) -> None:
    client = await xapi(history=0)
    body = await client.get("Defs", select="Id")
    assert body == {"@odata.context": f"{client.sim.url}/xapi/v1/$metadata#Defs(Id)", "Id": 0}


async def _principal(client: Xapi, number: str) -> dict[str, Any]:
    (found,) = await client.rows(
        "ServicePrincipals", filter=f"Number eq '{number}'", expand="Groups($expand=Rights),Peers"
    )
    return found


async def _call_control(client: Xapi) -> int:
    headers = {"Authorization": f"Bearer {client.token}"}
    async with client.session.get(f"{client.sim.url}/callcontrol", headers=headers) as answer:
        return answer.status


async def test_the_tick_boxes_of_an_api_client_count_from_the_next_request_on(xapi: Start) -> None:
    owner = await xapi(history=0)
    other = await xapi(client="8002", sim=owner.sim)
    path = f"ServicePrincipals({(await _principal(owner, '8002'))['Id']})"
    assert (await owner.ask("PATCH", path, json={"CallControlEnabled": False}))[0] == 204
    assert (await _call_control(other), (await other.ask("GET", "Users"))[0]) == (403, 200)
    assert (await owner.ask("PATCH", path, json={"XAPIEnabled": False, "CallControlEnabled": True}))[0] == 204
    assert (await _call_control(other), (await other.ask("GET", "Users"))[0]) == (200, 403)
    shown = await _principal(owner, "8002")
    assert (shown["CallControlEnabled"], shown["XAPIEnabled"]) == (True, False)


async def test_the_role_of_an_api_client_is_that_of_its_department(xapi: Start) -> None:
    owner = await xapi(history=0)
    other = await xapi(client="8002", sim=owner.sim)
    path = f"ServicePrincipals({(await _principal(owner, '8002'))['Id']})"
    for role, users, recordings in (
        ("system_admins", 200, 403),
        ("users", 403, 403),
        ("system_owners", 200, 200),
    ):
        groups = [{"GroupId": 28, "Rights": {"RoleName": role}}]
        assert (await owner.ask("PATCH", path, json={"Groups": groups}))[0] == 204
        statuses = ((await other.ask("GET", "Users"))[0], (await other.ask("GET", "Recordings"))[0])
        assert statuses == (users, recordings), role
    (group,) = (await _principal(owner, "8002"))["Groups"]
    assert (group["Name"], group["Number"], group["Rights"]["RoleName"]) == (
        "DEFAULT",
        "8002",
        "system_owners",
    )


@pytest.mark.parametrize(
    "change",
    [
        {"Groups": [{"GroupId": 99, "Rights": {"RoleName": "users"}}]},
        {"Groups": [{"GroupId": 28, "Rights": {"RoleName": "emperor"}}]},
        {"Peers": [{"Number": "4711"}]},
    ],
)
async def test_rights_that_do_not_exist_are_refused_and_change_nothing(xapi: Start, change: Any) -> None:
    owner = await xapi(history=0)
    before = await _principal(owner, "8002")
    status, _ = await owner.ask(
        "PATCH", f"ServicePrincipals({before['Id']})", json=change | {"XAPIEnabled": False}
    )
    assert (status, await _principal(owner, "8002")) == (400, before)


async def test_a_generated_key_logs_the_client_in_and_the_old_one_no_longer(xapi: Start) -> None:
    owner = await xapi(history=0)
    path = f"ServicePrincipals({(await _principal(owner, '8002'))['Id']})/Pbx.GenerateAppToken"
    status, body = await owner.ask("POST", path)
    assert status == 200
    assert [
        await _log_in(owner, "8002", one) for one in (body["value"], default_world().clients[1].secret)
    ] == [200, 401]


async def test_a_new_api_client_works_once_it_has_a_key_and_rights(xapi: Start) -> None:
    owner = await xapi(history=0)
    fields = {"Number": "crm", "CallControlEnabled": True, "Peers": [{"Number": "101"}]}
    _, made = await owner.ask("POST", "ServicePrincipals", json=fields)
    (peer,) = (await _principal(owner, "crm"))["Peers"]
    assert (peer["Number"], peer["Type"]) == ("101", "Extension")
    assert {"Id", "Name"} <= peer.keys()
    _, key = await owner.ask("POST", f"ServicePrincipals({made['Id']})/Pbx.GenerateAppToken")
    assert await _log_in(owner, "crm", key["value"]) == 200
    assert await _call_control(owner) == 200
    assert (await owner.ask("GET", "Defs"))[0] == 403
    owner.sim.control.reset()
    assert await _log_in(owner, "crm", key["value"]) == 401


async def test_the_control_api_sets_role_and_tick_boxes() -> None:
    async with Simulator(control_listen=("127.0.0.1", 0)) as sim, aiohttp.ClientSession() as session:
        url = f"{sim.control_url}/clients"
        async with session.patch(f"{url}/8002", json={"role": "managers", "callControl": False}) as answer:
            assert answer.status == 204
        async with session.get(url) as answer:
            found = {one["id"]: one for one in await answer.json()}
        assert [found["8002"][name] for name in ("role", "callControl", "xapi")] == ["managers", False, True]
        assert found["8004"]["role"] == "system_admins"
        async with session.patch(f"{url}/4711", json={"xapi": False}) as answer:
            assert (answer.status, await answer.json()) == (404, {"detail": "There is no client 4711"})


async def _log_in(client: Xapi, number: str, secret: str) -> int:
    fields = {"client_id": number, "client_secret": secret, "grant_type": "client_credentials"}
    async with client.session.post(f"{client.sim.url}/connect/token", data=fields) as answer:
        if answer.status == 200:
            client.token = (await answer.json())["access_token"]
        return answer.status


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("8002", "roles are"),
        ("8002=king", "roles are"),
        ("8002=users,no-fun", "no-xapi"),
        ("101=users", "another number"),
    ],
)
def test_an_account_on_the_command_line_that_makes_no_sense_is_named(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        with_account(default_world(), account(text), "secret")


def test_an_account_on_the_command_line_changes_a_client_or_makes_one() -> None:
    world = with_account(default_world(), account("8002=managers,no-call-control"), "secret")
    world = with_account(world, account("crm=system_admins"), "secret")
    found = {one.client_id: (one.role, one.call_control, one.xapi) for one in world.clients}
    assert found[ClientId("8002")] == ("managers", False, True)
    assert found[ClientId("crm")] == ("system_admins", True, True)
