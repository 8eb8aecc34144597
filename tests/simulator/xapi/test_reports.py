"""Reports (api.md 7.4, 7.5) with the quirks that bit people."""

from collections import Counter, defaultdict
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from .conftest import CALL_LOG, FAR_OFF, LONG_AGO, Start

pytestmark = pytest.mark.proves("simulator.section-12")
PERIOD = f"periodFrom={LONG_AGO},periodTo={FAR_OFF}"
DATES = f"startDt={LONG_AGO},endDt={FAR_OFF}"
WAIT = "waitInterval='0:00:0'"


def _total(rows: list[dict[str, Any]], name: str) -> int:
    return sum(row.get(name, 0) for row in rows)


async def test_rows_of_one_call_belong_together_and_tell_its_journey(xapi: Start) -> None:
    client = await xapi()
    calls: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in await client.rows(CALL_LOG, top=1000):
        calls[row["MainCallHistoryId"]].append(row)
    queued = next(rows for rows in calls.values() if len(rows) == 3 and rows[0]["CallType"] == "System")
    assert [row["SegmentId"] for row in queued] == [1, 2, 3]
    assert [row.get("Indent", 0) for row in queued] == [0, 1, 2]
    assert [row["DestinationDn"] for row in queued[:2]] == ["820", "800"]
    assert queued[0]["actionDnDn"] == "800"
    assert (queued[1]["Status"], queued[2]["Status"]) == ("Waiting", "Answered")
    assert (
        queued[1]["Reason"]
        == f"was replaced by {queued[2]['DestinationDisplayName']} ({queued[2]['DestinationDn']})"
    )


async def test_zeros_and_nulls_are_missing_unless_the_profile_sends_zeros(xapi: Start) -> None:
    plain = await (await xapi()).rows(CALL_LOG, top=200)
    assert all(
        value is not None and (value is False or value != 0) for row in plain for value in row.values()
    )
    zeros = await (await xapi(report_zeros="sent")).rows(CALL_LOG, top=200)
    assert all("Indent" in row and "SourceType" in row for row in zeros)


async def test_park_legs_are_hidden_on_demand(xapi: Start) -> None:
    client = await xapi()
    shown = await client.rows(CALL_LOG.replace("hidePcalls=true", "hidePcalls=false"))
    assert len(shown) > 1000
    assert {row["DestinationDn"] for row in shown} - {
        row["DestinationDn"] for row in await client.rows(CALL_LOG)
    } == {"SP0"}


async def test_texts_narrow_the_call_log_by_number_or_name(xapi: Start) -> None:
    client = await xapi()
    rows = await client.rows(CALL_LOG.replace("destinationFilter=''", "destinationFilter='Sue'"))
    assert {row["DestinationDisplayName"] for row in rows} == {"Sue Support", "Voicemail of Sue Support"}


async def test_a_period_cuts_the_call_log_to_the_second(xapi: Start) -> None:
    client = await xapi()
    whole = await client.rows(CALL_LOG)
    moments = sorted({row["StartTime"] for row in whole if "Indent" not in row})
    first, last = moments[len(moments) // 4], moments[3 * len(moments) // 4]
    path = CALL_LOG.replace(LONG_AGO, first).replace(FAR_OFF, last)
    kept = {row["MainCallHistoryId"] for row in await client.rows(path)}
    assert kept == {
        row["MainCallHistoryId"] for row in whole if "Indent" not in row and first <= row["StartTime"] <= last
    }


async def test_queue_reports_agree_with_each_other_and_with_the_call_log(xapi: Start) -> None:
    client = await xapi()
    log = await client.rows(CALL_LOG)
    waiting = [row for row in log if row["DestinationDn"] == "800"]
    (totals,) = await client.rows(
        f"ReportQueuePerformanceTotals/Pbx.GetQueuePerformanceTotalsData({PERIOD},queueDns='',{WAIT})"
    )
    agents = await client.rows(
        f"ReportQueuePerformanceOverview/Pbx.GetQueuePerformanceOverviewData({PERIOD},queueDns='800',{WAIT})"
    )
    (detail,) = await client.rows(
        f"ReportDetailedQueueStatistics/Pbx.GetDetailedQueueStatisticsData(queueDnStr='',{DATES},{WAIT})"
    )
    (team,) = await client.rows(
        f"ReportTeamQueueGeneralStatistics/Pbx.GetTeamQueueGeneralStatisticsData(queueDnStr='800',{DATES},{WAIT})"
    )
    lost = await client.rows(
        f"ReportAbandonedQueueCalls/Pbx.GetAbandonedQueueCallsData({PERIOD},queueDns='800',{WAIT})"
    )
    answered = sum(1 for row in waiting if "ActionType" in row)
    assert totals["QueueReceivedCount"] == detail["CallsCount"] == team["ReceivedCount"] == len(waiting)
    assert totals["ExtensionAnsweredCount"] == detail["AnsweredCount"] == team["AnsweredCount"] == answered
    assert _total(agents, "ExtensionAnsweredCount") == answered
    assert len({row["CallHistoryId"] for row in lost}) == len(waiting) - answered
    assert Counter("CallTime" in row for row in lost)[True] == len({row["CallHistoryId"] for row in lost})
    assert team["AgentsInQueueCount"] == 2


@pytest.mark.parametrize(
    "report",
    [
        f"ReportAbandonedQueueCalls/Pbx.GetAbandonedQueueCallsData({PERIOD},queueDns='',{WAIT})",
        f"ReportAgentsInQueueStatistics/Pbx.GetAgentsInQueueStatisticsData(queueDnStr='',{DATES},{WAIT})",
    ],
)
async def test_some_reports_want_a_real_queue_number(xapi: Start, report: str) -> None:
    client = await xapi()
    assert (await client.ask("GET", report))[0] == 404
    assert await client.rows(report.replace("=''", "='800 999'"))


async def test_statistics_by_group_are_empty_without_a_group_and_no_error(xapi: Start) -> None:
    client = await xapi()
    report = f"ReportExtensionStatisticsByGroup/Pbx.GetExtensionStatisticsByGroupData(groupNumber='',{PERIOD},callArea=0)"
    assert await client.rows(report) == []
    assert [row["Dn"] for row in await client.rows(report.replace("''", "'GRP0000'"))] == [
        "100",
        "101",
        "102",
        "103",
        "104",
        "105",
    ]


async def test_extension_statistics_fail_on_some_pbxs(xapi: Start) -> None:
    report = (
        f"ReportExtensionStatistics/Pbx.GetExtensionStatisticsData({PERIOD},extensionFilter='101',callArea=2)"
    )
    assert (await (await xapi(extension_statistics="500")).ask("GET", report))[0] == 500
    assert [row["Dn"] for row in await (await xapi()).rows(report)] == ["101"]


@pytest.mark.parametrize(
    ("takes", "zone", "status"),
    [
        ("offset", "+08:00", 200),
        ("offset", "Asia/Taipei", 404),
        ("iana", "Asia/Taipei", 200),
        ("iana", "+08:00", 404),
        ("iana", "Nowhere/Else", 404),
        ("both", "", 404),
    ],
)
async def test_time_zones_are_offsets_on_some_pbxs_and_names_on_others(
    xapi: Start, takes: str, zone: str, status: int
) -> None:
    client = await xapi(report_time_zone=takes)
    report = f"ReportAgentLoginHistory/Pbx.GetAgentLoginHistoryData(clientTimeZone='{zone}',startDt=2026-02-25T00:00:00Z,endDt={FAR_OFF},queueDnStr='',agentDnStr='102')"
    found, body = await client.ask("GET", report.replace("+", "%2B"))
    assert found == status
    if status == 200:
        assert body["value"][0]["loggedInDt"] == "2026-03-02T15:30:00+08:00"
        assert {row["AgentNo"] for row in body["value"]} == {"102"}


async def test_the_service_level_counts_who_waited_too_long(xapi: Start) -> None:
    client = await xapi()
    base = f"queueDnStr='',{DATES},waitInterval='0:00:30'"
    (count,) = await client.rows(f"ReportStatisticSla/Pbx.GetStatisticSlaData({base})")
    breaches = await client.rows(f"ReportBreachesSla/Pbx.GetBreachesSlaData({base})")
    assert count["BadSlaCallsCount"] == len(breaches) > 0


async def test_outside_calls_are_listed_with_the_number_that_was_called(xapi: Start) -> None:
    client = await xapi()
    inbound = await client.rows(f"ReportInboundCalls/Pbx.GetInboundCalls({PERIOD},trunkDns='',callsType=0)")
    log = await client.rows(CALL_LOG, filter="Direction eq 'Inbound'")
    assert len(inbound) == len({row["MainCallHistoryId"] for row in log})
    assert "+4930555101" in {row["Did"] for row in inbound}
    assert (
        await client.rows(f"ReportOutboundCalls/Pbx.GetOutboundCalls({PERIOD},trunkDns='10002',callsType=0)")
        == []
    )


async def test_reports_download_as_csv(xapi: Start) -> None:
    client = await xapi()
    path = f"ReportQueuePerformanceTotals/Pbx.DownloadQueuePerformanceTotals({PERIOD},queueDns='',{WAIT})"
    status, body = await client.ask("GET", path)
    lines = body.decode().splitlines()
    assert (status, len(lines)) == (200, 2)
    assert lines[0].startswith("ExtensionAnsweredCount,ExtensionDroppedCount,QueueDisplayName")


async def test_the_old_tables_have_nothing_or_fail(xapi: Start) -> None:
    assert await (await xapi()).rows("CallHistoryView") == []
    assert (await (await xapi(old_call_history="500")).ask("GET", "CallHistoryView"))[0] == 500


async def test_the_pbx_may_limit_the_rows_of_its_call_log(xapi: Start) -> None:
    client = await xapi(report_row_limit=250)
    assert len(await client.rows(CALL_LOG)) == 250
    assert await client.rows(CALL_LOG, top=1000, skip=250) == []


async def test_a_call_of_the_running_pbx_stands_in_the_log_when_it_has_ended(xapi: Start) -> None:
    client = await xapi(history=10)
    newest = (await client.rows("LastCdrAndChatMessageTimestamp"))[0]["LastCdrStartedAt"]
    control, clock = client.sim.control, client.sim.clock
    call = control.call("+49301234567", "+4930555101", name="Erika")
    await clock.advance(5)
    assert len(await client.rows(CALL_LOG)) == 10
    control.hang_up(call)
    row = (await client.rows(CALL_LOG))[0]
    told = (
        "SourceCallerId",
        "DestinationDn",
        "Direction",
        "Status",
        "RingingDuration",
        "TalkingDuration",
        "Reason",
    )
    assert [row[name] for name in told] == [
        "+49301234567",
        "101",
        "Inbound",
        "Answered",
        "PT2S",
        "PT3S",
        "Ended by Erika (+49301234567)",
    ]
    assert (await client.rows("LastCdrAndChatMessageTimestamp"))[0]["LastCdrStartedAt"] > newest
    assert len(await client.rows(CALL_LOG)) == 11


async def test_a_queue_call_of_the_running_pbx_counts_in_the_reports(xapi: Start) -> None:
    client = await xapi(history=0)
    control, clock = client.sim.control, client.sim.clock
    answered = control.call("+49301234567", "+4930555800")
    await clock.advance(10)
    control.hang_up(answered)
    for agent in ("102", "103"):
        control.behave(agent, answers_after=None)
    abandoned = control.call("+49301234568", "+4930555800")
    await clock.advance(15)
    control.hang_up(abandoned)
    (totals,) = await client.rows(
        f"ReportQueuePerformanceTotals/Pbx.GetQueuePerformanceTotalsData({PERIOD},queueDns='',{WAIT})"
    )
    assert (totals["QueueReceivedCount"], totals["ExtensionAnsweredCount"]) == (2, 1)
    lost = await client.rows(
        f"ReportAbandonedQueueCalls/Pbx.GetAbandonedQueueCallsData({PERIOD},queueDns='800',{WAIT})"
    )
    assert {(row["CallerId"], row["WaitTime"]) for row in lost} == {("+49301234568", "PT15S")}


async def test_the_journey_of_a_call_of_the_running_pbx_is_told_leg_by_leg(xapi: Start) -> None:
    client = await xapi(history=0)
    control, clock = client.sim.control, client.sim.clock
    call = control.call("+49301234567", "820")
    await clock.advance(3)
    control.press(call, "1")
    await clock.advance(6)
    control.hang_up(call)
    rows = await client.rows(CALL_LOG)
    assert [(row["DestinationDn"], row["Status"], row["Reason"]) for row in rows] == [
        ("820", "Answered", "was replaced by Sam Sales (101)"),
        ("101", "Answered", "Ended by +49301234567 (+49301234567)"),
    ]
    assert [row.get("TalkingDuration") for row in rows] == ["PT5S", "PT4S"]


async def test_an_unanswered_call_went_to_voicemail(xapi: Start) -> None:
    client = await xapi(history=0)
    control, clock = client.sim.control, client.sim.clock
    control.behave("104", answers_after=None, voicemail_after=10)
    call = control.call("101", "104")
    await clock.advance(20)
    control.hang_up(call)
    first, second = await client.rows(CALL_LOG)
    assert (first["Status"], first["RingingDuration"], first["actionDnDn"]) == ("Unanswered", "PT10S", "999")
    assert (second["DestinationType"], second["Answered"], second["TalkingDuration"]) == (5, True, "PT10S")


@pytest.mark.parametrize("number", ["", "Anonymous", "112", "1234"])
async def test_a_call_over_a_trunk_is_inbound_whatever_number_it_shows(xapi: Start, number: str) -> None:
    client = await xapi(history=0)
    call = client.sim.control.call(number, "+4930555101")
    await client.sim.clock.advance(5)
    client.sim.control.hang_up(call)
    (row,) = await client.rows(CALL_LOG)
    assert (row["Direction"], row["SourceType"], row["SourceDn"]) == ("Inbound", 1, "10001")
    (inbound,) = await client.rows(
        f"ReportInboundCalls/Pbx.GetInboundCalls({PERIOD},trunkDns='',callsType=0)"
    )
    assert inbound["Did"] == "+4930555101"


async def test_an_abandoned_call_that_rang_several_agents_tells_its_time_once(xapi: Start) -> None:
    client = await xapi()
    calls: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in await client.rows(
        f"ReportAbandonedQueueCalls/Pbx.GetAbandonedQueueCallsData({PERIOD},queueDns='800',{WAIT})", top=1000
    ):
        calls[row["CallHistoryId"]].append(row)
    several = [rows for rows in calls.values() if len(rows) > 1]
    assert several
    for rows in several:
        assert ["CallTime" in row for row in rows] == [True] + [False] * (len(rows) - 1)
        assert len({row["ExtensionDn"] for row in rows}) == len(rows)


async def test_the_log_says_whose_voicemail_took_a_call_of_the_running_pbx(xapi: Start) -> None:
    client = await xapi(history=0)
    control, clock = client.sim.control, client.sim.clock
    control.behave("101", answers_after=None, voicemail_after=5)
    call = control.call("+49301234567", "+4930555101")
    await clock.advance(12)
    control.hang_up(call)
    rang, box = await client.rows(CALL_LOG)
    assert rang["ActionDnDisplayName"] == box["DestinationDisplayName"] == "Voicemail of Sam Sales"
    assert rang["Reason"].startswith("was replaced by Voicemail of Sam Sales")


async def test_all_rows_of_a_call_have_one_history_id_unless_this_pbx_gives_each_its_own(xapi: Start) -> None:
    for ids, alike in (("call", True), ("leg", False)):
        client = await xapi(history=300, call_log_ids=ids)
        calls: defaultdict[str, set[str]] = defaultdict(set)
        for row in await client.rows(CALL_LOG, top=300):
            calls[row["MainCallHistoryId"]].add(row["CallHistoryId"])
        assert all(len(found) == 1 for found in calls.values()) is alike


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("short", {"800": ("Inbound", "Queue"), "820": ("Inbound", "System")}),
        ("long", {"800": ("Inbound Queue", "Queue"), "820": ("Inbound", "Digital Receptionist")}),
    ],
)
async def test_a_queue_and_a_menu_are_told_in_short_words_or_long(
    xapi: Start, words: str, told: dict[str, tuple[str, str]]
) -> None:
    client = await xapi(history=0, call_log_words=words)
    for number in told:
        call = client.sim.control.call("+49301234567", number)
        await client.sim.clock.advance(3)
        client.sim.control.hang_up(call)
    rows = [row for row in await client.rows(CALL_LOG) if row["DestinationDn"] in told]
    assert {row["DestinationDn"]: (row["Direction"], row["CallType"]) for row in rows} == told


async def test_agents_are_logged_in_within_the_period_and_never_later_than_now(xapi: Start) -> None:
    client = await xapi()
    begin, end = "2026-02-27T10:00:00+00:00", "2026-03-02T12:00:00+00:00"
    dates = f"startDt={begin.replace('+', '%2B')},endDt={end.replace('+', '%2B')}"
    rows = await client.rows(_logins(dates))
    times = [(row["loggedInDt"], row["LoggedOutDt"]) for row in rows]
    assert times == [("2026-03-02T07:30:00+00:00", end), (begin, "2026-02-27T15:00:00+00:00")]
    assert [row["LoggedInInterval"] for row in rows] == ["PT4H30M", "PT5H"]
    assert {row["LoggedInTotalInterval"] for row in rows} == {"PT9H30M"}
    now = (await client.rows(_logins(DATES)))[0]
    assert now["LoggedOutDt"] == "2026-03-02T15:00:00+00:00"
    (agent, *_) = await client.rows(
        f"ReportAgentsInQueueStatistics/Pbx.GetAgentsInQueueStatisticsData(queueDnStr='800',{dates},{WAIT})"
    )
    assert agent["LoggedInTime"] == "PT9H30M"


def _logins(dates: str) -> str:
    zone = "%2B00:00"
    return (
        f"ReportAgentLoginHistory/Pbx.GetAgentLoginHistoryData(clientTimeZone='{zone}',{dates},"
        "queueDnStr='800',agentDnStr='102')"
    )


async def test_agents_talk_as_long_in_their_log_ins_as_in_the_queue(xapi: Start) -> None:
    client = await xapi()
    day = "2026-03-02T00:00:00Z", "2026-03-02T15:00:00Z"
    dates = f"startDt={day[0]},endDt={day[1]}"
    (login,) = await client.rows(_logins(dates))
    agents = await client.rows(
        f"ReportAgentsInQueueStatistics/Pbx.GetAgentsInQueueStatisticsData(queueDnStr='800',{dates},{WAIT})"
    )
    talked = next(row["TalkTime"] for row in agents if row["Dn"] == "102")
    assert login["TalkingInterval"] == login["TalkingTotalInterval"] == talked != "PT0S"


@pytest.mark.parametrize(
    "name", ["ReportUserActivity/Pbx.GetUserActivity", "ReportCallDistribution/Pbx.GetCallDistribution"]
)
async def test_a_day_has_24_hours_in_charts_with_or_without_calls(xapi: Start, name: str) -> None:
    client = await xapi(report_zeros="sent")
    for step, slots in ((0, 24), (1, 1), (2, 1)):
        rows = await client.rows(
            f"{name}(clientTimeZone='%2B00:00',periodFrom=2026-02-27T00:00:00Z,periodTo=2026-02-28T00:00:00Z,"
            f"groupNumber='',extensionDns='',{WAIT},includeQueueCalls=true,callArea=0,groupingType={step})"
        )
        assert len({row["DateTimeInterval"] for row in rows}) == len(rows) == slots
    hours = [datetime.fromisoformat(row["DateTimeInterval"]) for row in rows]
    assert hours == sorted(hours)


async def test_charts_end_now_and_begin_ten_years_ago(xapi: Start) -> None:
    client = await xapi(report_zeros="sent")
    rows = await client.rows(
        "ReportCallDistribution/Pbx.GetCallDistribution(clientTimeZone='%2B00:00',periodFrom=0001-01-01T00:00:00Z,"
        f"periodTo=9999-12-31T23:59:59Z,groupNumber='',extensionDns='',{WAIT},includeQueueCalls=true,callArea=0,"
        "groupingType=2)"
    )
    months = [datetime.fromisoformat(row["DateTimeInterval"]) for row in rows]
    assert (len(months), months[-1].isoformat()) == (122, "2026-03-01T00:00:00+00:00")
    assert all(timedelta(27) < after - before < timedelta(32) for before, after in pairwise(months))


async def test_the_cost_of_calls_is_told_of_one_department(xapi: Start) -> None:
    client = await xapi()
    report = f"ReportCallCostByExtensionGroup/Pbx.GetCallCostByExtensionGroupData({PERIOD},groupFilter='',callClass=0)"
    assert await client.rows(report) == []
    rows = await client.rows(report.replace("groupFilter=''", "groupFilter='GRP0000'"))
    outbound = await client.rows(
        f"ReportOutboundCalls/Pbx.GetOutboundCalls({PERIOD},trunkDns='',callsType=0)"
    )
    assert [row["SegId"] for row in rows] == [row["CdrId"] for row in outbound]
    assert {(row["GroupName"], row["CallType"]) for row in rows} == {("__DEFAULT__", "Not Configured")}


async def test_the_report_of_inbound_rules_says_the_same_as_the_rules(xapi: Start) -> None:
    client = await xapi()
    told = await client.rows("ReportInboundRules/Pbx.GetInboundRulesData()")
    rules = await client.rows("InboundRules")
    assert [(row["DID"], row["RuleName"], row["InOfficeRouting"]) for row in told] == [
        (row["Data"], row["RuleName"], row["OfficeHoursDestination"]) for row in rules
    ]
    assert {row["InOfficeRouting"]["To"] for row in told} == {"Extension", "Queue", "RoutePoint"}


async def test_null_is_no_queue_unless_this_pbx_takes_it_for_all_of_them(xapi: Start) -> None:
    report = f"ReportQueueCallbacks/Pbx.GetQueueCallbacksData(queueDnStr=null,{DATES})"
    status, body = await (await xapi()).ask("GET", report)
    assert (status, body["error"]["message"]) == (400, "The queueDnStr field is required.")
    assert await (await xapi(null_queues="empty")).rows(report)
