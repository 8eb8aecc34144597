"""Reads node_descriptors/ and checks each file against its JSON Schema."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from codegen.descriptors import (
    CredentialLook,
    ErrorLooks,
    Mode,
    NodeLook,
    OperationLook,
    SharedLook,
    ShimProblem,
    Widget,
    looks,
)
from codegen.findings import Faulty, Finding, Place


@dataclass(frozen=True, slots=True)
class Descriptors:
    """All of node_descriptors/."""

    nodes: tuple[NodeLook, ...]
    credentials: tuple[CredentialLook, ...]
    shared: tuple[SharedLook, ...]
    errors: ErrorLooks
    widgets: Mapping[str, Widget]


def load(root: Path) -> Descriptors:
    """Every descriptor below `root` (node_descriptors/). Raises Faulty with all that is wrong in form."""
    reader = _Reader(root)
    found = Descriptors(
        nodes=tuple(reader.node(path) for path in sorted(root.glob("*/node.json"))),
        credentials=tuple(reader.credential(path) for path in sorted(root.glob("credentials/*.json"))),
        shared=tuple(reader.shared(path) for path in sorted(root.glob("shared/*.json"))),
        errors=reader.errors(root / "errors.json"),
        widgets=reader.widgets(root / "widgets.json"),
    )
    if reader.findings:
        raise Faulty(reader.findings)
    return found


class _Reader:
    """Collects faults instead of stopping at the first; a faulty file reads as empty."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.findings: list[Finding] = []
        self.schemas = {
            path.name: json.loads(path.read_text("utf-8")) for path in (root / "schema").glob("*.json")
        }

    def node(self, path: Path) -> NodeLook:
        place, raw = self._read(path, "node.schema.json")
        triggers = [
            self._operation(at, "trigger.schema.json") for at in sorted(path.parent.glob("triggers/*.json"))
        ]
        operations = [
            self._operation(at, "operation.schema.json")
            for at in sorted(path.parent.glob("operations/*.json"))
        ]
        if len(triggers) > 1 or bool(triggers) == bool(operations):
            self.findings.append(Finding(place, "a node has one file in triggers/, or files in operations/"))
        return NodeLook(
            place=place,
            folder=path.parent.name,
            display_name=raw.get("displayName", ""),
            description=raw.get("description", ""),
            credential=raw.get("credential", ""),
            alias=tuple(raw.get("alias", ())),
            resources=raw.get("resources", {}),
            event_description=raw.get("eventTriggerDescription", ""),
            activation_message=raw.get("activationMessage", ""),
            operations=tuple(operations),
            trigger=triggers[0] if triggers else None,
        )

    def credential(self, path: Path) -> CredentialLook:
        place, raw = self._read(path, "credential.schema.json")
        return CredentialLook(place, path.stem, raw.get("displayName", ""), looks(place, raw))

    def shared(self, path: Path) -> SharedLook:
        place, raw = self._read(path, "shared.schema.json")
        return SharedLook(place, raw.get("of", ""), looks(place, raw))

    def errors(self, path: Path) -> ErrorLooks:
        place, raw = self._read(path, "errors.schema.json")
        shim = {
            name: ShimProblem(one["meaning"], one["message"], one["hint"], one["httpStatus"])
            for name, one in raw.get("shim", {}).items()
        }
        return ErrorLooks(place, raw.get("meanings", {}), shim)

    def widgets(self, path: Path) -> dict[str, Widget]:
        place, raw = self._read(path, "widgets.schema.json")
        entries = [(name, one) for name, one in raw.items() if isinstance(one, dict)]
        return {name: Widget(place.at(name), one.get("list", ""), _modes(one)) for name, one in entries}

    def _operation(self, path: Path, schema: str) -> OperationLook:
        place, raw = self._read(path, schema)
        return OperationLook(
            place=place,
            module=path.stem,
            parameters=looks(place, raw),
            example=raw.get("example", {}),
            resource=raw.get("resource", ""),
            display_name=raw.get("displayName", ""),
            action=raw.get("action", ""),
            description=raw.get("description", ""),
            outputs=raw.get("outputs", {}),
            failure_output=raw.get("failureOutput", ""),
            errors=tuple(raw.get("errors", ())),
        )

    def _read(self, path: Path, schema: str) -> tuple[Place, dict[str, Any]]:
        place = Place(path.relative_to(self.root.parent).as_posix())
        try:
            raw = json.loads(path.read_text("utf-8"))
        except ValueError as error:
            self.findings.append(Finding(place, f"is not JSON: {error}"))
            return place, {}
        faults = list(self._faults(place, schema, raw))
        self.findings.extend(faults)
        return place, {} if faults else raw

    def _faults(self, place: Place, schema: str, raw: Any) -> Iterator[Finding]:
        known = [(name, Resource.from_contents(content)) for name, content in self.schemas.items()]
        validator = Draft202012Validator(self.schemas[schema], registry=Registry().with_resources(known))
        for error in sorted(validator.iter_errors(raw), key=str):
            yield Finding(place.at(*map(str, error.absolute_path)), _told(error.message))


def _modes(widget: Mapping[str, Any]) -> dict[str, Mode]:
    entries = widget["modes"].items()
    return {key: Mode(one["name"], one.get("placeholder", ""), one.get("hint", "")) for key, one in entries}


def _told(message: str) -> str:
    for word in ("type", "default", "required"):
        if f"'{word}' was unexpected" in message:
            return f"`{word}` stands in the Python model only; remove it here"
    return message
