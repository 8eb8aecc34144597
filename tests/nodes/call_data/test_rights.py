"""What the API clients of a credential may do: told by its test, and kept to."""

from typing import Any

import pytest

from tests.readings import OWNERS
from threecx_runner.registry import found
from threecx_runner.sdk import Effect

from .conftest import Data

OWNER = {"reportsClientId": "8001", "reportsClientSecret": "simulator-secret"}


@pytest.mark.proves("credential.test")
@OWNERS
async def test_the_credentials_test_names_a_role_too_low_for_reports_with_both_remedies(data: Data) -> None:
    data.login["clientId"] = "8003"

    told = await data.account()

    assert told["errorId"] == "forbidden"
    assert told["problem"].startswith("Calls work, but 3CX does not let this API client read call log")
    assert "role System Owner is needed" in told["problem"]
    assert "give the client the role System Owner" in told["hint"]
    assert "Reports Client ID" in told["hint"]


@pytest.mark.proves("credential.test", "credential.reports-client")
async def test_a_plain_user_beside_a_reports_client_is_as_it_should_be(data: Data) -> None:
    data.login |= {"clientId": "8003", **OWNER}

    told = await data.account()

    assert (told["problem"], told["pbx"]["warning"]) == (None, "")


@pytest.mark.proves("credential.test")
async def test_a_client_with_more_rights_than_it_needs_is_warned_of(data: Data) -> None:
    alone = await data.account()
    data.login |= {**OWNER, "clientId": "8002"}
    beside_another = await data.account()

    assert alone["problem"] is None
    assert "System Owner" in alone["pbx"]["warning"]
    assert beside_another["errorId"] == "rightsTooWide"
    assert "role User" in beside_another["hint"]


@pytest.mark.proves("credential.test")
@pytest.mark.parametrize("wrong", [{"reportsClientSecret": "wrong"}, {"reportsClientId": "4711"}])
async def test_a_second_client_that_is_refused_is_named(data: Data, wrong: dict[str, str]) -> None:
    data.login |= {"clientId": "8003", **OWNER, **wrong}

    told = await data.account()

    assert told["errorId"] == "wrongCredentials"
    assert "Reports Client ID or Reports Client Secret" in told["problem"]


@pytest.mark.proves("credential.reports-client")
@pytest.mark.parametrize("wrong", [{"reportsClientSecret": "wrong"}, {"reportsClientId": "4711"}])
async def test_a_second_client_that_is_refused_is_named_at_run_time_and_in_lists(
    data: Data, wrong: dict[str, str]
) -> None:
    data.login |= {"clientId": "8003", **OWNER, **wrong}
    named = "3CX refused the second API client: Reports Client ID or Reports Client Secret is wrong."

    error = await data.error("getQueueStats")
    async with data.http.get(f"{data.runner.api.address}/v1/options/queues", headers=data.headers) as answer:
        listed = await answer.json()

    assert (error["errorId"], error["message"]) == ("wrongCredentials", named)
    assert (listed["errorId"], listed["message"]) == ("wrongCredentials", named)


@pytest.mark.proves("credential.test")
async def test_a_licence_that_goes_after_a_good_test_is_told_by_the_next_one(data: Data) -> None:
    good = await data.account()
    data.sim.control.licence(False)
    told = await data.account()

    assert good["problem"] is None
    assert (told["errorId"], told["problem"]) == (
        "licenceMissing",
        "3CX does not offer the Call Control API to this API client.",
    )


@pytest.mark.proves("credential.reports-client")
async def test_the_second_client_reads_reports_and_the_first_one_the_rest(data: Data) -> None:
    data.login |= {"clientId": "8003", **OWNER}

    assert await data.run("getCallHistory", timeRange="today", limit=1)
    assert await data.run("getRecordings", timeRange="last7Days", limit=1)
    assert await data.run("getReport", report="detailedQueueStatistics", timeRange="today", limit=1)


@pytest.mark.proves("credential.reports-client", "data.dropdowns")
async def test_beside_a_second_client_a_plain_user_loses_no_operation_and_no_list(data: Data) -> None:
    data.login |= {"clientId": "8003", **OWNER}

    (blocked,) = await data.run("blockCaller", number="030 1234567")
    (contact,) = await data.run("createContact", firstName="Xanthippe", phoneNumber="030 1234567")
    (agent,) = await data.run("setAgentQueueStatus", extension="101", status="loggedOut")
    (away,) = await data.run("setExtensionStatus", extension="101", profile="Away")
    numbers = await data.options("extensions", "Sue")

    assert (blocked["number"], contact["numbers"]) == ("+49301234567", ["+49301234567"])
    assert (agent["queueStatus"], away["profile"]) == ("loggedOut", "Away")
    assert [one["value"] for one in numbers] == ["102"]


FILLED: dict[str, dict[str, Any]] = {
    "blockCaller": {"number": "+49301234567"},
    "createContact": {"firstName": "Xanthippe", "phoneNumber": "+49301234567"},
    "setAgentQueueStatus": {"extension": {"mode": "number", "value": "101"}, "status": "loggedOut"},
    "setExtensionStatus": {"extension": {"mode": "number", "value": "101"}, "profile": "Away"},
    "transcribeRecording": {"recording": {"mode": "id", "value": "1"}},
}
"""Each operation that writes, with what it needs."""


def test_these_are_all_operations_that_write() -> None:
    writing = {name for (_, name), one in found().operations.items() if one.effect is Effect.WRITE}

    assert set(FILLED) == writing


@pytest.mark.proves("data.xapiRequest.write-guard")
@pytest.mark.parametrize("operation", FILLED)
async def test_no_operation_that_writes_is_an_ai_tool(data: Data, operation: str) -> None:
    data.login["allowDataChanges"] = True

    error = await data.error(operation, tool=True, **FILLED[operation])

    assert error["errorId"] == "dataChangesOff"
    assert "AI tool" in error["message"]
