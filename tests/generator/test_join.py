"""Descriptor and Python model are joined by name; each fact stands on one side only."""

from typing import Any

import pytest

from .conftest import Copy

ANSWER = "call_control/operations/answer_call.json"
TRANSFER = "call_control/operations/transfer_call.json"


def test_a_parameter_that_only_the_descriptor_knows_is_a_fault(copy: Copy) -> None:
    copy.edit(
        ANSWER,
        lambda one: one["parameters"].update(volume={"displayName": "Volume", "description": "How loud"}),
    )

    assert copy.faults() == [
        f"node_descriptors/{ANSWER}: parameters.volume: nodes/call_control/answer_call.py has no parameter of this name: "
        "remove it here or add it there"
    ]


def test_a_parameter_that_only_the_model_knows_is_a_fault_that_says_what_to_add(copy: Copy) -> None:
    copy.edit(ANSWER, lambda one: one["parameters"].pop("timeout"))

    assert copy.faults() == [
        f"node_descriptors/{ANSWER}: parameters.timeout: missing: nodes/call_control/answer_call.py has it; "
        'add {"displayName": …, "description": …} here'
    ]


@pytest.mark.parametrize("fact", ["type", "default", "required"])
def test_what_the_model_says_may_not_stand_in_the_descriptor(copy: Copy, fact: str) -> None:
    copy.edit(ANSWER, lambda one: one["parameters"]["timeout"].update({fact: "number"}))

    assert copy.faults() == [
        f"node_descriptors/{ANSWER}: parameters.timeout: `{fact}` stands in the Python model only; remove it here"
    ]


def test_a_value_without_a_label_is_a_fault(copy: Copy) -> None:
    copy.edit(TRANSFER, lambda one: one["parameters"]["targetType"]["options"].pop("queue"))

    [fault] = copy.faults()
    assert fault.startswith(f"node_descriptors/{TRANSFER}: parameters.targetType.options.queue: missing")


def test_a_label_without_a_value_is_a_fault(copy: Copy) -> None:
    copy.edit(TRANSFER, lambda one: one["parameters"]["targetType"]["options"].update(fax={"name": "Fax"}))

    [fault] = copy.faults()
    assert fault.startswith(
        f"node_descriptors/{TRANSFER}: parameters.targetType.options.fax: the model has no such value"
    )


def test_outputs_are_those_of_the_operation_in_its_order(copy: Copy) -> None:
    copy.edit(TRANSFER, lambda one: one["outputs"].pop("hungUp"))

    [fault] = copy.faults()
    assert fault.startswith(f"node_descriptors/{TRANSFER}: outputs: nodes/call_control/transfer_call.py has")
    assert "hungUp" in fault


def test_the_output_of_failed_items_is_one_of_the_operations_outputs(copy: Copy) -> None:
    file = "call_control/operations/transfer_call.json"
    copy.edit(file, lambda content: content.update(failureOutput="broken"))
    assert copy.faults() == [
        f"node_descriptors/{file}: failureOutput: is none of ['connected', 'notConnected', 'hungUp']: name the output of items that failed"
    ]
    copy.edit(file, lambda content: content.pop("failureOutput"))
    assert copy.faults() == [f"node_descriptors/{file}: 'failureOutput' is a dependency of 'outputs'"]


def test_a_list_that_the_runner_does_not_offer_is_a_fault(copy: Copy) -> None:
    copy.edit(TRANSFER, lambda one: one["parameters"]["target"].update(list="planets"))

    [fault] = copy.faults()
    assert fault.startswith(
        f"node_descriptors/{TRANSFER}: parameters.target.list: nodes/options/ has no list 'planets'"
    )


def test_a_condition_on_an_unknown_parameter_is_a_fault(copy: Copy) -> None:
    copy.edit(TRANSFER, lambda one: one["parameters"]["timeout"].update(show={"colour": ["red"]}))

    assert copy.faults() == [
        f"node_descriptors/{TRANSFER}: parameters.timeout.show.colour: no parameter of this name stands beside this one"
    ]


def test_an_operation_without_a_descriptor_is_a_fault(copy: Copy) -> None:
    (copy.root / "node_descriptors" / ANSWER).unlink()

    assert copy.faults() == [
        "node_descriptors/call_control/node.json: missing: nodes/call_control/answer_call.py has no "
        "operations/answer_call.json; add it"
    ]


def test_a_descriptor_without_an_operation_is_a_fault(copy: Copy) -> None:
    folder = copy.root / "node_descriptors/call_control/operations"
    (folder / "sing_song.json").write_bytes((folder / "answer_call.json").read_bytes())

    assert (
        "node_descriptors/call_control/operations/sing_song.json: nodes/call_control/sing_song.py has no operation or "
        "trigger; add it or remove this file"
    ) in copy.faults()


def test_an_error_id_without_a_meaning_is_a_fault(copy: Copy) -> None:
    copy.edit("errors.json", lambda one: one["meanings"].pop("callEnded"))

    assert copy.faults() == [
        "node_descriptors/errors.json: meanings.callEnded: missing: threecx_pbx.errors has it; tell in one sentence what it means"
    ]


def test_a_file_that_is_no_json_is_named(copy: Copy) -> None:
    (copy.root / "node_descriptors" / ANSWER).write_text("{", "utf-8")

    assert any(fault.startswith(f"node_descriptors/{ANSWER}: is not JSON") for fault in copy.faults())


def test_a_misspelt_key_is_named(copy: Copy) -> None:
    def misspell(one: dict[str, Any]) -> None:
        one["parameters"]["timeout"]["discription"] = "How long"

    copy.edit(ANSWER, misspell)

    [fault] = copy.faults()
    assert fault.startswith(f"node_descriptors/{ANSWER}: parameters.timeout: ")
    assert "discription" in fault
