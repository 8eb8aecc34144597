"""Queues: live state, reports, agents and their log-in."""

from typing import Any

import pytest

from tests.readings import OWNERS

from .conftest import ALL_TIME, Data


@pytest.mark.proves("data.getQueueStats")
async def test_the_five_metrics_of_a_queue(data: Data) -> None:
    (stats,) = await data.run("getQueueStats", queueId="800", timeRange="today")

    assert (stats["queue"], stats["queueName"]) == ("800", "Support queue")
    assert stats["waitingCalls"] == 0
    assert stats["availableAgents"] == 2
    assert stats["callsAnswered"] + stats["callsAbandoned"] == stats["callsReceived"] > 0
    assert stats["averageWaitTime"] > 0
    assert stats["periodStart"] == "2026-03-02T00:00:00+01:00"


async def test_what_was_not_asked_for_is_null(data: Data) -> None:
    (stats,) = await data.run("getQueueStats", queueId="800", metrics=["availableAgents"])

    assert stats["availableAgents"] == 2
    assert stats["callsAnswered"] is stats["waitingCalls"] is stats["agents"] is None


@OWNERS
@pytest.mark.parametrize(
    ("metrics", "role"),
    [(["waitingCalls"], "System Admin"), (["waitingCalls", "callsAnswered"], "System Owner")],
)
async def test_the_role_that_the_metrics_need_is_named(data: Data, metrics: list[str], role: str) -> None:
    data.login["clientId"] = "8003"

    error = await data.error("getQueueStats", metrics=metrics)

    assert error["errorId"] == "forbidden"
    assert f"the role {role} is needed" in error["message"]


async def test_a_day_without_calls_has_zeros(data: Data) -> None:
    (stats,) = await data.run("getQueueStats", queueId="800", startDate="2020-01-01", endDate="2020-01-01")

    assert (stats["callsReceived"], stats["callsAnswered"], stats["callsAbandoned"]) == (0, 0, 0)
    assert stats["averageWaitTime"] == 0


async def test_agents_and_service_level_come_when_asked_for(data: Data) -> None:
    (stats,) = await data.run(
        "getQueueStats", queueId="800", **ALL_TIME, metrics=["serviceLevel", "perAgent"]
    )

    assert 0 < stats["slaPercent"] < 100
    assert [agent["number"] for agent in stats["agents"]] == ["102", "103"]
    assert sum(agent["answered"] for agent in stats["agents"]) == stats["callsAnswered"]


@pytest.mark.parametrize("status", [404, 500])
async def test_reports_that_a_build_fails_with_have_stand_ins(data: Data, status: int) -> None:
    wanted = {"queueId": "800", **ALL_TIME, "metrics": ["callsAnswered", "serviceLevel", "perAgent"]}
    (whole,) = await data.run("getQueueStats", **wanted)
    for report in (
        "DetailedQueueStatistics",
        "AbandonedQueueCalls",
        "StatisticSla",
        "AgentsInQueueStatistics",
    ):
        data.sim.control.answer_next(status, 100, path=f"Report{report}")

    (left,) = await data.run("getQueueStats", **wanted)

    for same in ("callsReceived", "callsAnswered", "callsAbandoned"):
        assert left[same] == whole[same], same
    assert left["averageWaitTime"] is left["slaPercent"] is left["callbacks"] is None
    assert [agent["answered"] for agent in left["agents"]] == [agent["answered"] for agent in whole["agents"]]
    assert {agent["loggedInSeconds"] for agent in left["agents"]} == {None}


async def test_a_pbx_that_fails_with_the_stand_in_too_is_named(data: Data) -> None:
    data.sim.control.answer_next(500, 100, path="/xapi/v1/Report")

    error = await data.error("getQueueStats", queueId="800", timeRange="today", metrics=["callsAnswered"])

    assert error["errorId"] == "pbxFailed"
    assert "QueuePerformanceTotals" in error["message"]


async def test_a_caller_whom_nobody_answers_waits(data: Data) -> None:
    for agent in ("102", "103"):
        data.sim.control.behave(agent, answers_after=None)
    call = data.sim.control.call("+4930123456", "+4930555800")
    await data.sim.control.reached(call, "ringing 102", within=10)

    (stats,) = await data.run("getQueueStats", queueId="800", metrics=["waitingCalls"])

    assert stats["waitingCalls"] == 1


@pytest.mark.parametrize("queue", ["899", "8' or Number ne '", {"mode": "id", "value": "1"}])
async def test_a_queue_that_is_not_there_is_named_and_matches_no_other(data: Data, queue: Any) -> None:
    assert (await data.error("getQueueStats", queueId=queue))["errorId"] == "recordUnknown"


@pytest.mark.proves("data.getQueueAgents", "data.setAgentQueueStatus")
async def test_an_agent_who_logs_out_is_no_longer_available(data: Data) -> None:
    (after,) = await data.run("setAgentQueueStatus", extension="102", status="loggedOut")
    agents = await data.run("getQueueAgents", queueId="800")
    available = await data.run(
        "getQueueAgents", queueId={"mode": "number", "value": "800"}, onlyAvailable=True
    )

    assert after["queueStatus"] == "loggedOut"
    assert {agent["number"]: agent["loggedIn"] for agent in agents} == {"102": False, "103": True}
    assert [agent["number"] for agent in available] == ["103"]


async def test_a_model_may_not_log_agents_out(data: Data) -> None:
    error = await data.error("setAgentQueueStatus", tool=True, extension="102", status="loggedOut")

    assert error["errorId"] == "dataChangesOff"
    assert {one["loggedIn"] for one in await data.run("getQueueAgents", queueId="800")} == {True}
