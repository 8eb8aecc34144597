"""Get Call History: what a workflow gets of the call log."""

import csv
import io
from collections import Counter
from typing import Any

import pytest

from tests.readings import OWNERS
from threecx_nodes.shared.spreadsheet import csv_text

from .conftest import ALL_TIME, Data


@pytest.mark.proves("data.getCallHistory")
async def test_rows_of_one_call_become_one_item_with_its_journey(data: Data) -> None:
    calls = await data.run("getCallHistory", **ALL_TIME, returnAll=True)
    rows = await data.run("getCallHistory", **ALL_TIME, returnAll=True, view="segment")

    assert len(rows) > len(calls) > 100
    assert sum(len(call["segments"]) for call in calls) == len(rows)
    ids = Counter(call["callHistoryId"] for call in calls)
    assert max(ids.values()) == 1


async def test_a_queue_call_tells_the_queue_and_who_answered_it(data: Data) -> None:
    calls = await data.run(
        "getCallHistory", **ALL_TIME, returnAll=True, filters={"queue": "800", "answered": "answered"}
    )

    assert calls
    assert {call["queue"] for call in calls} == {"800"}
    assert {call["answeredBy"] for call in calls} <= {"100", "101", "102", "103", "104", "105"}
    assert all(call["talkingSeconds"] > 0 and call["ringingSeconds"] > 0 for call in calls)


@pytest.mark.parametrize(
    ("filters", "holds"),
    [
        ({"directions": ["inbound"]}, lambda call: call["direction"] == "inbound"),
        ({"answered": "unanswered"}, lambda call: not call["answered"] and call["talkingSeconds"] == 0),
        ({"minDuration": 120}, lambda call: call["talkingSeconds"] >= 120),
        (
            {"extensions": "101"},
            lambda call: any("101" in (one["fromNumber"], one["toNumber"]) for one in call["segments"]),
        ),
        (
            {"number": "+49 151"},
            lambda call: any(
                "+49151" in one[key] for one in call["segments"] for key in ("fromNumber", "toNumber")
            ),
        ),
    ],
)
@pytest.mark.proves("data.getCallHistory")
async def test_filters_that_the_report_lacks_hold_for_each_call(
    data: Data, filters: dict[str, Any], holds: Any
) -> None:
    every = await data.run("getCallHistory", **ALL_TIME, returnAll=True)
    kept = await data.run("getCallHistory", **ALL_TIME, returnAll=True, filters=filters)

    assert 0 < len(kept) < len(every)
    assert all(holds(call) for call in kept)
    assert [call for call in every if holds(call)] == kept


async def test_the_zero_in_brackets_of_a_number_counts_for_nothing(data: Data) -> None:
    calls = await data.run("getCallHistory", **ALL_TIME, returnAll=True, filters={"directions": ["inbound"]})
    number = next(call["fromNumber"] for call in calls if call["fromNumber"].startswith("+4930"))
    spellings = (number, f"+49 (0)30 {number[5:]}", f"0049 (0) 30/{number[5:]}", f"030 {number[5:]}")

    found = [
        await data.run("getCallHistory", **ALL_TIME, returnAll=True, filters={"number": one})
        for one in spellings
    ]

    assert found[0]
    assert all(some == found[0] for some in found)


@pytest.mark.parametrize("number", ["abc", "anonymous", "0", "+", "'; drop"])
async def test_a_number_without_digits_does_not_mean_every_call(data: Data, number: str) -> None:
    error = await data.error("getCallHistory", startDate="2020-01-01", filters={"number": number})

    assert error["errorId"] == "badParameter"
    assert "Number in Filters holds no digits" in error["message"]


@pytest.mark.parametrize("queue", ["4711", "999", "Moon queue"])
async def test_a_queue_that_the_pbx_lacks_is_refused(data: Data, queue: str) -> None:
    error = await data.error("getCallHistory", startDate="2026-03-02", filters={"queue": queue})

    assert error["errorId"] == "recordUnknown"
    assert f"Queue in Filters names '{queue}'" in error["message"]


async def test_a_queue_is_known_by_its_name(data: Data) -> None:
    named = await data.run("getCallHistory", **ALL_TIME, filters={"queue": "Support queue"})

    assert named
    assert named == await data.run("getCallHistory", **ALL_TIME, filters={"queue": "800"})


async def test_a_limit_ends_the_reading(data: Data) -> None:
    assert len(await data.run("getCallHistory", **ALL_TIME, limit=7)) == 7


async def test_today_is_the_day_of_the_time_zone_that_was_chosen(data: Data) -> None:
    berlin = await data.run("getCallHistory", timeRange="today", returnAll=True)
    samoa = await data.run("getCallHistory", timeRange="today", returnAll=True, timezone="Pacific/Auckland")

    assert {call["startTime"][:10] for call in berlin} == {"2026-03-02"}
    assert all(call["startTime"].endswith("+01:00") for call in berlin)
    # in Auckland it is Tuesday already, so the afternoon's calls are left
    assert {call["startTime"][:10] for call in samoa} == {"2026-03-03"}
    assert 0 < len(samoa) < len(berlin)


async def test_a_start_date_alone_says_which_range_is_meant(data: Data) -> None:
    calls = await data.run("getCallHistory", startDate="2026-03-02", returnAll=True)

    assert {call["startTime"][:10] for call in calls} == {"2026-03-02"}


@pytest.mark.proves("data.getCallHistory.csv")
async def test_csv_is_one_item_with_a_file(data: Data) -> None:
    calls = await data.run("getCallHistory", timeRange="today", returnAll=True)
    lines = await data.lines("getCallHistory", timeRange="today", returnAll=True, format="csv")

    assert [line["item"]["rows"] for line in lines] == [len(calls)]
    file = lines[0]["binary"]["data"]
    assert (file["mimeType"], file["fileName"]) == ("text/csv", "calls-2026-03-02-2026-03-02.csv")
    rows = list(csv.DictReader(io.StringIO((await data.file(file["id"])).decode("utf-8-sig"))))
    assert [row["callHistoryId"] for row in rows] == [call["callHistoryId"] for call in calls]


@pytest.mark.proves("data.getCallHistory.includeRecordings")
async def test_recordings_come_as_links_or_as_sound(data: Data) -> None:
    links = await data.run("getCallHistory", timeRange="today", returnAll=True, includeRecordings="links")
    recorded = next(call for call in links if call["recordings"])
    wanted = {"startDate": recorded["startTime"], "endDate": "2026-03-02T23:00:00"}
    lines = await data.lines("getCallHistory", **wanted, returnAll=True, includeRecordings="binaries")
    line = next(one for one in lines if one["item"]["callHistoryId"] == recorded["callHistoryId"])

    assert (await data.file(line["binary"]["recording"]["id"]))[:4] == b"RIFF"


async def test_links_of_recordings_are_columns_of_the_csv(data: Data) -> None:
    asked: dict[str, Any] = {"timeRange": "today", "returnAll": True, "includeRecordings": "links"}
    calls = await data.run("getCallHistory", **asked)
    (line,) = await data.lines("getCallHistory", **asked, format="csv")

    text = (await data.file(line["binary"]["data"]["id"])).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert any(row["recordingIds"] for row in rows)
    for key, column in (("recordingId", "recordingIds"), ("url", "recordingUrls")):
        assert [row[column].splitlines() for row in rows] == [
            [str(one[key]) for one in call["recordings"]] for call in calls
        ]


async def test_sound_in_a_csv_file_is_refused_by_its_name(data: Data) -> None:
    error = await data.error("getCallHistory", timeRange="today", format="csv", includeRecordings="binaries")

    assert (error["errorId"], error["message"][:18]) == ("badParameter", "Include Recordings")


@pytest.mark.parametrize(
    "text", ["=1+1", "\r=1+1", "\n=1", "\t=1", " =1", "\uff1d1+1", "+1+1", "-A1", "@SUM(A1)", "=5"]
)
def test_a_cell_is_never_a_formula(text: str) -> None:
    (cell,) = next(csv.reader(io.StringIO(csv_text([[text]]), newline="")))

    assert cell == f"'{text}"


@pytest.mark.parametrize("text", ["+4930555", "-5", "Ada", "", "a=1"])
def test_a_cell_that_is_none_stays_as_it_is(text: str) -> None:
    assert next(csv.reader(io.StringIO(csv_text([[text, "x"]]), newline="")))[0] == text


@pytest.mark.parametrize(("status", "lost"), [(429, 0), (500, 1)])
async def test_one_recording_that_fails_costs_no_call(data: Data, status: int, lost: int) -> None:
    asked: dict[str, Any] = {"timeRange": "today", "returnAll": True}
    calls = await data.run("getCallHistory", **asked, includeRecordings="links")
    data.sim.control.answer_next(status, path="DownloadRecording", retry_after=0)

    lines = await data.lines("getCallHistory", **asked, includeRecordings="binaries")

    assert [line["item"]["callHistoryId"] for line in lines] == [call["callHistoryId"] for call in calls]
    missing = [one["missing"] for line in lines for one in line["item"]["recordings"] if one["missing"]]
    assert len(missing) == lost


@pytest.mark.parametrize(
    ("parameters", "named"),
    [
        ({"startDate": "2026-03-02", "endDate": "2026-03-01"}, "not before End Date"),
        ({"startDate": "yesterday"}, "Start Date is not a date"),
        ({"startDate": "2026-03-01", "timezone": "Mars/Olympus"}, "time zone 'Mars/Olympus'"),
    ],
)
async def test_dates_that_make_no_sense_are_named(data: Data, parameters: dict[str, Any], named: str) -> None:
    error = await data.error("getCallHistory", **parameters)

    assert error["errorId"] == "badParameter"
    assert named in error["message"]


async def test_a_node_that_is_left_as_it_comes_gives_the_calls_of_today(data: Data) -> None:
    untouched = await data.run("getCallHistory", returnAll=True)

    assert untouched
    assert untouched == await data.run("getCallHistory", returnAll=True, timeRange="today")


@OWNERS
@pytest.mark.parametrize("timezone", ["Europe/Berlin", ""])
async def test_a_role_too_low_is_named_with_both_remedies(data: Data, timezone: str) -> None:
    data.login["clientId"] = "8003"

    error = await data.error("getCallHistory", startDate="2026-03-02", timezone=timezone)

    assert error["errorId"] == "forbidden"
    assert "System Owner" in error["message"]
    assert "Reports Client ID" in error["hint"]


async def test_a_second_client_reads_what_the_first_may_not(data: Data) -> None:
    data.login |= {"clientId": "8003", "reportsClientId": "8001", "reportsClientSecret": "simulator-secret"}

    assert await data.run("getCallHistory", timeRange="today")


@pytest.mark.proves("data.getCallDetails")
async def test_one_call_is_found_by_its_id(data: Data) -> None:
    some = (await data.run("getCallHistory", timeRange="today", returnAll=True))[20]

    (found,) = await data.run("getCallDetails", callHistoryId=some["callHistoryId"])

    assert found["segments"] == some["segments"]
    error = await data.error("getCallDetails", callHistoryId="nothing")
    assert error["errorId"] == "recordUnknown"
