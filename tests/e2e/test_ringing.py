"""Calls that ring until the workflow says what becomes of them: a PBX that does not connect route points by itself."""

from collections.abc import Iterator

import pytest

from lab.n8n_rest import Execution, Json
from lab.simulator import Simulator
from lab.stack import CREDENTIAL, Stack

from .conftest import Activate
from .workflows import chain, control, receiver


@pytest.fixture(scope="module")
def patient(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    """Another PBX for the runner; the stack's logins are for it until the end of this file."""
    other = Simulator(tmp_path_factory.mktemp("patient"), profile="manual")
    other.start()
    stack.pbx_url = other.url
    yield other
    stack.pbx_url = ""
    other.stop()


@pytest.fixture(scope="module")
def credentials(stack: Stack, patient: Simulator) -> dict[str, Json]:
    logins = {"url": stack.login(), "taskRunner": stack.login(transport="taskRunner", runnerUrl="")}
    return {way: stack.rest.add_credential(f"Patient, {way}", CREDENTIAL, logins[way]) for way in logins}


def _waiting(**parameters: object) -> Json:
    return receiver(autoAnswer=False, onTimeout="leave", ifWorkflowStops="leave", **parameters)


def _rung(stack: Stack, patient: Simulator, workflow: Json) -> tuple[str, Execution]:
    """A caller for whom the workflow runs to a good end."""
    call = patient.call("+4930111060")
    execution = stack.rest.next_execution(workflow, set())
    assert execution.status == "success", execution.error
    return call, execution


@pytest.mark.proves("control.answerCall", "control.hangupCall")
def test_a_ringing_call_is_answered(stack: Stack, patient: Simulator, activate: Activate) -> None:
    workflow = activate(
        chain("Answer", _waiting(), control("Answer", "answerCall"), control("Bye", "hangupCall"))
    )

    call, execution = _rung(stack, patient, workflow)

    assert execution.items("Answer")[0]["alreadyConnected"] is False
    report = patient.ended(call)
    assert [moment for moment in report.moments if "8001" in moment][:2] == ["ringing 8001", "connected 8001"]
    assert report.ended_by == "8001"


@pytest.mark.proves("control.rejectCall")
def test_a_ringing_call_is_rejected(stack: Stack, patient: Simulator, activate: Activate) -> None:
    workflow = activate(chain("Reject", _waiting(), control("Reject", "rejectCall")))

    call, execution = _rung(stack, patient, workflow)

    assert execution.items("Reject")[0]["how"] == "drop"
    assert "connected 8001" not in patient.ended(call).moments


@pytest.mark.proves("control.divertCall")
def test_a_ringing_call_is_diverted(stack: Stack, patient: Simulator, activate: Activate) -> None:
    where = {"__rl": True, "mode": "number", "value": "101"}
    patient.behave("101", answersAfter=0.5, hangsUpAfter=1)
    workflow = activate(chain("Divert", _waiting(), control("Divert", "divertCall", target=where)))

    call, execution = _rung(stack, patient, workflow)
    report = patient.ended(call)

    assert execution.items("Divert")[0]["connected"] is True
    assert report.connected_to == "101"
    assert "connected 8001" not in report.moments
