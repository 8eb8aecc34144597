"""OData options (api.md 7.1): what they give, and what a PBX refuses."""

from typing import Any
from urllib.parse import unquote

import pytest

from .conftest import CALL_LOG, Start

pytestmark = pytest.mark.proves("simulator.section-12")


@pytest.mark.parametrize(
    ("condition", "numbers"),
    [
        ("Number eq '101'", ["101"]),
        ("Number ne '101' and Id lt 31", ["100"]),
        ("startswith(Number,'10') and not (Number eq '101' or Number gt '102')", ["100", "102"]),
        (
            "contains(tolower(DisplayName),'sales') or endswith(EmailAddress,'.operator@pbx.example.com')",
            ["100", "101"],
        ),
        ("FirstName eq 'O''Neil'", []),
        ("Mobile eq null", []),
        ("OutboundCallerID ne null and AuthID eq null and Number le '100'", ["100"]),
        ("QueueStatus eq 'LoggedIn' and Enabled and Number in ('104','105','999')", ["104", "105"]),
        ("not startsWith(Number,'HD') and Contains (Number, '03')", ["103"]),
        ("Groups/any(g: g/Name eq 'DEFAULT' and g/Rights/RoleName eq 'users') and Number ge '105'", ["105"]),
    ],
)
async def test_filters_choose_rows(xapi: Start, condition: str, numbers: list[str]) -> None:
    client = await xapi()
    rows = await client.rows("Users", filter=condition, select="Number", orderby="Number")
    assert [row["Number"] for row in rows] == numbers


@pytest.mark.parametrize(
    "query",
    [
        "$top=101",
        "$top=-1",
        "$skip=x",
        "$count=perhaps",
        "$filter=Number",
        "$filter=Number eq",
        "$filter=Number eq 101",
        "$filter=Id eq '29'",
        "$filter=Nonsense eq 1",
        "$filter=QueueStatus eq 'Asleep'",
        "$filter=contains(Id,'1')",
        "$filter=(Id eq 1",
        "$filter=StartTime ge 2026-13-45",
        "$orderby=Nonsense",
        "$orderby=Number sideways",
        "$select=Nonsense",
        "$expand=Number",
        "$expand=Groups($select=Nonsense)",
        "$bogus=1",
        "$top=1&$top=2",
    ],
)
async def test_what_cannot_be_understood_gets_an_odata_error(xapi: Start, query: str) -> None:
    client = await xapi(history=0)
    status, body = await client.ask("GET", f"Users?{query}")
    assert (status, set(body)) == (400, {"error"}), body
    assert body["error"]["message"]


async def test_pages_of_a_set_follow_the_link_until_everything_was_seen(xapi: Start) -> None:
    client = await xapi()
    body = await client.get("Contacts", filter="Id gt 0", orderby="Id desc", count="true")
    assert (len(body["value"]), body["@odata.count"]) == (100, 120)
    link = unquote(body["@odata.nextLink"])
    assert link.startswith(f"{client.sim.url}/xapi/v1/Contacts?")
    rest = await client.rows(body["@odata.nextLink"].partition("/xapi/v1/")[2])
    assert [row["Id"] for row in body["value"] + rest] == list(range(120, 0, -1))


@pytest.mark.parametrize(("skip", "top", "found"), [(0, 0, 0), (0, 4, 4), (4, 4, 2), (6, 4, 0), (50, 1, 0)])
async def test_the_count_is_of_all_rows_whatever_page_is_asked_for(
    xapi: Start, skip: int, top: int, found: int
) -> None:
    client = await xapi(history=0)
    body = await client.get("Users", count="true", skip=skip, top=top, filter="Enabled eq true")
    assert (body["@odata.count"], len(body["value"]), "@odata.nextLink" in body) == (6, found, False)


async def test_what_was_asked_for_stands_in_the_context(xapi: Start) -> None:
    client = await xapi()
    shape = {"select": "Id,Number", "expand": "Groups($expand=Rights;$select=Name)"}
    body = await client.get("Users", **shape, top=1, skip=1)
    assert body["@odata.context"].endswith("/xapi/v1/$metadata#Users(Id,Number,Groups(Name,Rights()))")
    (row,) = body["value"]
    assert set(row) == {"Id", "Number", "Groups"}
    assert row["Groups"] == [
        {
            "Name": "DEFAULT",
            "Rights": {
                "RoleName": "users",
                "CanSeeGroupMembers": True,
                "CanSeeGroupCalls": False,
                "PerformOperations": False,
            },
        }
    ]


async def test_navigation_is_sent_only_when_expanded_and_nulls_never(xapi: Start) -> None:
    client = await xapi()
    plain = await client.get("Queues(Number='800')")
    assert "Agents" not in plain
    assert None not in plain.values()
    expanded = await client.get("Queues(Number='800')", expand="Agents($filter=Number eq '102'),Managers")
    assert [agent["Number"] for agent in expanded["Agents"]] == ["102"]
    assert [manager["Number"] for manager in expanded["Managers"]] == ["100"]
    _, dollarless = await client.ask("GET", "Queues(Number='800')?expand=Agents")
    assert [agent["Number"] for agent in dollarless["Agents"]] == ["102", "103"]


async def test_the_user_list_of_3cx_own_web_client_is_understood(xapi: Start) -> None:
    client = await xapi(history=0)
    body = await client.get(
        "Users",
        filter="not startsWith(Number,'HD')",
        orderby="Number",
        select="IsRegistered,CurrentProfileName,DisplayName,Id,EmailAddress,Number,Tags,Require2FA",
        expand="Groups($select=GroupId,Name,Rights;$filter=not startsWith(Name,'___FAVORITES___');$expand=Rights($select=RoleName)),Phones($select=MacAddress,Name,Settings($select=IsSBC,ProvisionType))",
        top=50,
        skip=0,
        count="true",
    )
    assert body["@odata.count"] == 6
    assert body["value"][1]["Groups"] == [{"GroupId": 28, "Name": "DEFAULT", "Rights": {"RoleName": "users"}}]


async def test_a_day_of_recordings_is_asked_for_by_date(xapi: Start) -> None:
    client = await xapi()
    rows = await client.rows("Recordings", filter="date(StartTime) eq 2026-03-02", count="true")
    assert rows
    assert {row["StartTime"][:10] for row in rows} == {"2026-03-02"}


async def test_search_looks_into_every_text(xapi: Start) -> None:
    client = await xapi()
    assert [row["Number"] for row in await client.rows("Users", search='"sales"')] == ["101"]


async def test_the_call_log_takes_a_thousand_rows_at_once(xapi: Start) -> None:
    client = await xapi(history=2500)
    pages = [await client.rows(CALL_LOG, top=1000, skip=skip) for skip in (0, 1000, 2000, 3000)]
    assert [len(page) for page in pages] == [1000, 1000, 500, 0]
    starts = [row["StartTime"] for page in pages for row in page if "Indent" not in row]
    assert starts == sorted(starts, reverse=True)
    assert (await client.get(CALL_LOG, top=1, count="true"))["@odata.count"] == 2500


async def test_more_than_a_thousand_rows_of_a_report_are_taken_unless_this_pbx_refuses(xapi: Start) -> None:
    client = await xapi(history=2500)
    assert len(await client.rows(CALL_LOG, top=100_000)) == 2500
    assert len(await client.rows(CALL_LOG, top=1500, skip=2000)) == 500
    strict = await xapi(report_top="1000")
    assert (await strict.ask("GET", f"{CALL_LOG}?$top=1001"))[0] == 400
    assert len(await strict.rows(CALL_LOG, top=1000)) == 1000


async def test_reports_are_filtered_and_ordered_like_sets(xapi: Start) -> None:
    client = await xapi()
    rows = await client.rows(
        CALL_LOG,
        filter="Direction eq 'Inbound' and TalkingDuration gt duration'PT5M'",
        orderby="TalkingDuration desc",
    )
    assert rows
    assert {row["Direction"] for row in rows} == {"Inbound"}
    (longest,) = await client.rows(
        CALL_LOG, orderby="TalkingDuration desc", top=1, filter="Direction eq 'Inbound'"
    )
    assert longest == rows[0]


@pytest.mark.parametrize(
    "wrong",
    [
        CALL_LOG.replace("sourceType=0,sourceFilter=''", "sourceFilter='',sourceType=0"),
        CALL_LOG.replace(",hidePcalls=true", ""),
        CALL_LOG.replace("hidePcalls=true", "hidePcalls=true,more=1"),
        CALL_LOG.partition("(")[0],
        "Users(Nonsense='101')",
        "Users('101')",
        "Users(101,102)",
        "Users(999)",
        "Nonsense",
        "Users(29)/Nonsense",
        "Users(29)/Groups/Rights",
        "Users(29",
    ],
)
async def test_a_path_that_is_none_is_not_found(xapi: Start, wrong: str) -> None:
    client = await xapi(history=0)
    assert (await client.ask("GET", wrong))[0] == 404


@pytest.mark.parametrize("value", ["yesterday", "'2026-01-01T00:00:00Z'", "2026-01-01T25:00:00Z"])
async def test_a_parameter_of_another_type_is_refused(xapi: Start, value: str) -> None:
    client = await xapi(history=0)
    status, body = await client.ask(
        "GET", CALL_LOG.replace("periodTo=2030-01-01T00:00:00Z", f"periodTo={value}")
    )
    assert (status, "periodTo" in body["error"]["message"] or "time" in body["error"]["message"]) == (
        400,
        True,
    )


async def test_numbers_are_keys_from_update_8_on_and_found_by_function_before(xapi: Start) -> None:
    old = await xapi(profile="v20_u7")
    assert (await old.ask("GET", "Queues(Number='800')"))[0] == 404
    found: Any = await old.get("Queues/Pbx.GetByNumber(number='800')")
    new = await xapi(profile="v20_u9")
    assert (await new.ask("GET", "Queues/Pbx.GetByNumber(number='800')"))[0] == 404
    kind = await xapi(profile="v20_u9", get_by_number="always")
    told: Any = await kind.get("Queues/Pbx.GetByNumber(number='800')")
    assert told["Name"] == found["Name"]
    assert (await new.get("Queues(Number='800')"))["Id"] == found["Id"]


async def test_a_pbx_describes_itself(xapi: Start) -> None:
    client = await xapi(history=0)
    status, body = await client.ask("GET", "$metadata")
    assert status == 200
    assert b'<EntitySet Name="Users" EntityType="Pbx.User"' in body
    assert {"name": "SystemStatus", "kind": "Singleton", "url": "SystemStatus"} in await client.rows("")
