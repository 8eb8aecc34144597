"""What administrators do over the XAPI, as 3CX's own tutorial does it, and what it means for calls."""

from typing import Any

import aiohttp
import pytest

from threecx_simulator import Simulator

from .conftest import Start

pytestmark = pytest.mark.proves("simulator.section-12")
_NUMBERED = (
    "Users",
    "Queues",
    "RingGroups",
    "Receptionists",
    "Parkings",
    "Trunks",
    "Fax",
    "ServicePrincipals",
    "Groups",
)
_BODIES: dict[str, dict[str, Any]] = {
    "Queues": {"AnnouncementInterval": 50},
    "RingGroups": {"Name": "RG"},
    "Receptionists": {"Name": "testIVR"},
    "Parkings": {"Number": "SP100"},
    "ServicePrincipals": {"Number": "sptest"},
    "Groups": {"Name": "Group 1"},
    "Trunks": {"Gateway": {"Name": "Provider"}, "AuthPassword": {"Value": "secret"}},
}


async def _create(client: Any, name: str, body: dict[str, Any]) -> dict[str, Any]:
    status, made = await client.ask("POST", name, json=body)
    assert status == 201, made
    return dict(made)


@pytest.mark.parametrize("name", _NUMBERED)
async def test_a_number_is_made_read_kept_and_deleted(xapi: Start, name: str) -> None:
    client = await xapi(history=0)
    before = {row["Id"] for row in await client.rows(name)}
    made = await _create(client, name, _BODIES.get(name, {}))
    path = f"{name}({made['Id']})"
    assert await client.rows(name, filter=f"Number eq '{made['Number']}'")
    assert (await client.ask("PATCH", path, json={"Number": made["Number"]}))[0] == 204
    status, body = await client.ask("PATCH", path, json={"Number": "100"})
    assert (status, body["error"]["message"]) == (400, "Number:\nWARNINGS.XAPI.FORBIDDEN_CHANGE")
    assert (await client.ask("DELETE", path))[0] == 204
    assert (await client.ask("GET", f"{name}?$filter=Id eq {made['Id']}"))[1]["value"] == []
    assert {row["Id"] for row in await client.rows(name)} == before


@pytest.mark.parametrize(
    ("name", "body", "message"),
    [
        ("Users", {"Number": "101"}, "Number:\nWARNINGS.XAPI.ALREADY_IN_USE"),
        ("Queues", {"Number": "101"}, "Number:\nWARNINGS.XAPI.ALREADY_IN_USE"),
        ("Groups", {"Name": "DEFAULT"}, "Name:\nWARNINGS.XAPI.DUPLICATE"),
        ("Contacts", {"FirstName": "Nikolai"}, "PhoneNumber:\nWARNINGS.CONTACTS_SPECIFY_PHONE_NUMBER"),
        ("Contacts", {"PhoneNumber": "123"}, "FirstName:\nWARNINGS.CONTACTS_SPECIFY_NAME_SURNAME_COMPANY"),
        ("BlackListNumbers", {"Description": "who?"}, "CallerId:\nWARNINGS.XAPI.REQUIRED"),
        (
            "Users",
            {"Nonsense": 1},
            "The property 'Nonsense' does not exist on type 'Pbx.User'. Make sure to only use property names that are defined by the type.",
        ),
        (
            "Users",
            {"firstName": "x"},
            "The property 'firstName' does not exist on type 'Pbx.User'. Make sure to only use property names that are defined by the type.",
        ),
        (
            "Users",
            {"Enabled": "yes"},
            "Cannot convert the value of property 'Enabled' to the expected type 'boolean'.",
        ),
        (
            "Users",
            {"QueueStatus": "Asleep"},
            "Cannot convert the value of property 'QueueStatus' to the expected type 'Pbx.QueueStatusType'.",
        ),
    ],
)
async def test_a_wrong_body_is_refused_in_3cx_words(
    xapi: Start, name: str, body: dict[str, Any], message: str
) -> None:
    client = await xapi(history=0)
    status, answer = await client.ask("POST", name, json=body)
    assert (status, answer["error"]["message"]) == (400, message)


async def test_a_new_entity_tells_where_it_is(xapi: Start) -> None:
    client = await xapi(history=0)
    headers = {"Authorization": f"Bearer {client.token}"}
    body = {"FirstName": "Nikolai", "PhoneNumber": "1234567890"}
    async with client.session.post(
        f"{client.sim.url}/xapi/v1/Contacts", json=body, headers=headers
    ) as answer:
        made = await answer.json()
        assert answer.headers["Location"] == f"{client.sim.url}/xapi/v1/Contacts({made['Id']})"
    assert (await client.get(f"Contacts({made['Id']})"))["FirstName"] == "Nikolai"
    assert [
        row["Id"] for row in await client.rows("Contacts/Pbx.GetContactsByNumber(number='1234567890')")
    ] == [made["Id"]]
    assert (await client.ask("POST", "Contacts/Pbx.DeleteContactsById", json={"ids": [made["Id"]]}))[0] == 204
    assert (await client.ask("GET", f"Contacts({made['Id']})"))[0] == 404


async def test_a_new_extension_can_be_called_and_a_deleted_one_cannot(xapi: Start) -> None:
    client = await xapi(history=0)
    made = await _create(client, "Users", {"FirstName": "New", "LastName": "Colleague"})
    assert (made["Number"], made["DisplayName"]) == ("106", "Colleague, New")
    control = client.sim.control
    call = control.call("101", "106")
    assert "ringing 106" in control.report(call).moments
    await client.ask("POST", "Users/Pbx.BatchDelete", json={"ids": [made["Id"]]})
    assert "ringing 106" not in control.report(control.call("101", "106")).moments


async def test_the_agents_of_a_queue_are_changed_as_a_whole(xapi: Start) -> None:
    client = await xapi(history=0)
    queue = (await client.rows("Queues", filter="Number eq '800'"))[0]["Id"]
    agents = [{"Number": "101"}, {"Number": "104"}]
    assert (await client.ask("PATCH", f"Queues({queue})", json={"Id": queue, "Agents": agents}))[0] == 204
    assert [row["Number"] for row in await client.rows(f"Queues({queue})/Agents")] == ["101", "104"]
    moments = client.sim.control.report(client.sim.control.call("100", "800")).moments
    assert {"ringing 101", "ringing 104"} <= set(moments)
    assert "ringing 102" not in moments
    assert (await client.ask("POST", f"Queues({queue})/Agents", json={"Number": "102"}))[0] == 404
    assert (await client.ask("PUT", f"Queues({queue})/Agents", json={}))[0] == 405
    status, body = await client.ask("PATCH", f"Queues({queue})", json={"Agents": [{"Number": "999"}]})
    assert (status, body["error"]["message"]) == (400, "Agents:\nWARNINGS.XAPI.NON_EXISTENT_EXT_NUMBER")


async def test_presence_is_changed_by_profile_name(xapi: Start) -> None:
    client = await xapi(history=0)
    user = (await client.get("Users(Number='101')"))["Id"]
    profiles = [row["Name"] for row in await client.rows(f"Users({user})/ForwardingProfiles")]
    assert (
        await client.ask(
            "PATCH",
            f"Users({user})",
            json={"Id": user, "CurrentProfileName": profiles[1], "QueueStatus": "LoggedOut"},
        )
    )[0] == 204
    row = await client.get(f"Users({user})", select="CurrentProfileName,QueueStatus")
    assert (row["CurrentProfileName"], row["QueueStatus"]) == ("Away", "LoggedOut")
    assert (await client.ask("PATCH", f"Users({user})", json={"CurrentProfileName": "Asleep"}))[0] == 400


async def test_an_agent_who_logged_out_of_the_queues_is_not_rung(xapi: Start) -> None:
    client = await xapi(history=0)
    agent = (await client.get("Users(Number='102')"))["Id"]
    await client.ask("PATCH", f"Users({agent})", json={"QueueStatus": "LoggedOut"})
    moments = client.sim.control.report(client.sim.control.call("100", "800")).moments
    assert ("ringing 102" in moments, "ringing 103" in moments) == (False, True)


async def test_groups_take_members_and_settings_take_changes(xapi: Start) -> None:
    client = await xapi(history=0)
    group = await _create(client, "Groups", {"Name": "Group 1"})
    members = [{"Number": "101", "Rights": {"RoleName": "users"}}]
    assert (await client.ask("PATCH", f"Groups({group['Id']})", json={"Members": members}))[0] == 204
    (member,) = await client.rows(f"Groups({group['Id']})/Members", expand="Rights")
    assert (member["Number"], member["MemberName"], member["Rights"]) == (
        "101",
        "Sales, Sam",
        {"RoleName": "users"},
    )
    user = (await client.get("Users(Number='101')"))["Id"]
    assert [row["Name"] for row in await client.rows(f"Users({user})/Groups")] == ["DEFAULT", "Group 1"]
    assert (
        await client.ask(
            "PATCH",
            f"Users({user})",
            json={"Groups": [{"GroupId": group["Id"], "Rights": {"RoleName": "managers"}}]},
        )
    )[0] == 204
    assert "101" not in {row["Number"] for row in await client.rows("Groups(28)/Members")}
    assert (await client.ask("PATCH", f"Groups({group['Id']})", json={"Members": []}))[0] == 204
    assert await client.rows(f"Users({user})/Groups") == []
    assert (await client.ask("PATCH", f"Users({user})", json={"Groups": [{"GroupId": 999999}]}))[0] == 400
    assert (await client.ask("POST", "Groups/Pbx.DeleteCompanyById", json={"id": group["Id"]}))[0] == 204
    gone = await client.ask("POST", "Groups/Pbx.DeleteCompanyById", json={"id": group["Id"]})
    assert gone == (404, {"error": "Department not found"})
    assert (await client.ask("PATCH", "CDRSettings", json={"Enabled": True, "LogType": "PassiveSocket"}))[
        0
    ] == 204
    settings = await client.get("CDRSettings")
    assert (settings["Enabled"], settings["LogType"], settings["SocketPort"]) == (
        True,
        "PassiveSocket",
        33555,
    )


async def test_a_caller_can_be_blocked_and_let_in_again(xapi: Start) -> None:
    client = await xapi(history=0)
    made = await _create(client, "BlackListNumbers", {"CallerId": "+4930123", "Description": "nuisance"})
    assert [row["CallerId"] for row in await client.rows("BlackListNumbers")] == ["+4930123"]
    assert (await client.get(f"BlackListNumbers('{made['Id']}')"))["Description"] == "nuisance"
    control = client.sim.control
    assert control.report(control.call("+4930123", "101")).moments == [
        "began",
        "refused: caller is blocked",
        "ended: caller is blocked",
    ]
    assert (await client.ask("POST", "BlackListNumbers/Pbx.BulkNumbersDelete", json={"ids": [made["Id"]]}))[
        0
    ] == 204
    assert await client.rows("BlackListNumbers") == []
    assert "ringing 101" in control.report(control.call("+4930123", "101")).moments


async def test_the_dns_that_an_application_monitors_can_be_changed(xapi: Start) -> None:
    client = await xapi(history=0)
    (principal,) = await client.rows("ServicePrincipals", filter="Number eq '8001'", expand="Peers")
    assert {row["Number"] for row in principal["Peers"]} == {"100", "101", "102", "103", "104", "105", "800"}
    await client.ask("PATCH", f"ServicePrincipals({principal['Id']})", json={"Peers": [{"Number": "101"}]})
    headers = {"Authorization": f"Bearer {client.token}"}
    async with client.session.get(f"{client.sim.url}/callcontrol", headers=headers) as answer:
        assert [row["dn"] for row in await answer.json()] == ["8001", "101"]


async def test_a_reset_undoes_everything(xapi: Start) -> None:
    client = await xapi()
    await _create(client, "Users", {})
    await client.ask("PATCH", "CDRSettings", json={"Enabled": True})
    await client.ask("DELETE", "Contacts(1)")
    client.sim.office.health.disk_usage = 99
    client.sim.control.reset()
    assert len(await client.rows("Users")) == 6
    assert (await client.get("CDRSettings"))["Enabled"] is False
    assert (await client.get("Contacts(1)"))["Id"] == 1
    assert (await client.get("SystemStatus"))["DiskUsage"] == 21


async def test_the_machine_is_made_ill_over_the_control_api() -> None:
    async with Simulator(control_listen=("127.0.0.1", 0)) as sim, aiohttp.ClientSession() as session:
        url = f"{sim.control_url}/health"
        async with session.patch(url, json={"diskUsage": 91, "trunksDown": ["10001"]}) as answer:
            assert (answer.status, (await answer.json())["diskUsage"]) == (200, 91)
        async with session.patch(url, json={"nonsense": 1}) as answer:
            assert answer.status == 422
        assert (sim.office.health.disk_usage, sim.office.health.trunks_down) == (91, {"10001"})


async def test_an_unwell_machine_shows_in_status_services_and_events(xapi: Start) -> None:
    client = await xapi(history=0)
    health = client.sim.office.health
    health.disk_usage, health.recording_quota_reached = 91, True
    health.trunks_down.add("10001")
    assert (
        await client.ask("POST", "Services/Pbx.Stop", json={"options": {"ServiceNames": ["3CXQueueManager"]}})
    )[0] == 204
    status = await client.get("SystemStatus")
    told = ("DiskUsage", "RecordingQuotaReached", "TrunksRegistered", "HasNotRunningServices")
    assert [status[name] for name in told] == [91, True, 0, True]
    assert (await client.get("SystemStatus/Pbx.SystemHealthStatus()"))["Trunks"] is False
    assert [row["Name"] for row in await client.rows("Services", filter="Status eq 'Stopped'")] == [
        "3CXQueueManager"
    ]
    assert len(await client.rows("EventLogs", filter="Type eq 'Error'")) == 2
    assert (await client.get("Trunks(Number='10001')"))["IsOnline"] is False


async def test_queue_managers_are_completed_by_the_pbx(xapi: Start) -> None:
    client = await xapi(history=0)
    (queue,) = await client.rows("Queues", filter="Number eq '800'")
    path = f"Queues({queue['Id']})"
    assert (await client.ask("PATCH", path, json={"Managers": [{"Number": "103"}]}))[0] == 204
    (manager,) = await client.rows(f"{path}/Managers")
    assert (manager["Number"], manager["Name"], manager["Tags"]) == ("103", "Csta, Carl", [])
    (user,) = await client.rows("Users", filter="Number eq '103'")
    assert manager["Id"] == user["Id"]
    assert (await client.ask("PATCH", path, json={"Managers": [{"Number": "4711"}]}))[0] == 400


async def test_an_outbound_rule_moves_up_and_down(xapi: Start) -> None:
    client = await xapi(history=0)

    async def order() -> list[int]:
        return [row["Id"] for row in await client.rows("OutboundRules", orderby="Priority")]

    for up, expected in ((True, [1, 3, 2]), (True, [3, 1, 2]), (True, [3, 1, 2]), (False, [1, 3, 2])):
        status, _ = await client.ask("POST", "OutboundRules/Pbx.MoveUpDown", json={"id": 3, "up": up})
        assert (status, await order()) == (204, expected)
    assert (await client.ask("POST", "OutboundRules/Pbx.MoveUpDown", json={"id": 99, "up": True}))[0] == 404


async def test_nothing_is_going_on_in_the_conference(xapi: Start) -> None:
    client = await xapi(history=0)
    for path in ("ConferenceSettings/Pbx.GetOnboardMeetings()", "ConferenceSettings/Pbx.GetMCURows()"):
        assert await client.rows(path) == []


@pytest.mark.parametrize("body", [b"{", b"[]", b'"x"', b"\xff"])
@pytest.mark.parametrize(
    ("method", "path"), [("POST", "Users"), ("PATCH", "OfficeHours"), ("POST", "Users/Pbx.MakeCall")]
)
async def test_a_body_that_is_no_object_is_refused_as_every_other_input(
    xapi: Start, method: str, path: str, body: bytes
) -> None:
    client = await xapi(history=0)
    status, answer = await client.ask(method, path, data=body, headers={"Content-Type": "application/json"})
    assert (status, answer["error"]["message"]) == (400, "The input was not valid.")
