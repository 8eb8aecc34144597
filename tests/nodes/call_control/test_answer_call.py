"""Answer: a ringing call is connected, whoever connects it; what cannot be answered says why."""

import pytest

from threecx_simulator import Profile

from .conftest import CALLER, Workflow


@pytest.mark.proves("control.answerCall")
async def test_the_call_is_connected_and_tells_whether_it_was_before(
    workflow: Workflow, profile: Profile
) -> None:
    call = await workflow.call(answered=False)
    line = await call.run("answerCall")
    await call.reached("connected 8001")
    assert line["output"] is None
    assert line["item"] == {
        "callId": call.id,
        "participantId": line["item"]["participantId"],
        "alreadyConnected": profile.route_point_answer == "auto",
        "fromNumber": CALLER,
        "toNumber": "8001",
    }


@pytest.mark.proves("control.answerCall")
async def test_a_second_answer_says_already_connected_and_asks_the_pbx_nothing(workflow: Workflow) -> None:
    call = await workflow.call()
    asked = sum(workflow.sim.control.requests().answers.values())
    line = await call.run("answerCall")
    assert line["item"]["alreadyConnected"] is True
    assert sum(workflow.sim.control.requests().answers.values()) == asked


@pytest.mark.proves("care.hang-up-outcome")
@pytest.mark.parametrize(
    ("choice", "expected"),
    [("endBranch", None), ("continue", {"hungUp": True}), ("error", "callEnded")],
)
async def test_a_caller_who_has_hung_up_is_an_outcome_that_the_author_chooses(
    workflow: Workflow, choice: str, expected: object
) -> None:
    call = await workflow.call(answered=False)
    call.hang_up()
    await workflow.gone(call.id)
    line = await call.run("answerCall", onHangUp=choice)
    match expected:
        case None:
            assert (line["item"], line["output"]) == (None, None)
        case str():
            assert line["error"]["errorId"] == expected
        case _:
            assert (line["item"]["hungUp"], line["item"]["callId"]) == (True, call.id)


@pytest.mark.parametrize(
    ("timeout", "what"), [(0, "at least 1"), (121, "at most 120"), ("soon", "a whole number")]
)
async def test_a_bad_timeout_is_named_with_what_it_must_be(
    workflow: Workflow, timeout: object, what: str
) -> None:
    line = await workflow.run("answerCall", "c_0000000000000000", timeout=timeout)
    assert line["error"]["errorId"] == "badParameter"
    assert "timeout" in line["error"]["message"]
    assert what in line["error"]["message"]


async def test_a_parameter_of_a_newer_version_is_named_with_the_command_that_updates(
    workflow: Workflow,
) -> None:
    line = await workflow.run("answerCall", None, loudness=11)
    assert "loudness" in line["error"]["message"]
    assert "uvx threecx-runner@latest serve" in line["error"]["hint"]


async def test_a_call_that_was_put_through_cannot_be_answered_and_says_where_it_is(
    workflow: Workflow,
) -> None:
    call = await workflow.call()
    await call.run("transferCall", target="101")
    line = await call.run("answerCall")
    assert line["error"]["errorId"] == "notOwnLeg"
