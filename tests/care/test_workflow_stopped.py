"""A workflow that stops in the middle: its caller goes where the Receiver says, and only when it really stopped."""

import asyncio
from typing import Any

import pytest

from tests.waiting import eventually

from .conftest import Office

pytestmark = pytest.mark.proves("care.workflow-stopped")


async def answered(office: Office, **wishes: Any) -> tuple[str, str]:
    await office.receive(idleTimeout=5, **wishes)
    call = office.call()
    item = await office.n8n.execution()
    await office.run("answerCall", item["callId"])
    office.hurry()
    return call, item["callId"]


def refused(office: Office, verb: str) -> int:
    """How often the PBX failed at a verb."""
    asked = office.sim.control.requests().asked
    return sum(one.path.endswith(verb) and one.status == 503 for one in asked)


@pytest.mark.proves("receiver.ifWorkflowStops")
@pytest.mark.parametrize(
    ("wish", "moment"),
    [
        ({"ifWorkflowStops": "fallback"}, "connected 102"),
        ({"ifWorkflowStops": "fallback", "fallbackDestination": "101"}, "connected 101"),
        ({"ifWorkflowStops": "transfer", "fallbackDestination": "101"}, "connected 101"),
        ({"ifWorkflowStops": "hangUp"}, "dropped 8001"),
    ],
)
async def test_each_choice_does_what_it_says(office: Office, wish: dict[str, str], moment: str) -> None:
    call, _ = await answered(office, **wish)
    await office.reached(call, moment)


@pytest.mark.proves("receiver.ifWorkflowStops")
async def test_a_caller_who_shall_be_left_is_left(office: Office) -> None:
    call, _ = await answered(office, ifWorkflowStops="leave")
    await office.unsubscribe()
    await office.receive("other", idleTimeout=5, ifWorkflowStops="hangUp", priority=2)
    marker = office.call("+4940222")
    await office.reached(marker, "dropped 8001")
    assert office.state_of(call) == "connected"


@pytest.mark.proves("receiver.idleTimeout")
async def test_the_watch_pauses_while_an_operation_is_on_the_call(office: Office) -> None:
    office.sim.control.behave("101", answers_after=12.0)
    call, call_id = await answered(office, ifWorkflowStops="hangUp")
    line = await office.run("transferCall", call_id, target="101", timeout=60)
    assert line["output"] == "connected", line
    assert "dropped 8001" not in office.sim.control.report(call).moments


@pytest.mark.proves("receiver.idleTimeout")
async def test_the_idle_time_begins_anew_after_each_operation(office: Office) -> None:
    call, call_id = await answered(office, ifWorkflowStops="hangUp")
    for _ in range(4):
        await office.clock.sleep(3)
        assert office.state_of(call) == "connected"
        await office.run("answerCall", call_id)
    await office.reached(call, "dropped 8001")


async def test_a_caller_who_was_put_through_is_nobodys_care_any_more(office: Office) -> None:
    call, call_id = await answered(office, ifWorkflowStops="hangUp")
    await office.run("transferCall", call_id, target="101")
    office.sim.control.behave("101", hangs_up_after=None)
    marker = office.call("+4940222")
    await office.reached(marker, "dropped 8001")
    assert office.state_of(call) == "connected"


@pytest.mark.proves("care.destination-guard")
async def test_an_outside_fallback_that_is_not_allowed_is_not_called(closed: Office) -> None:
    closed.settings["fallback_destination"] = "+4930999999"
    await closed.begin()
    call, _ = await answered(closed)
    await closed.reached(call, "dropped 8001")
    assert not any("+4930999999" in moment for moment in closed.sim.control.report(call).moments)


@pytest.mark.proves("care.destination-guard")
async def test_an_outside_fallback_that_is_allowed_is_called(office: Office) -> None:
    office.credential = {"allowedDestinations": "+4930*"}
    call, _ = await answered(office, fallbackDestination="+4930999999")
    await office.reached(call, "connected +4930999999")


@pytest.mark.proves("credential.guards")
async def test_calls_an_hour_hold_for_items_that_run_side_by_side(office: Office) -> None:
    office.credential = {"allowedDestinations": "+4930*", "maxCallsPerHour": 1}
    await office.receive(ifWorkflowStops="leave")
    for number in range(3):
        office.call(f"+4940{number}22")
        item = await office.n8n.execution(number + 1)
        await office.run("answerCall", item["callId"])
    lines = await asyncio.gather(
        *(office.run("transferCall", item["callId"], target="+4930999999") for item in office.n8n.executions)
    )
    assert sorted("error" in line for line in lines) == [False, True, True]


@pytest.mark.proves("credential.guards")
async def test_a_dry_run_calls_nobody_and_still_looks_after_callers(office: Office) -> None:
    office.credential = {"dryRun": True}
    call, call_id = await answered(office)
    line = await office.run("transferCall", call_id, target="101")
    assert line["error"]["errorId"] == "destinationRefused"
    assert "Dry Run" in line["error"]["message"]
    await office.reached(call, "connected 102")
    assert await eventually(lambda: "ringing 101" not in office.sim.control.report(call).moments)


async def test_a_hang_up_that_the_pbx_failed_at_is_asked_for_again(office: Office) -> None:
    office.sim.control.answer_next(503, count=3, path="/drop")
    call, _ = await answered(office, ifWorkflowStops="hangUp")
    await office.reached(call, "dropped 8001")


async def test_a_fallback_that_the_pbx_failed_at_is_followed_by_the_end_of_the_call(office: Office) -> None:
    office.sim.control.answer_next(503, path="/transferto")
    office.sim.control.answer_next(503, path="/drop")
    call, _ = await answered(office)
    await office.reached(call, "dropped 8001")


async def test_a_workflow_that_is_at_work_again_keeps_the_caller_whom_the_pbx_would_not_hang_up_on(
    office: Office,
) -> None:
    office.sim.control.answer_next(503, count=1000, path="/drop")
    call, call_id = await answered(office, ifWorkflowStops="hangUp")
    await eventually(lambda: refused(office, "/drop") >= 2, "two hang-ups that failed")
    line = await office.run("transferCall", call_id, target="101")
    assert line["output"] == "connected", line
    await office.reached(call, "connected 101")


async def test_a_caller_whom_care_could_not_hang_up_on_is_looked_after_when_the_workflow_stops_again(
    office: Office,
) -> None:
    office.sim.control.answer_next(503, path="/drop")
    call, call_id = await answered(office, ifWorkflowStops="hangUp")
    await eventually(lambda: refused(office, "/drop") == 1, "a hang-up that failed")
    await office.run("answerCall", call_id)
    await office.reached(call, "dropped 8001")
