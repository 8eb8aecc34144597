"""What n8n's editor gives for a parameter that nobody touches is what the Python model takes for one that is not sent."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import annotated_types
import pytest
from pydantic import BaseModel, TypeAdapter
from pydantic.fields import FieldInfo

from codegen.describe_node import description
from codegen.load import load
from codegen.product import JoinedNode, JoinedOperation, product
from codegen.shim_options import ItemOptions
from threecx_runner.naming import field_camel
from threecx_runner.sdk import Operation

from .conftest import ROOT

PRODUCT = product(load(ROOT / "node_descriptors"))
OPERATIONS = [
    pytest.param(node, operation, id=f"{node.look.folder}.{operation.look.module}")
    for node in PRODUCT.nodes
    for operation in node.operations
]
_ON_HANG_UP = "onHangUp"
"""Not offered where Hung Up is an output (test_generated.py)."""
_CONDITIONS = ("resource", "operation")


def _shown(node: JoinedNode, operation: JoinedOperation) -> Iterator[Mapping[str, Any]]:
    """The properties that n8n has for this operation, those of the Options collection among them."""
    chosen = (operation.look.resource, str(operation.source.name))
    for one in description(node, "credential")["properties"]:
        show = one.get("displayOptions", {}).get("show", {})
        wanted = zip(_CONDITIONS, chosen, strict=True)
        if one["name"] in _CONDITIONS or any(
            name in show and value not in show[name] for name, value in wanted
        ):
            continue
        yield from one["options"] if one["name"] == "options" else [one]


def _differences(
    properties: Mapping[str, Mapping[str, Any]], model: type[BaseModel], where: str = ""
) -> Iterator[str]:
    for name, field in model.model_fields.items():
        wire = field_camel(name.rstrip("_"))
        if wire == _ON_HANG_UP and wire not in properties:
            continue
        yield from (f"{where}{wire}: {told}" for told in _difference(properties[wire], field))
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel) and "options" in properties[wire]:
            entries = {one["name"]: one for one in properties[wire]["options"]}
            yield from _differences(entries, inner, f"{wire}.")


def _difference(shown: Mapping[str, Any], field: FieldInfo) -> Iterator[str]:
    bounds = shown.get("typeOptions", {})
    python = {
        "minValue": next((m.ge for m in field.metadata if isinstance(m, annotated_types.Ge)), None),
        "maxValue": next((m.le for m in field.metadata if isinstance(m, annotated_types.Le)), None),
    }
    yield from (f"{key} is {bounds.get(key)}" for key, value in python.items() if bounds.get(key) != value)
    if field.is_required():
        if not shown.get("required"):
            yield "not marked as required"
        return
    wanted = field.get_default(call_default_factory=True)
    declared: Any = Annotated[(field.annotation, *field.metadata, "as declared")]
    sent = TypeAdapter(declared).validate_python(shown["default"])
    if sent != wanted:
        yield f"the default is {sent!r}, not {wanted!r}"


@pytest.mark.parametrize(("node", "operation"), OPERATIONS)
def test_default_and_range_are_those_of_the_operations_own_model(
    node: JoinedNode, operation: JoinedOperation
) -> None:
    shown = list(_shown(node, operation))
    properties = {one["name"]: one for one in shown}
    models: list[type[BaseModel]] = [operation.source.params, *([] if node.is_trigger else [ItemOptions])]

    assert sorted(properties) == sorted(one["name"] for one in shown)
    assert [found for model in models for found in _differences(properties, model)] == []


@pytest.mark.parametrize(("node", "operation"), OPERATIONS)
def test_no_operation_is_cut_before_the_time_out_that_it_has_by_itself(
    node: JoinedNode, operation: JoinedOperation
) -> None:
    """n8n does not send an option that is not set, so the shim cannot count its default."""
    defaults = [
        one.fact.default for one in operation.properties if one.section and one.fact.name == "timeout"
    ]
    source = operation.source

    assert all(isinstance(source, Operation) and source.lasts.total_seconds() > one for one in defaults)


def test_what_an_operation_refuses_when_it_is_empty_is_marked_in_the_editor() -> None:
    marked = {
        f"{operation.source.name}.{one.fact.name}"
        for node in PRODUCT.nodes
        for operation in node.operations
        for one in operation.properties
        if one.spec.get("required") and not one.fact.required
    }

    assert {one for one in marked if not one.endswith((".callId", ".executionId"))} == {
        "sayText.text",
        "playAudio.audioFile",
        "uploadPrompt.promptName",
        "makeCall.target",
        "makeCall.fromExtension",
        "divertCall.target",
        "rejectCall.target",
        "findContact.number",
        "findContact.search",
    }
