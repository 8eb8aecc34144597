"""Every report by name, any path of the XAPI, and the dropdowns."""

from typing import Any

import pytest

from threecx_nodes.call_data.get_report import ReportName

from .conftest import ALL_TIME, Data


@pytest.mark.parametrize("report", list(ReportName))
@pytest.mark.proves("data.getReport")
async def test_every_report_is_read_by_its_name(data: Data, report: ReportName) -> None:
    rows = await data.run("getReport", report=report, **ALL_TIME, limit=5)

    assert len(rows) <= 5
    assert all(row["report"] == report for row in rows)


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


@pytest.mark.parametrize(
    ("parameters", "error"),
    [
        ({"path": "../connect/token"}, "badParameter"),
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
