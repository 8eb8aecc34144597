"""Get Active Calls: the whole PBX's calls, joined with the ones that the runner sees."""

import json
from typing import Any

import pytest

from tests.care.conftest import CALLER, Office

pytestmark = pytest.mark.proves("data.getActiveCalls")


async def active(office: Office, **parameters: Any) -> list[dict[str, Any]]:
    body = {"protocol": 1, "items": [{"index": 0, "key": "1:a:0:0", "parameters": parameters}]}
    status, text = await office.ask("POST", "/v1/nodes/callData/getActiveCalls", json=body)
    assert status == 200, text
    lines = [json.loads(line) for line in text.splitlines()]
    assert lines[-1] == {"end": True}
    assert not [line for line in lines if "error" in line], lines
    return [line["item"] for line in lines[:-1]]


async def test_a_call_at_the_route_point_has_its_call_id_and_its_legs(office: Office) -> None:
    await office.receive()
    office.call()
    item = await office.n8n.execution()
    await office.run("answerCall", item["callId"])
    (row,) = await active(office, includeDetails=True)
    assert (row["callId"], row["status"], row["callerNumber"]) == (item["callId"], "answered", CALLER)
    assert [leg["dn"] for leg in row["legs"]] == ["8001"]


async def test_calls_that_the_client_does_not_see_are_there_without_a_call_id(office: Office) -> None:
    office.sim.control.monitor("8001", "101", False)
    office.sim.control.behave("101", answers_after=None)
    call = office.sim.control.call(CALLER, "+4930555101")
    await office.reached(call, "ringing 101")
    (row,) = await active(office)
    assert (row["callId"], row["calleeNumber"], row["status"], row["legs"]) == (None, "101", "ringing", None)


async def test_only_calls_of_that_state_and_those_extensions_are_kept(office: Office) -> None:
    office.sim.control.behave("102", answers_after=None)
    talking, ringing = office.sim.control.call("100", "101"), office.sim.control.call("104", "102")
    await office.reached(talking, "connected 101")
    await office.reached(ringing, "ringing 102")
    assert len(await active(office)) == 2
    assert [row["calleeNumber"] for row in await active(office, filterBy={"status": ["ringing"]})] == ["102"]
    assert [row["callerNumber"] for row in await active(office, filterBy={"extensions": "100"})] == ["100"]
    assert await active(office, filterBy={"status": ["ringing"], "extensions": ["100"]}) == []


async def test_a_caller_who_waits_in_a_queue_is_not_answered_yet(office: Office) -> None:
    for agent in ("102", "103"):
        office.sim.control.behave(agent, answers_after=None)
    call = office.sim.control.call(CALLER, "+4930555800")
    await office.reached(call, "ringing 102")

    at_queue = [row for row in await active(office) if row["calleeNumber"] == "800"]
    answered = await active(office, filterBy={"status": ["answered"]})

    assert [row["status"] for row in at_queue] == ["ringing"]
    assert answered == []


async def test_no_call_is_an_empty_answer(office: Office) -> None:
    assert await active(office) == []


async def test_a_role_that_may_not_read_them_is_told_which_one_may(office: Office) -> None:
    office.client = "8003"
    body = {"protocol": 1, "items": [{"index": 0, "key": "1:a:0:0", "parameters": {}}]}
    _, text = await office.ask("POST", "/v1/nodes/callData/getActiveCalls", json=body)
    error = json.loads(text.splitlines()[0])["error"]
    assert (error["errorId"], error["httpStatus"]) == ("forbidden", 403)
    assert "System Admin" in error["hint"]
