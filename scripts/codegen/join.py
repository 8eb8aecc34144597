"""Joins looks and facts by parameter name into n8n properties. A name on one side only is a finding."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from codegen.descriptors import Look
from codegen.findings import Finding, Place
from codegen.models import Fact, Kind

MIN_SORTED = 5
"""From so many entries on, n8n's lint wants them by name."""

TYPES = {
    Kind.TEXT: "string",
    Kind.MASKED: "string",
    Kind.TEXTS: "string",
    Kind.NUMBER: "number",
    Kind.BOOLEAN: "boolean",
    Kind.CHOICE: "options",
    Kind.CHOICES: "multiOptions",
    Kind.LOCATOR: "resourceLocator",
    Kind.GROUP: "collection",
}


@dataclass(frozen=True, slots=True)
class Property:
    """One n8n property with the descriptor field that it comes from; `show` and `hide` stand apart, to be merged."""

    place: Place
    fact: Fact
    spec: Mapping[str, Any]
    section: str = ""
    show: Mapping[str, Sequence[Any]] | None = None
    hide_in_tool: bool = False
    unless_output: str = ""
    inside: tuple["Property", ...] = ()

    def rendered(self, show: Mapping[str, Sequence[Any]] | None = None) -> dict[str, Any]:
        """The property as n8n has it, shown under `show` besides its own conditions."""
        options = {
            "show": {**(show or {}), **(self.show or {})},
            "hide": {"@tool": [True]} if self.hide_in_tool else {},
        }
        display = {key: value for key, value in options.items() if value}
        spec = dict(self.spec)
        if self.inside:
            spec["options"] = [one.rendered() for one in by_name(self.inside)]
        return {**spec, "displayOptions": display} if display else spec


def by_name(properties: Sequence[Property]) -> list[Property]:
    """Entries of a collection, sorted when n8n's lint wants it."""
    if len(properties) < MIN_SORTED:
        return list(properties)
    return sorted(properties, key=lambda one: str(one.spec["displayName"]))


def joined(
    place: Place, looks: Mapping[str, Look], facts: Mapping[str, Fact], model: str, lists: Iterable[str]
) -> tuple[list[Property], list[Finding]]:
    """Properties in the descriptor's order, and every name that only one side knows. `model` names the Python side."""
    findings = [
        Finding(
            place.at("parameters", name),
            f"{model} has no parameter of this name: remove it here or add it there",
        )
        for name in looks.keys() - facts.keys()
    ]
    findings += [
        Finding(
            place.at("parameters", name),
            f'missing: {model} has it; add {{"displayName": …, "description": …}} here',
        )
        for name in facts.keys() - looks.keys()
    ]
    both = [(look, facts[name]) for name, look in looks.items() if name in facts]
    findings += [finding for look, fact in both for finding in _mismatch(look, fact, looks, set(lists))]
    nested = {
        look.name: joined(look.place, look.inside, fact.inside, model, lists)
        for look, fact in both
        if fact.inside
    }
    findings += [finding for _, found in nested.values() for finding in found]
    if findings:
        return [], sorted(findings)
    return [_property(look, fact, tuple(nested.get(look.name, ([], []))[0])) for look, fact in both], []


def _mismatch(look: Look, fact: Fact, looks: Mapping[str, Look], lists: set[str]) -> Iterator[Finding]:
    if fact.choices or look.options:
        for value in set(fact.choices) - set(look.options):
            yield Finding(
                look.place.at("options", value), 'missing: the model has this value; add {"name": …} here'
            )
        for value in set(look.options) - set(fact.choices):
            yield Finding(
                look.place.at("options", value), "the model has no such value: remove it here or add it there"
            )
    if (fact.kind is Kind.LOCATOR) != bool(look.list):
        yield Finding(look.place.at("list"), "belongs to parameters of type Located, and to those only")
    if look.list and look.list not in lists:
        yield Finding(
            look.place.at("list"),
            f"nodes/options/ has no list {look.list!r}; it has {', '.join(sorted(lists))}",
        )
    for name in set(look.show) - set(looks):
        yield Finding(look.place.at("show", name), "no parameter of this name stands beside this one")
    if look.inside and not fact.inside:
        yield Finding(look.place.at("parameters"), "the model's parameter holds no others")


def _property(look: Look, fact: Fact, inside: tuple[Property, ...]) -> Property:
    spec = {
        "displayName": look.display_name,
        "name": look.name,
        "type": TYPES[fact.kind],
        "typeOptions": _type_options(fact),
        "required": fact.required or None,
        "default": _default(fact),
        "placeholder": look.placeholder if fact.kind is not Kind.LOCATOR else None,
        "description": look.description,
        "hint": look.hint,
        "modes": _modes(look) if look.list else None,
        "options": _choices(look, fact),
    }
    kept = {key: value for key, value in spec.items() if key == "default" or value not in (None, "", {}, [])}
    return Property(
        look.place, fact, kept, look.section, look.show, look.hide_in_tool, look.unless_output, inside
    )


def _type_options(fact: Fact) -> dict[str, Any]:
    bounds = {"minValue": fact.minimum, "maxValue": fact.maximum}
    options: dict[str, Any] = {name: _whole(value) for name, value in bounds.items() if value is not None}
    return {**options, "password": True} if fact.kind is Kind.MASKED else options


def _whole(value: float) -> float | int:
    return int(value) if value.is_integer() else value


def _default(fact: Fact) -> Any:
    empty = {
        Kind.NUMBER: 0,
        Kind.BOOLEAN: False,
        Kind.CHOICES: [],
        Kind.GROUP: {},
        Kind.LOCATOR: {"mode": "list", "value": ""},
    }
    if fact.kind is Kind.GROUP:
        return {}
    if fact.kind is Kind.TEXTS:
        return ", ".join(fact.default or [])
    if fact.required:
        return fact.choices[0] if fact.kind is Kind.CHOICE else empty.get(fact.kind, "")
    return fact.default


def _choices(look: Look, fact: Fact) -> list[dict[str, Any]]:
    entries = [
        {"name": look.options[value].name, "value": value, "description": look.options[value].description}
        for value in fact.choices
    ]
    kept = [{key: text for key, text in entry.items() if text} for entry in entries]
    return sorted(kept, key=lambda entry: entry["name"]) if len(kept) >= MIN_SORTED else kept


def _modes(look: Look) -> list[dict[str, Any]]:
    return [
        {
            "displayName": "From List",
            "name": "list",
            "type": "list",
            "typeOptions": {"searchListMethod": look.list, "searchable": True},
        },
        {
            "displayName": "By Number",
            "name": "number",
            "type": "string",
            "placeholder": look.placeholder or "e.g. 101",
        },
    ]


def merged(properties: Iterable[tuple[Property, Mapping[str, list[Any]]]]) -> list[dict[str, Any]]:
    """Properties that are the same in several operations become one, shown for all of these."""
    kept: list[tuple[Property, dict[str, list[Any]]]] = []
    for one, show in properties:
        for other, seen in kept:
            if replace(one, place=other.place, fact=other.fact) == other:
                for name, values in show.items():
                    seen[name] += [value for value in values if value not in seen[name]]
                break
        else:
            kept.append((one, {name: list(values) for name, values in show.items()}))
    return [one.rendered(show) for one, show in kept]
