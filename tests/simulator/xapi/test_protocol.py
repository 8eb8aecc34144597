"""HTTP and OData around the data, as clients that know any OData service expect them: methods, headers, formats."""

from typing import Any

import pytest

from .conftest import CALL_LOG, Start, Xapi

pytestmark = pytest.mark.proves("simulator.section-12")


async def _headers(client: Xapi, method: str, path: str, **more: Any) -> tuple[int, Any, bytes]:
    headers = {"Authorization": f"Bearer {client.token}", **more.pop("headers", {})}
    url = f"{client.sim.url}/xapi/v1{path}"
    async with client.session.request(method, url, headers=headers, **more) as answer:
        return answer.status, answer.headers, await answer.read()


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("HEAD", "/Users", "GET, POST"),
        ("OPTIONS", "/Users", "GET, POST"),
        ("DELETE", "/Users", "GET, POST"),
        ("PUT", "/Users(29)", "DELETE, GET, PATCH"),
        ("POST", "/Users(29)", "DELETE, GET, PATCH"),
        ("POST", "/ActiveCalls", "GET"),
        ("PATCH", "/SystemStatus", "GET"),
        ("DELETE", "/CDRSettings", "GET, PATCH"),
        ("PUT", "/Queues(38)/Agents", "GET"),
        ("GET", "/Users/Pbx.MakeCall", "POST"),
        ("POST", "/SystemStatus/Pbx.SystemHealthStatus()", "GET"),
        ("HEAD", "/$metadata", "GET"),
        ("OPTIONS", "/", "GET"),
        ("POST", "/Users/$count", "GET"),
    ],
)
async def test_a_method_that_does_not_go_is_told_which_would(
    xapi: Start, method: str, path: str, allowed: str
) -> None:
    status, headers, body = await _headers(await xapi(history=0), method, path)
    assert (status, headers.get("Allow"), body) == (405, allowed, b"")


@pytest.mark.parametrize("path", ["/Nonsense", "/$batch", "/Users/Pbx.Nonsense"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
async def test_what_is_nowhere_is_not_found_by_any_method(xapi: Start, method: str, path: str) -> None:
    """`$batch` among it: neither 3CX's file nor any program knows it, and the library has it only when switched on."""
    assert (await _headers(await xapi(history=0), method, path))[0] == 404


async def test_paths_are_known_in_any_case_unless_this_pbx_is_exact(xapi: Start) -> None:
    client = await xapi(history=0)
    lower = await client.get("users(29)/groups")
    assert lower["value"][0]["Name"] == "DEFAULT"
    assert (await client.get("SYSTEMSTATUS/pbx.systemhealthstatus()"))["Firewall"] is True
    assert (await client.ask("GET", "$METADATA"))[0] == 200
    assert (await client.ask("GET", "users/$Count"))[1] == b"6"
    exact = await xapi(history=0, path_case="exact")
    for path in ("users", "USERS(29)", "systemStatus", "$METADATA"):
        assert (await exact.ask("GET", path))[0] == 404
    assert (await exact.ask("GET", "Users"))[0] == 200


async def test_a_slash_at_the_end_means_nothing(xapi: Start) -> None:
    client = await xapi(history=0)
    for path, same in (("", "/"), ("/Users", "/Users/"), ("/$metadata", "/$metadata/"), ("/Defs", "/Defs/")):
        plain, slashed = await _headers(client, "GET", path), await _headers(client, "GET", same)
        assert (plain[0], plain[2]) == (slashed[0], slashed[2]) == (200, plain[2])


async def test_small_pages_of_a_set_are_made_for_who_prefers_them(xapi: Start) -> None:
    client = await xapi(history=200)
    seen: list[str] = []
    path: str | None = "Users?$select=Number&$orderby=Number"
    while path:
        _, body = await client.ask("GET", path, headers={"Prefer": "odata.maxpagesize=4"})
        seen += [row["Number"] for row in body["value"]]
        path = body.get("@odata.nextLink", "").partition("/xapi/v1/")[2]
    assert seen == ["100", "101", "102", "103", "104", "105"]
    _, many = await client.ask("GET", "Contacts", headers={"Prefer": "maxpagesize=5000"})
    assert len(many["value"]) == 100
    _, report = await client.ask("GET", CALL_LOG, headers={"Prefer": "odata.maxpagesize=4"})
    assert (len(report["value"]), "@odata.nextLink" in report) == (200, False)


async def test_a_preference_for_an_answer_is_passed_over_or_honoured(xapi: Start) -> None:
    entity, nothing = {"Prefer": "return=representation"}, {"Prefer": "return=minimal"}
    user, contact = {"FirstName": "Ann"}, {"FirstName": "Ann", "PhoneNumber": "1"}
    client = await xapi(history=0)
    assert (await client.ask("PATCH", "Users(29)", json=user, headers=entity))[0] == 204
    assert (await client.ask("POST", "Contacts", json=contact, headers=nothing))[0] == 201
    kind = await xapi(history=0, prefer_return="honoured")
    status, changed = await kind.ask("PATCH", "Users(29)", json=user, headers=entity)
    assert (status, changed["FirstName"], changed["Number"]) == (200, "Ann", "100")
    status, headers, body = await _headers(kind, "POST", "/Contacts", json=contact, headers=nothing)
    assert (status, body, headers["Preference-Applied"]) == (204, b"", "return=minimal")
    made = headers["OData-EntityId"].partition("/xapi/v1/")[2]
    assert (await kind.get(made))["FirstName"] == "Ann"


@pytest.mark.parametrize(
    "options",
    [
        {"headers": {"Accept": "application/json;odata.metadata=none"}},
        {"params": {"$format": "application/json;odata.metadata=none"}},
    ],
)
async def test_nothing_is_said_about_the_data_to_who_wants_only_that(xapi: Start, options: Any) -> None:
    client = await xapi(history=0)
    status, headers, _ = await _headers(client, "GET", "/Users?$top=1", **options)
    assert (status, headers["Content-Type"].split("; ")[1]) == (200, "odata.metadata=none")
    _, body = await client.ask("GET", "Users?$select=Number&$top=1&$count=true", **options)
    assert body == {"@odata.count": 6, "value": [{"Number": "100"}]}


async def test_types_and_addresses_are_told_to_who_wants_everything(xapi: Start) -> None:
    client = await xapi(history=0)
    full = {"Accept": "application/json;odata.metadata=full"}
    _, body = await client.ask("GET", "Users?$select=Id,Number,QueueStatus,Tags&$top=1", headers=full)
    base = f"{client.sim.url}/xapi/v1"
    row = body["value"][0]
    assert (
        row.items()
        >= {
            "@odata.type": "#Pbx.User",
            "@odata.id": f"{base}/Users(29)",
            "@odata.editLink": f"{base}/Users(29)",
            "QueueStatus@odata.type": "#Pbx.QueueStatusType",
            "Groups@odata.navigationLink": f"{base}/Users(29)/Groups",
            "Id": 29,
        }.items()
    )
    assert "Id@odata.type" not in row
    _, one = await client.ask("GET", "Users(29)", headers=full)
    assert (one["@odata.id"], one["@odata.context"]) == (
        f"{base}/Users(29)",
        f"{base}/$metadata#Users/$entity",
    )
    _, status = await client.ask("GET", "SystemStatus", headers=full)
    assert status["@odata.type"] == "#Pbx.SystemStatus"


@pytest.mark.parametrize(
    "accept", ["*/*", "application/xml", "text/html", "application/json;q=0.5,text/plain"]
)
async def test_other_formats_than_json_are_not_to_be_had(xapi: Start, accept: str) -> None:
    client = await xapi(history=0)
    _, headers, _ = await _headers(client, "GET", "/Users", headers={"Accept": accept})
    assert headers["Content-Type"].startswith("application/json; odata.metadata=minimal")
    assert headers["OData-Version"] == "4.0"
