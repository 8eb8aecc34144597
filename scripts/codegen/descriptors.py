"""The JSON descriptors as values. Their form is checked against node_descriptors/schema before they get here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from codegen.findings import Place


@dataclass(frozen=True, slots=True)
class Label:
    """How one value of a list of choices looks."""

    name: str
    description: str


@dataclass(frozen=True, slots=True)
class Look:
    """How one parameter looks in the editor."""

    place: Place
    name: str
    display_name: str
    description: str
    placeholder: str
    hint: str
    section: str
    options: Mapping[str, Label]
    show: Mapping[str, list[Any]]
    list: str
    widget: str
    hide_in_tool: bool
    unless_output: str
    needed: bool
    """Marked as required although the model has a default: what the operation says of an empty one is its own sentence."""
    inside: "Mapping[str, Look]"


@dataclass(frozen=True, slots=True)
class OperationLook:
    """How an operation of an action node looks; a trigger has the parameters and the example only."""

    place: Place
    module: str
    parameters: Mapping[str, Look]
    example: Mapping[str, Any]
    resource: str = ""
    display_name: str = ""
    action: str = ""
    description: str = ""
    outputs: Mapping[str, str] = field(default_factory=dict)
    failure_output: str = ""
    """By which output an item leaves that failed, when the node goes on: never by the one of success."""
    errors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SharedLook:
    """Parameters that a base class declares, described once."""

    place: Place
    of: str
    parameters: Mapping[str, Look]


@dataclass(frozen=True, slots=True)
class NodeLook:
    """How a node looks, with its operations or its trigger."""

    place: Place
    folder: str
    display_name: str
    description: str
    credential: str
    alias: tuple[str, ...]
    resources: Mapping[str, str]
    event_description: str
    activation_message: str
    operations: tuple[OperationLook, ...]
    trigger: OperationLook | None


@dataclass(frozen=True, slots=True)
class Mode:
    """One way to fill a locator in; its key is what Python gets as `mode`."""

    name: str
    placeholder: str
    hint: str


@dataclass(frozen=True, slots=True)
class Widget:
    """The ways to fill a locator in."""

    place: Place
    list: str
    modes: Mapping[str, Mode]


@dataclass(frozen=True, slots=True)
class ShimProblem:
    """A problem that n8n's side finds by itself; `message` may name {runnerUrl} and {status}."""

    meaning: str
    message: str
    hint: str
    status: int


@dataclass(frozen=True, slots=True)
class ErrorLooks:
    """What each errorId means, and the shim's own problems."""

    place: Place
    meanings: Mapping[str, str]
    shim: Mapping[str, ShimProblem]


@dataclass(frozen=True, slots=True)
class CredentialLook:
    """How a credential looks."""

    place: Place
    module: str
    display_name: str
    parameters: Mapping[str, Look]


def look(place: Place, name: str, raw: Mapping[str, Any]) -> Look:
    """One entry of `parameters`."""
    return Look(
        place=place,
        name=name,
        display_name=raw["displayName"],
        description=raw.get("description", ""),
        placeholder=raw.get("placeholder", ""),
        hint=raw.get("hint", ""),
        section=raw.get("section", ""),
        options={
            value: Label(o["name"], o.get("description", "")) for value, o in raw.get("options", {}).items()
        },
        show=raw.get("show", {}),
        list=raw.get("list", ""),
        widget=raw.get("widget", "number" if "list" in raw else ""),
        hide_in_tool=raw.get("hideInTool", False),
        unless_output=raw.get("unlessOutput", ""),
        needed=raw.get("needed", False),
        inside=looks(place, raw),
    )


def looks(place: Place, raw: Mapping[str, Any]) -> dict[str, Look]:
    """The `parameters` of a descriptor, or of a parameter that is a group."""
    entries = raw.get("parameters", {}).items()
    return {name: look(place.at("parameters", name), name, entry) for name, entry in entries}
