"""Prints the docs pages: one for each operation and trigger, one for each errorId, one for the credential."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from codegen.models import Kind
from codegen.product import JoinedCredential, JoinedError, JoinedNode, JoinedOperation, Product
from codegen.properties import TYPES, Property

COMMON = ("wrongCredentials", "pbxUnreachable", "runnerUnreachable")
"""Errors that every operation may have."""


def operation_page(node: JoinedNode, operation: JoinedOperation, head: str) -> str:
    """docs/operations/<node>/<operation>.md"""
    look = operation.look
    title = node.look.display_name if node.is_trigger else f"{node.look.display_name}: {look.display_name}"
    names = (
        f"`{node.name}`"
        if node.is_trigger
        else f"`{node.name}`, resource `{look.resource}`, operation `{operation.source.name}`"
    )
    parts = [
        head,
        f"# {title}",
        node.look.description + "." if node.is_trigger else _sentence(look.description),
        f"In workflows: {names}.",
        operation.source.doc.strip(),
        "## Parameters",
        _table(operation.properties),
        "## Output" if len(look.outputs) < 2 else "## Outputs",
        *_outputs(operation),
        "One item, for example:",
        f"```json\n{json.dumps(look.example, indent=2, ensure_ascii=False)}\n```",
        "## Errors",
        _errors([*look.errors, *COMMON]),
    ]
    return "\n\n".join(parts) + "\n"


def error_page(error: JoinedError, product: Product, head: str) -> str:
    """docs/errors/<errorId>.md"""
    used = [
        f"[{node.look.display_name}: {one.look.display_name}](../operations/{node.look.folder}/{one.look.module}.md)"
        for node in product.nodes
        for one in node.operations
        if error.id in one.look.errors
    ]
    facts = [
        f"- {error.who}",
        f"- HTTP status: {error.status}",
        f"- Trying again may help: {'yes' if error.retryable else 'no'}",
    ]
    parts = [head, f"# {error.id}", error.meaning, "\n".join(facts), "## What to do"]
    parts.append(error.remedy or "The error's own message says what to change.")
    if used:
        parts += ["## Where it comes up", "\n".join(f"- {one}" for one in used)]
    return "\n\n".join(parts) + "\n"


def credential_page(credential: JoinedCredential, head: str) -> str:
    """docs/credential.md"""
    told = (
        "What the nodes need to know once: where the runner is, which PBX it serves, and what may be called."
    )
    sent = (
        "The PBX's secret travels to the Runner URL only; the credential refuses every other address. With Transport set to "
        "N8n Task Runner, operations carry it to the runner inside a task of n8n's own broker ([more](task-runner.md))."
    )
    parts = [
        head,
        f"# {credential.look.display_name}",
        told,
        sent,
        "## Fields",
        _table(credential.properties),
    ]
    return "\n\n".join(parts) + "\n"


def index_page(product: Product, head: str) -> str:
    """docs/operations/README.md"""
    parts = [head, "# Nodes and operations"]
    for node in product.nodes:
        entries = [
            f"- [{one.look.display_name or node.look.display_name}]({node.look.folder}/{one.look.module}.md): "
            + _sentence(one.look.description or node.look.description)
            for one in node.operations
        ]
        parts += [f"## {node.look.display_name}", "\n".join(entries)]
    return "\n\n".join(parts) + "\n"


def errors_index_page(product: Product, head: str) -> str:
    """docs/errors/README.md"""
    parts = [
        head,
        "# Errors",
        "Each error of the nodes has an `errorId`, which stays; sorted by who can mend it.",
    ]
    for who in sorted({one.who for one in product.errors}):
        entries = [f"- [{one.id}]({one.id}.md): {one.meaning}" for one in product.errors if one.who == who]
        parts += [f"## {who.rstrip('.')}", "\n".join(entries)]
    return "\n\n".join(parts) + "\n"


def _sentence(text: str) -> str:
    return text if text.endswith(".") else text + "."


def _outputs(operation: JoinedOperation) -> Iterator[str]:
    if operation.look.outputs:
        yield "\n".join(f"- **{label}** (`{key}`)" for key, label in operation.look.outputs.items())
        label = operation.look.outputs[operation.look.failure_output]
        yield (
            f"With *On Error* set to *Continue* an item that failed leaves by **{label}**, with the field `error`; "
            "with *Continue (using error output)* by n8n's error output."
        )


def _table(properties: Sequence[Property]) -> str:
    lines = [
        "| Parameter | Name | Type | Default | |",
        "| --- | --- | --- | --- | --- |",
        *_rows(properties, ""),
    ]
    return "\n".join(lines)


def _rows(properties: Sequence[Property], inside: str) -> Iterator[str]:
    for one in properties:
        label = str(one.spec["displayName"])
        where = inside or ("Options → " if one.section else "")
        told = " ".join([_sentence(str(one.spec["description"])), *_choices(one)])
        kind = TYPES[one.fact.kind] + _range(one)
        yield f"| {where}{label} | `{one.fact.name}` | {kind} | {_default(one)} | {told} |"
        yield from _rows(one.inside, f"{where}{label} → ")


def _range(one: Property) -> str:
    bounds = one.spec.get("typeOptions", {})
    return (
        f" {bounds['minValue']} to {bounds['maxValue']}" if {"minValue", "maxValue"} <= bounds.keys() else ""
    )


def _choices(one: Property) -> Iterator[str]:
    options: list[dict[str, str]] = one.spec.get("options", [])
    for option in options:
        yield (
            f"`{option['value']}`"
            + (f" ({option['description']})" if option.get("description") else "")
            + ("." if option is options[-1] else ",")
        )


def _default(one: Property) -> str:
    default: Any = one.spec["default"]
    if one.spec.get("required"):
        return "required"
    if one.fact.kind in (Kind.LOCATOR, Kind.GROUP) or default == "":
        return ""
    shown = json.dumps(default, ensure_ascii=False)
    return f"`{shown}`"


def _errors(ids: Sequence[str]) -> str:
    return ", ".join(f"[{one}](../../errors/{one}.md)" for one in ids)
