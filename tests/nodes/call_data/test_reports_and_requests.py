"""Every report by name, any path of the XAPI, and the dropdowns."""

import asyncio
from typing import Any

import pytest

from tests.waiting import eventually
from threecx_nodes.call_data.get_report import ReportName
from threecx_pbx.errors import BadParameter
from threecx_pbx.reports.catalogue import simplified

from .conftest import ALL_TIME, Data


@pytest.mark.parametrize(
    ("report", "filters", "named", "has"),
    [
        (
            "queuePerformanceTotals",
            {"extensions": "101", "ringGroups": "820"},
            "Extensions, Ring Groups",
            "Queues",
        ),
        ("inboundCalls", {"callArea": "internal"}, "Call Area", "Trunks"),
        ("extensionStatisticsByGroup", {"waitSeconds": 20}, "Wait (Seconds)", "Call Area, Department"),
    ],
)
async def test_a_filter_that_a_report_lacks_is_named_with_those_that_it_has(
    data: Data, report: str, filters: dict[str, Any], named: str, has: str
) -> None:
    error = await data.error("getReport", report=report, timeRange="today", filters=filters)

    assert (error["errorId"], error["message"]) == (
        "badParameter",
        f"The report {report} has no filter {named}.",
    )
    assert f"are: {has}" in error["hint"]


@pytest.mark.parametrize("report", list(ReportName))
@pytest.mark.proves("data.getReport")
async def test_every_report_is_read_by_its_name(data: Data, report: ReportName) -> None:
    rows = await data.run("getReport", report=report, **ALL_TIME, limit=5)

    assert len(rows) <= 5
    assert all(row["report"] == report for row in rows)


@pytest.mark.proves("data.getReport")
@pytest.mark.parametrize(
    ("report", "filters", "named"),
    [
        ("abandonedQueueCalls", {"queues": "800,4711"}, "Queues in Filters names '4711'"),
        ("agentLoginHistory", {"agents": "999"}, "Agents in Filters names '999'"),
        ("extensionStatisticsByGroup", {"department": "GRP9999"}, "no department 'GRP9999'"),
    ],
)
async def test_a_filter_that_names_what_the_pbx_lacks_is_refused(
    data: Data, report: str, filters: dict[str, str], named: str
) -> None:
    error = await data.error("getReport", report=report, timeRange="today", filters=filters)

    assert error["errorId"] == "recordUnknown"
    assert named in error["message"]


async def test_queues_and_departments_are_known_by_name_too(data: Data) -> None:
    pairs = [
        ("extensionStatisticsByGroup", {"department": "DEFAULT"}, {"department": "GRP0000"}),
        ("queuePerformanceTotals", {"queues": "support queue"}, {"queues": "800"}),
    ]

    for report, by_name, by_number in pairs:
        named = await data.run("getReport", report=report, **ALL_TIME, filters=by_name)
        numbered = await data.run("getReport", report=report, **ALL_TIME, filters=by_number)
        assert named == numbered
        assert named


@pytest.mark.parametrize("pbx_options", [{"report_zeros": "missing"}])
async def test_zeros_that_the_pbx_leaves_out_are_there(data: Data) -> None:
    rows = await data.run("getReport", report="queuePerformanceOverview", **ALL_TIME)
    raw = await data.run("getReport", report="queuePerformanceOverview", **ALL_TIME, simplify=False)

    assert rows[0]["sortOrder"] == 0
    assert "SortOrder" not in raw[0]
    assert isinstance(rows[0]["talkTime"], float)
    assert raw[0]["TalkTime"].startswith("PT")


@pytest.mark.parametrize("pbx_options", [{"report_time_zone": "offset"}, {"report_time_zone": "iana"}])
async def test_both_ways_to_name_a_time_zone_are_tried(data: Data) -> None:
    assert await data.run("getReport", report="agentLoginHistory", timeRange="last7Days")


@pytest.mark.parametrize("pbx_options", [{"extension_statistics": 500}])
async def test_a_report_that_fails_on_a_build_is_replaced_by_its_like(data: Data) -> None:
    rows = await data.run(
        "getReport", report="extensionStatistics", **ALL_TIME, filters={"extensions": "101"}
    )

    assert [row["dn"] for row in rows] == ["101"]


@pytest.mark.parametrize("pbx_options", [{"extension_statistics": 500}])
async def test_the_limit_counts_rows_that_are_meant(data: Data) -> None:
    rows = await data.run(
        "getReport", report="extensionStatistics", **ALL_TIME, filters={"extensions": "105"}, limit=1
    )

    assert [row["dn"] for row in rows] == ["105"]


def test_a_report_that_does_not_exist_is_named() -> None:
    with pytest.raises(BadParameter, match="no report 'nope'"):
        simplified("nope", {})


@pytest.mark.proves("data.xapiRequest")
async def test_any_path_is_read_with_odata_options_page_by_page(data: Data) -> None:
    query = {"filter": "Number eq '101'", "select": "Id,Number"}

    (user,) = await data.run("xapiRequest", path="Users", query=query)
    contacts = await data.run("xapiRequest", path="Contacts", returnAll=True)

    assert user["Number"] == "101"
    assert len(contacts) == 120


async def test_a_single_record_is_one_item(data: Data) -> None:
    (status,) = await data.run("xapiRequest", path={"mode": "path", "value": "/xapi/v1/SystemStatus"})

    assert status["Version"].startswith("20.")
    assert not [key for key in status if key.startswith("@")]


@pytest.mark.proves("data.xapiRequest.write-guard")
async def test_nothing_is_written_unless_the_credential_allows_it(data: Data) -> None:
    write: dict[str, Any] = {
        "method": "POST",
        "path": "Contacts",
        "body": '{"FirstName": "Xanthippe", "PhoneNumber": "+49301"}',
    }

    assert (await data.error("xapiRequest", **write))["errorId"] == "dataChangesOff"
    data.login["allowDataChanges"] = True
    assert (await data.error("xapiRequest", tool=True, **write))["errorId"] == "dataChangesOff"
    (shown,) = await data.run("xapiRequest", **write, dryRun=True)
    assert (shown["path"], shown["body"]["FirstName"]) == ("/xapi/v1/Contacts", "Xanthippe")
    assert await data.run("findContact", findBy="text", search="Xanthippe") == []

    (made,) = await data.run("xapiRequest", **write)

    assert (made["success"], made["FirstName"]) == (True, "Xanthippe")
    (gone,) = await data.run("xapiRequest", method="DELETE", path=f"Contacts({made['Id']})")
    assert gone["success"]


_CALLS: dict[str, Any] = {"method": "POST", "path": "Users/Pbx.MakeCall"}


def dialled(data: Data) -> list[str]:
    """What the PBX was asked with POST below /xapi."""
    return [
        one.path for one in data.sim.control.requests().asked if one.method == "POST" and "/xapi/" in one.path
    ]


_STRICT: dict[str, Any] = {"allowedDestinations": "*", "dryRun": True}


@pytest.mark.parametrize(
    ("login", "destination", "path"),
    [
        ({}, "+4930999999", "Users/Pbx.MakeCall"),
        ({"allowedDestinations": "*"}, "112", "Users/Pbx.MakeCall"),
        ({"allowedDestinations": "*"}, "*21*1", "Users/Pbx.MakeCall"),
        ({"allowedDestinations": "+49*", "callingHours": "03:00-03:01"}, "+49309", "Users/Pbx.MakeCall"),
        (_STRICT, "102", "Users/Pbx.MakeCall"),
        (_STRICT, "102", "users/pbx.makecall"),
        (_STRICT, "102", "Users/MakeCall"),
        (_STRICT, "102", "Users/Pbx.M%61keCall"),
        (_STRICT, "102", "Users(29)/Pbx.MakeCall()"),
    ],
)
async def test_a_call_through_the_xapi_passes_the_guard_of_destinations(
    data: Data, login: dict[str, Any], path: str, destination: str
) -> None:
    data.login |= login | {"allowDataChanges": True}
    body = {"dn": "101", "destination": destination}

    error = await data.error("xapiRequest", method="POST", path=path, body=body)

    assert error["errorId"] == "destinationRefused"
    assert not dialled(data)


@pytest.mark.parametrize(
    ("path", "body", "error"),
    [
        ("Users/Pbx.MakeCall", {"dn": "101"}, "badParameter"),
        ("Users/Pbx.MakeCall", {"destination": "102", "Destination": "112"}, "badParameter"),
        ("Users/Pbx.MakeCall", {"destination": "102", "contact": "sip:112@pbx"}, "badParameter"),
        ("Users/Pbx.MakeCall", [], "badParameter"),
        ("Users(29)/Pbx.MakeCallUserRecordGreeting", {"dn": "112", "filename": "a"}, "destinationRefused"),
        (
            "CustomPrompts/Pbx.MakeCallRecordCustomPrompt",
            {"dn": "+4930", "filename": "a"},
            "destinationRefused",
        ),
        ("PromptSets(1)/Pbx.PlayPrompt", {"extension": "911", "promptId": "a"}, "destinationRefused"),
        ("PromptSets(1)/Pbx.RecordPrompt", {"extension": "*21", "promptId": "a"}, "destinationRefused"),
        ("Trunks(5)/Pbx.TestOutboundCall", {"destination": "112"}, "destinationRefused"),
        ("Trunks(5)/Pbx.TestInboundCall", {}, "destinationRefused"),
        ("$batch", {"requests": []}, "destinationRefused"),
    ],
)
async def test_whatever_makes_the_pbx_dial_is_judged(
    data: Data, path: str, body: dict[str, Any], error: str
) -> None:
    data.login["allowDataChanges"] = True

    assert (await data.error("xapiRequest", method="POST", path=path, body=body))["errorId"] == error
    assert not dialled(data)


async def test_a_call_that_the_guard_allows_is_placed_and_counts_for_the_hour(data: Data) -> None:
    data.login |= {"allowDataChanges": True, "allowedDestinations": "+49*", "maxCallsPerHour": 1}
    call = _CALLS | {"body": {"dn": "101", "destination": "+49 30 999999"}}
    placing = asyncio.create_task(data.lines("xapiRequest", **call))

    await eventually(data.sim.control.calls)

    assert "an hour" in (await data.error("xapiRequest", **call))["message"]
    placing.cancel()
    await asyncio.gather(placing, return_exceptions=True)


async def test_a_dry_run_needs_no_right_to_write_and_shows_all_that_would_be_sent(data: Data) -> None:
    write = {"method": "PATCH", "path": "Users(29)", "body": {"FirstName": "Ada"}, "ifMatch": 'W/"7"'}

    (shown,) = await data.run("xapiRequest", **write, dryRun=True)

    assert (shown["method"], shown["body"], shown["ifMatch"]) == ("PATCH", {"FirstName": "Ada"}, 'W/"7"')


@pytest.mark.parametrize(
    ("status", "named"), [(405, "Check Method"), (415, "Body"), (414, "too long"), (412, "If-Match")]
)
async def test_a_request_that_3cx_does_not_take_is_not_blamed_on_the_address(
    data: Data, status: int, named: str
) -> None:
    data.sim.control.answer_next(status, path="/xapi/v1/Users")

    error = await data.error("xapiRequest", path="Users")

    assert error["errorId"] == "badParameter"
    assert named in error["hint"]


@pytest.mark.parametrize(
    ("parameters", "named"),
    [
        ({"body": '{"a": NaN}'}, "Body"),
        ({"body": "[" * 100_000}, "Body"),
        ({"body": "[" * 500 + "]" * 500}, "Body"),
        ({"ifMatch": "日本"}, "ifMatch"),
    ],
)
async def test_what_cannot_be_sent_is_named(data: Data, parameters: dict[str, Any], named: str) -> None:
    data.login["allowDataChanges"] = True

    error = await data.error("xapiRequest", method="POST", path="Contacts", **parameters)

    assert (error["errorId"], named in error["message"]) == ("badParameter", True)


@pytest.mark.parametrize(
    ("parameters", "error"),
    [
        ({"path": "../connect/token"}, "badParameter"),
        ({"path": "%2e%2e/%2e%2e/callcontrol"}, "badParameter"),
        ({"path": "Users?$top=1"}, "badParameter"),
        ({"path": "Users(4711)"}, "recordUnknown"),
        ({"path": "Nonsense"}, "recordUnknown"),
        ({"path": "Users", "query": {"filter": "Number eq 'x"}}, "badParameter"),
        ({"path": "Users", "method": "TRACE"}, "badParameter"),
    ],
)
async def test_bad_requests_are_named(data: Data, parameters: dict[str, Any], error: str) -> None:
    assert (await data.error("xapiRequest", **parameters))["errorId"] == error


@pytest.mark.parametrize(
    ("name", "search", "value"),
    [
        ("queues", "support", "800"),
        ("people", "sue", "102"),
        ("extensions", "101", "101"),
        ("xapiPaths", "systemhealth", "SystemStatus/Pbx.SystemHealthStatus()"),
    ],
)
@pytest.mark.proves("data.dropdowns")
async def test_dropdowns_are_searched(data: Data, name: str, search: str, value: str) -> None:
    assert value in [one["value"] for one in await data.options(name, search)]


async def test_recordings_are_offered_newest_first(data: Data) -> None:
    offered = await data.options("recordings")

    assert len(offered) == 100
    assert offered == sorted(offered, key=lambda one: one["name"][:16], reverse=True)
