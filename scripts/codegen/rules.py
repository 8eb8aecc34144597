"""n8n's rules for nodes, operations and parameters. Each finding names the JSON file and the field (n8n/shims.md section 5)."""

import re
from collections.abc import Iterator, Sequence, Set
from pathlib import Path
from typing import Any

from codegen.descriptors import NodeLook
from codegen.findings import Finding, Place
from codegen.models import Kind
from codegen.product import JoinedCredential, JoinedNode, JoinedOperation, Product
from codegen.properties import Property
from codegen.texts import ACTION, DESCRIPTION, DISPLAY_NAME, PLACEHOLDER, faults

FIXED = {
    "returnAll": {
        "displayName": "Return All",
        "description": "Whether to return all results or only up to a given limit",
        "default": False,
    },
    "limit": {
        "displayName": "Limit",
        "description": "Max number of results to return",
        "default": 50,
        "typeOptions": {"minValue": 1},
    },
    "simplify": {
        "displayName": "Simplify",
        "description": "Whether to return a simplified version of the response instead of the raw data",
        "default": True,
    },
}
"""Parameters whose look n8n fixes."""

_SENSITIVE = re.compile(r"secret|password|token|apiKey", re.IGNORECASE)


def check(product: Product, root: Path) -> list[Finding]:
    """Every breach, sorted; `root` is the repository's, for the icons."""
    known_errors = {one.id for one in product.errors}
    found = [finding for node in product.nodes for finding in _node(node, root, known_errors)]
    found += [finding for one in product.credentials for finding in _credential(one, root)]
    return sorted(set(found))


def _node(node: JoinedNode, root: Path, known_errors: Set[str]) -> Iterator[Finding]:
    look = node.look
    yield from _texts(look.place.at("displayName"), look.display_name, DISPLAY_NAME)
    yield from _texts(look.place.at("description"), look.description, DESCRIPTION)
    if node.is_trigger != look.display_name.endswith(" Trigger"):
        told = 'ends with "Trigger" when the node has a trigger, and only then'
        yield Finding(look.place.at("displayName"), told)
    if not node.is_trigger:
        yield from _resources(look)
        yield from _one_each(look.place, [one.look.display_name for one in node.operations], "operation")
    yield from _icons(look.place, root / "node_descriptors" / look.folder)
    for operation in node.operations:
        yield from _operation(look, operation, known_errors)


def _resources(look: NodeLook) -> Iterator[Finding]:
    if not look.resources:
        yield Finding(look.place.at("resources"), "missing: name at least one resource")
    for value, label in look.resources.items():
        yield from _texts(look.place.at("resources", value), label, DISPLAY_NAME)
        if label.endswith("s") and not label.endswith(("ss", "us")):
            yield Finding(look.place.at("resources", value), "is plural: name one thing")


def _operation(node: NodeLook, operation: JoinedOperation, known_errors: Set[str]) -> Iterator[Finding]:
    look = operation.look
    if look.display_name:
        yield from _texts(look.place.at("displayName"), look.display_name, DISPLAY_NAME)
        yield from _texts(look.place.at("action"), look.action, ACTION)
        if not look.description:
            yield Finding(look.place.at("description"), "is empty: tell what the operation does")
        yield from _texts(look.place.at("description"), look.description, DESCRIPTION)
        if look.resource not in node.resources:
            yield Finding(look.place.at("resource"), f"{node.place.file} has no resource {look.resource!r}")
        if look.display_name == "Get Many" and not look.action.startswith("Get many"):
            yield Finding(look.place.at("action"), 'the action of Get Many begins "Get many"')
    for output, label in look.outputs.items():
        if output.startswith("*"):
            yield from _row_output(operation, look.place.at("outputs", output), output[1:], label)
        else:
            yield from _texts(look.place.at("outputs", output), label, DISPLAY_NAME)
    if set(look.example) != set(_fields(operation)):
        differ = ", ".join(sorted(set(look.example) ^ set(_fields(operation))))
        yield Finding(look.place.at("example"), f"has not the fields of the output item; differing: {differ}")
    for name in set(look.errors) - known_errors:
        yield Finding(look.place.at("errors"), f"no error has the errorId {name!r}")
    yield from _parameters(operation.properties)
    yield from _one_each(look.place.at("parameters"), _labels(operation.properties), "parameter")


def _row_output(operation: JoinedOperation, place: Place, name: str, label: str) -> Iterator[Finding]:
    rows = next((one for one in operation.properties if one.fact.name == name), None)
    fields = {one.fact.name for one in rows.inside} if rows and rows.fact.kind is Kind.ROWS else set()
    if not {"key", label} <= fields:
        told = f"wants a parameter {name!r} that holds a list of models with the fields 'key' and {label!r}"
        yield Finding(place, told)


def _fields(operation: JoinedOperation) -> dict[str, Any]:
    fields: dict[str, Any] = operation.result.model_json_schema(by_alias=True, mode="serialization")[
        "properties"
    ]
    return fields


def _credential(credential: JoinedCredential, root: Path) -> Iterator[Finding]:
    look = credential.look
    yield from _texts(look.place.at("displayName"), look.display_name, DISPLAY_NAME)
    if not look.display_name.endswith("API"):
        yield Finding(look.place.at("displayName"), 'ends with "API"')
    yield from _icons(look.place, root / "node_descriptors/credentials")
    yield from _parameters(credential.properties)


def _labels(properties: Sequence[Property]) -> list[str]:
    return [f"{one.section} {one.spec['displayName']}" for one in properties]


def _parameters(properties: Sequence[Property]) -> Iterator[Finding]:
    for one in properties:
        yield from _parameter(one)
        yield from _choices(one)
        yield from _parameters(one.inside)


def _parameter(one: Property) -> Iterator[Finding]:
    spec = one.spec
    description = spec.get("description", "")
    yield from _texts(one.place.at("displayName"), spec["displayName"], DISPLAY_NAME)
    yield from _texts(one.place.at("description"), description, DESCRIPTION)
    yield from _texts(one.place.at("placeholder"), spec.get("placeholder", ""), PLACEHOLDER)
    if not description:
        yield Finding(one.place.at("description"), "is empty: tell what the user decides here")
    if description == spec["displayName"]:
        yield Finding(one.place.at("description"), "repeats the display name")
    if one.fact.kind is Kind.BOOLEAN and not description.startswith("Whether"):
        yield Finding(one.place.at("description"), 'of a boolean begins with "Whether"')
    if _SENSITIVE.search(one.fact.name) and one.fact.kind is Kind.TEXT:
        yield Finding(one.place, "is a secret by its name: make it SecretStr in the model")
    if "email" in one.fact.name.lower() and spec.get("placeholder") != "name@email.com":
        yield Finding(one.place.at("placeholder"), 'of an e-mail address is "name@email.com"')
    for key, wanted in FIXED.get(one.fact.name, {}).items():
        if spec.get(key) != wanted:
            yield Finding(one.place.at(key), f"n8n wants {wanted!r} here")


def _choices(one: Property) -> Iterator[Finding]:
    for option in spec_options(one):
        place = one.place.at("options", option["value"])
        yield from _texts(place.at("name"), option["name"], DISPLAY_NAME)
        yield from _texts(place.at("description"), option.get("description", ""), DESCRIPTION)
        if option["name"] == option.get("description"):
            yield Finding(place.at("description"), "repeats the name")
        if "*" in option["name"]:
            yield Finding(place.at("name"), 'holds a star; write "[All]"')
    yield from _one_each(one.place.at("options"), [option["name"] for option in spec_options(one)], "option")


def spec_options(one: Property) -> list[dict[str, str]]:
    """The choices of a parameter that has some."""
    found: list[dict[str, str]] = one.spec.get("options", [])
    return found


def _texts(place: Place, text: str, rules: Sequence[Any]) -> Iterator[Finding]:
    return (Finding(place, told) for told in faults(text, *rules))


def _one_each(place: Place, names: Sequence[str], what: str) -> Iterator[Finding]:
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield Finding(place, f"two of the {what}s are called {name.strip()!r}")


def _icons(place: Place, folder: Path) -> Iterator[Finding]:
    icons = [folder / "icon.svg", folder / "icon.dark.svg"]
    missing = [icon.name for icon in icons if not icon.is_file()]
    if missing:
        yield Finding(place, f"missing beside it: {', '.join(missing)}")
    elif icons[0].read_bytes() == icons[1].read_bytes():
        yield Finding(place, "icon.svg and icon.dark.svg are the same picture")
