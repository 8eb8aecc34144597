"""What a Call Monitor tells a workflow: which events, with which facts, in which order."""

from typing import Any

import pytest

from tests.care.conftest import CALLER, Office
from tests.readings import ANSWERED
from tests.waiting import eventually

EVERYTHING = ["call_started", "call_answered", "call_ended", "call_missed"]


def told(office: Office, path: str = "watcher") -> list[dict[str, Any]]:
    return [event["item"] for post in office.n8n.posts_to(path) for event in post["events"]]


async def until_told(office: Office, kind: str, count: int = 1) -> list[dict[str, Any]]:
    await office.n8n.until(
        lambda: sum(item["type"] == kind for item in told(office)) >= count, f"{count} {kind}"
    )
    return told(office)


async def monitor(office: Office, **parameters: Any) -> None:
    wanted = {"eventTypes": EVERYTHING} | parameters
    status, body = await office.subscribe("watcher", node="callMonitor", **wanted)
    assert status == 200, body


async def put_through(office: Office, to: str = "101", caller: str = CALLER) -> str:
    """A caller whom the workflow puts through to a person."""
    begun = len(office.n8n.executions)
    call = office.sim.control.call(caller, "8001" if len(caller) < 5 else "+4930555001")
    await office.n8n.until(
        lambda: any("direction" in e and "type" not in e for e in office.n8n.executions[begun:]), "claim"
    )
    item = next(e for e in office.n8n.executions[begun:] if "type" not in e)
    await office.run("answerCall", item["callId"])
    line = await office.run("transferCall", item["callId"], target=to)
    assert line["output"] == "connected", line
    return str(call)


@pytest.mark.proves(
    "monitor.call_started", "monitor.call_answered", "monitor.call_ended", "monitor.source-and-inferred"
)
async def test_a_call_through_a_workflow_is_told_from_its_start_to_its_end(office: Office) -> None:
    await office.receive()
    await monitor(office)
    call = await put_through(office)
    office.sim.control.hang_up(call)
    started, answered, ended = await until_told(office, "call_ended")
    assert [item["type"] for item in (started, answered, ended)] == [
        "call_started",
        "call_answered",
        "call_ended",
    ]
    assert {item["callId"] for item in (started, answered, ended)} == {started["callId"]}
    assert (started["from"], started["to"], started["direction"]) == (CALLER, "8001", "inbound")
    assert answered["answeredBy"] == {"type": "routePoint", "number": "8001"}
    assert (answered["connectedAt"] is not None, answered["answeredAt"]) == (True, None)
    assert ended["answeredBy"] == {"type": "extension", "number": "101"}
    assert (ended["outcome"], ended["answeredAt"] is not None) == ("answered", True)
    assert 0 < ended["talkSeconds"] <= ended["durationSeconds"]
    assert {item["source"] for item in (started, answered, ended)} == {"websocket"}
    assert {item["inferred"] for item in (started, answered, ended)} == {None}
    assert len({item["eventId"] for item in (started, answered, ended)}) == 3


@pytest.mark.proves("monitor.call_missed")
async def test_a_missed_call_is_told_once_when_it_is_over(office: Office) -> None:
    office.sim.control.behave("101", answers_after=None)
    await monitor(office, eventTypes=["call_missed"])
    call = office.sim.control.call(CALLER, "+4930555101")
    await office.reached(call, "ringing 101")
    await eventually(
        lambda: any("101" in known.rang for _, known in office.runner.sessions.calls()), "ringing"
    )
    office.sim.control.hang_up(call)
    (missed,) = await until_told(office, "call_missed")
    assert (missed["from"], missed["extension"], missed["answeredAt"]) == (CALLER, "101", None)
    assert missed["durationSeconds"] > 0


async def test_a_call_inside_the_pbx_that_nobody_answered_is_not_a_missed_one(office: Office) -> None:
    office.sim.control.behave("102", answers_after=None)
    await monitor(office, eventTypes=["call_missed", "call_ended"])
    call = office.sim.control.call("100", "102")
    await office.reached(call, "ringing 102")
    await eventually(
        lambda: any("102" in known.rang for _, known in office.runner.sessions.calls()), "ringing"
    )
    office.sim.control.hang_up(call)
    (ended,) = await until_told(office, "call_ended")
    assert (ended["direction"], ended["outcome"]) == ("internal", "unanswered")


@pytest.mark.proves("monitor.eventTypes")
async def test_only_the_chosen_types_arrive(office: Office) -> None:
    await office.receive()
    await monitor(office, eventTypes=["call_answered"])
    call = await put_through(office)
    office.sim.control.hang_up(call)
    await eventually(lambda: not office.runner.sessions.calls(), "the end")
    assert [item["type"] for item in await until_told(office, "call_answered")] == ["call_answered"]


@pytest.mark.proves("monitor.filters.extensions")
async def test_only_calls_that_touch_the_extensions_arrive(office: Office) -> None:
    await office.receive()
    await monitor(office, eventTypes=["call_ended"], filters={"extensions": "102, 105"})
    for target in ("101", "102"):
        office.sim.control.hang_up(await put_through(office, target))
    (ended,) = await until_told(office, "call_ended")
    assert ended["answeredBy"]["number"] == "102"


@pytest.mark.proves("monitor.filters.directions")
async def test_only_these_directions_arrive(office: Office) -> None:
    await office.receive()
    await monitor(office, eventTypes=["call_ended"], filters={"directions": ["internal"], "extensions": "*"})
    for caller in (CALLER, "100"):
        office.sim.control.hang_up(await put_through(office, caller=caller))
    (ended,) = await until_told(office, "call_ended")
    assert (ended["from"], ended["direction"]) == ("100", "internal")


@pytest.mark.proves("monitor.filters.minDuration")
async def test_only_ended_calls_of_that_length_arrive_and_other_events_are_not_held_back(
    office: Office,
) -> None:
    await office.receive()
    await monitor(office, eventTypes=["call_started", "call_ended"], filters={"minDuration": 3600})
    call = await put_through(office)
    office.sim.control.hang_up(call)
    await eventually(lambda: not office.runner.sessions.calls(), "the end")
    assert [item["type"] for item in await until_told(office, "call_started")] == ["call_started"]


@pytest.mark.proves("monitor.batchMode")
async def test_events_that_are_due_together_come_in_one_execution(office: Office) -> None:
    await monitor(office, eventTypes=["call_started"], batchMode=True)
    for number in range(12):
        office.sim.control.call(f"+4930{number:04}", "+4930555101")
    items = await until_told(office, "call_started", 12)
    assert len(items) == 12
    assert len(office.n8n.posts_to("watcher")) < 12


async def test_each_workflow_hears_of_each_event_and_none_of_them_claims_it(office: Office) -> None:
    await office.receive()
    await monitor(office)
    status, body = await office.subscribe("second", node="callMonitor", eventTypes=["call_started"])
    assert status == 200, body
    call = await put_through(office)
    office.sim.control.hang_up(call)
    await until_told(office, "call_ended")
    assert [item["type"] for item in told(office, "second")] == ["call_started"]
    assert len(office.n8n.claims) == 1


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"eventTypes": ["call_exploded"]}, "eventTypes"),
        ({"filters": {"minDuration": -1}}, "minDuration"),
        ({"filters": {"directions": ["sideways"]}}, "directions"),
    ],
)
async def test_a_bad_filter_is_named(office: Office, wrong: dict[str, Any], named: str) -> None:
    status, problem = await office.subscribe("watcher", node="callMonitor", **wrong)
    assert (status, problem["errorId"], named in problem["message"]) == (400, "badParameter", True)


@ANSWERED
@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"eventTypes": []}, "eventTypes is empty"),
        ({"filters": {"extensions": "100, 10*"}}, "filters.extensions has '10*'"),
    ],
)
async def test_what_can_never_tell_anything_is_refused_when_the_workflow_is_activated(
    office: Office, wrong: dict[str, Any], says: str
) -> None:
    status, problem = await office.subscribe("watcher", node="callMonitor", **wrong)
    assert (status, problem["errorId"]) == (400, "badParameter")
    assert says in problem["message"]
    status, _ = await office.subscribe("watcher", node="callMonitor", filters={"extensions": "*, 100, +4930"})
    assert status == 200
