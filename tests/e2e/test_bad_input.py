"""What can be wrong: one sentence in n8n that says what to do, and the call is left as it was."""

import pytest

from lab.n8n_rest import Execution, Json
from lab.simulator import Simulator
from lab.stack import CREDENTIAL, Stack

from .conftest import BY_URL, Activate
from .workflows import chain, control, data, manual, receiver, transfer


def _said(execution: Execution, node: str) -> str:
    """What the editor's panel shows: the message and the advice under it."""
    error = execution.error_of(node)
    return f"{error.get('message')} {error.get('description')}"


def _by_hand(stack: Stack, credential: Json, node: Json) -> Execution:
    workflow = stack.add_workflow(chain(node["name"], manual(), node), credential)
    return stack.rest.ended(stack.rest.run(workflow, "Start")["executionId"])


@pytest.mark.proves("credential.wrong-secret", "trouble.authentication", "errors.401")
def test_a_wrong_secret_fails_although_a_session_with_the_right_one_lives(
    stack: Stack, credential: Json, transport: str
) -> None:
    right = _by_hand(stack, credential, data("Active", "getActiveCalls"))
    login = stack.login(clientSecret="not-the-secret", transport=transport)
    wrong = stack.rest.add_credential("Wrong", CREDENTIAL, login)

    refused = _by_hand(stack, wrong, data("Active", "getActiveCalls"))
    again = _by_hand(stack, credential, data("Active", "getActiveCalls"))

    assert (right.status, refused.status, again.status) == ("success", "error", "success")
    assert "Client Secret" in _said(refused, "Active")
    assert "not-the-secret" not in str(refused)


@pytest.mark.proves("trouble.connection-refused")
def test_a_runner_that_does_not_run_is_named_with_the_command_that_starts_it(stack: Stack) -> None:
    elsewhere = stack.rest.add_credential(
        "No runner", CREDENTIAL, stack.login(runnerUrl="http://127.0.0.1:9")
    )

    execution = _by_hand(stack, elsewhere, data("Active", "getActiveCalls"))

    assert execution.status == "error"
    assert "uvx threecx-runner serve" in _said(execution, "Active")


@BY_URL
@pytest.mark.proves("credential.test")
@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"runnerUrl": "http://127.0.0.1:9"}, "uvx threecx-runner serve"),
        ({"clientSecret": "not-the-secret"}, "Client Secret"),
        ({"serverUrl": "http://127.0.0.1:9"}, "Server URL"),
        ({"extension": "101"}, "101"),
    ],
    ids=["no runner", "wrong secret", "no PBX there", "the extension is a user"],
)
def test_the_credential_test_says_the_one_sentence_that_helps(
    stack: Stack, credential: Json, change: Json, sentence: str
) -> None:
    answer = stack.rest.test_credential(credential, CREDENTIAL, stack.login(**change))

    assert answer["status"] == "Error"
    assert sentence in answer["message"]


@BY_URL
@pytest.mark.proves("credential.pbx", "credential.runner-url")
def test_the_credential_test_is_content_with_the_right_credential(stack: Stack, credential: Json) -> None:
    assert stack.rest.test_credential(credential, CREDENTIAL, stack.login())["status"] == "OK"


@pytest.mark.proves("trouble.call-not-found", "errors.404")
def test_an_unknown_call_id_is_said_to_be_unknown(stack: Stack, credential: Json) -> None:
    unknown = control("Answer", "answerCall", call="callId", callId="c_00000000000000ff")

    execution = _by_hand(stack, credential, unknown)

    assert execution.status == "error"
    assert "c_00000000000000ff" in _said(execution, "Answer")


@pytest.mark.proves("care.destination-guard", "credential.guards")
@pytest.mark.parametrize("number", ["+4930999999", "112", "*62"])
def test_a_refused_number_is_not_dialled_and_the_caller_stays_where_they_are(
    stack: Stack, pbx: Simulator, activate: Activate, number: str
) -> None:
    workflow = activate(
        chain(f"To {number}", receiver(ifWorkflowStops="leave"), transfer("Transfer", number))
    )

    placed = pbx.call("+4930111020")
    execution = stack.rest.next_execution(workflow, set())
    report = pbx.report(placed)

    assert execution.status == "error"
    assert number in _said(execution, "Transfer")
    assert report.state == "connected"
    assert not [line for line in report.moments if number in line]


@BY_URL
@pytest.mark.proves("care.one-receiver", "errors.409")
def test_a_second_receiver_for_the_same_calls_is_refused_and_names_the_first(
    stack: Stack, pbx: Simulator, activate: Activate, credential: Json
) -> None:
    activate(chain("Front desk", receiver()))
    second = stack.add_workflow(chain("Night desk", receiver()), credential)

    stack.rest.activate(second)
    reasons = stack.rest.activation_failures(second, within_s=60)
    stack.rest.deactivate(second)

    assert reasons == ['The workflow "Front desk" receives these calls already.']
