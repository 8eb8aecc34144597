"""The wire is what the golden files say: the TypeScript runtime's tests read the same ones."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import BaseModel, SecretStr, TypeAdapter, ValidationError

from threecx_credentials.threecx_call_control_api import Login
from threecx_pbx.errors import CallUnknown, WrongCredentials
from threecx_runner.api.wire import (
    BinaryLine,
    ClaimAnswer,
    ClaimBody,
    EndLine,
    Envelope,
    ErrorLine,
    ItemLine,
    Problem,
    SubscriptionAnswer,
    SubscriptionBody,
)
from threecx_runner.errors import problem_of
from threecx_runner.outbox import delivery_of
from threecx_runner.outbox.post import body_of
from threecx_runner.outbox.signature import signature, signing_key
from threecx_runner.subscriptions.model import subscription_id

Read = Callable[[str], dict[str, Any]]
LINE: TypeAdapter[Any] = TypeAdapter(BinaryLine | ItemLine | ErrorLine | EndLine)


def again(model: BaseModel) -> Any:
    return json.loads(model.model_dump_json(by_alias=True))


def test_a_request_is_read_as_the_shim_writes_it(contract: Read) -> None:
    golden = contract("request")
    assert again(Envelope.model_validate(golden["body"])) == golden["body"]
    assert again(Login.model_validate(golden["login"])) == golden["login"] | {"clientSecret": "**********"}


def test_every_good_outcome_line_is_written_alike_and_every_bad_one_is_refused(contract: Read) -> None:
    golden = contract("outcome")
    assert golden["good"]
    assert golden["bad"]
    for line in golden["good"]:
        assert again(LINE.validate_python(line)) == line
    for line in golden["bad"]:
        with pytest.raises(ValidationError):
            LINE.validate_python(line)


def test_every_good_problem_is_written_alike_and_every_bad_one_is_refused(contract: Read) -> None:
    golden = contract("problem")
    assert golden["good"]
    assert golden["bad"]
    for problem in golden["good"]:
        assert again(Problem.model_validate(problem)) == problem
    for problem in golden["bad"]:
        with pytest.raises(ValidationError):
            Problem.model_validate(problem)


def test_our_errors_become_the_golden_problems(contract: Read) -> None:
    refused = WrongCredentials("3CX refused the Client ID or the Client Secret.")
    assert again(problem_of(refused)) == contract("problem")["good"][0]
    unknown = CallUnknown("No call c_00000000000000ff is known at this PBX.")
    assert again(problem_of(unknown)) == contract("outcome")["good"][3]["error"]


def test_a_subscription_is_read_as_the_shim_writes_it(contract: Read) -> None:
    golden = contract("subscription")
    body = SubscriptionBody.model_validate(golden["body"])
    assert again(body) == golden["body"]
    assert golden["path"].endswith(subscription_id(body.webhook_url))
    assert again(SubscriptionAnswer.model_validate(golden["answer"])) == golden["answer"]


def test_a_delivery_is_written_and_signed_as_the_shim_reads_it(contract: Read, make_live: Any) -> None:
    golden = contract("delivery")
    at = datetime.fromtimestamp(golden["timestamp"], UTC)
    told = json.loads(golden["body"])["events"][0]
    live = make_live(golden["webhookId"])
    sent = delivery_of(
        live.subscription.id, told["eventId"], told["item"]["callId"], told["item"], at, expires=at
    )
    body = body_of(live.subscription, [sent])
    expected = json.loads(golden["body"]) | {"deliveryId": sent.id, "subscriptionId": live.subscription.id}
    assert json.loads(body) == expected
    key = signing_key(SecretStr(golden["clientSecret"]), golden["webhookId"])
    assert signature(key, golden["body"].encode(), at) == golden["signature"]


def test_claims_are_read_and_answered_as_the_shim_expects(contract: Read) -> None:
    golden = contract("delivery")["claim"]
    assert again(ClaimBody.model_validate(golden["body"])) == golden["body"]
    for answer in golden["answers"]:
        assert again(ClaimAnswer.model_validate(answer)) == answer
