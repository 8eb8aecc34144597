"""Deliveries from the runner to n8n: a test event, and posts that are not the runner's."""

import pytest
import requests

from lab.simulator import Simulator
from lab.stack import Stack

from .conftest import BY_URL, Activate
from .workflows import chain, control, receiver

pytestmark = BY_URL


@pytest.mark.proves("receiver.test-event")
def test_listening_for_a_test_event_takes_the_next_call(
    stack: Stack, pbx: Simulator, credential: dict[str, str]
) -> None:
    workflow = stack.add_workflow(chain("Test event", receiver(), control("Bye", "hangupCall")), credential)

    waiting = stack.test_event(workflow, "Receiver")
    placed = pbx.call("+4930111040")
    execution = stack.rest.next_execution(workflow, set())

    assert waiting == ""
    assert execution.status == "success"
    assert execution.items("Receiver")[0]["fromNumber"] == "+4930111040"
    assert pbx.ended(placed).ended_by == "8001"


@pytest.mark.proves("behaviour.webhook-signature")
@pytest.mark.parametrize("signature", [None, "t=1,v1=00", "nonsense"])
def test_a_post_that_the_runner_did_not_sign_gets_401_and_starts_nothing(
    stack: Stack, pbx: Simulator, activate: Activate, signature: str | None
) -> None:
    workflow = activate(chain("Unsigned", receiver(), control("Bye", "hangupCall")))
    url = f"{stack.n8n.url}/webhook/{workflow['nodes'][0]['webhookId']}/webhook"
    body = {"protocol": 1, "events": [{"eventId": "c_1:0", "item": {"callId": "c_1"}}]}

    answer = requests.post(
        url, json=body, headers={"X-3CX-Signature": signature} if signature else {}, timeout=10
    )

    assert answer.status_code == 401
    assert stack.rest.executions(workflow) == []
