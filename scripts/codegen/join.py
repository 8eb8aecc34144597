"""Joins looks and facts by parameter name. A name on one side only is a finding that says what to add."""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from codegen.descriptors import Look, Widget
from codegen.findings import Finding, Place
from codegen.models import Fact, Kind
from codegen.properties import PLAIN_WIDGETS, Property, property_of


@dataclass(frozen=True, slots=True)
class Known:
    """What a descriptor may name: the lists of nodes/options/ and the widgets."""

    lists: AbstractSet[str]
    widgets: Mapping[str, Widget]


def joined(
    place: Place, looks: Mapping[str, Look], facts: Mapping[str, Fact], model: str, known: Known
) -> tuple[list[Property], list[Finding]]:
    """Properties in the descriptor's order, or every fault. `model` names the Python side."""
    both = [(look, facts[name]) for name, look in looks.items() if name in facts]
    findings = [*_one_sided(place, looks, facts, model)]
    findings += [finding for look, fact in both for finding in _mismatch(look, fact, looks, known)]
    nested = {
        look.name: joined(look.place, look.inside, fact.inside, model, known)
        for look, fact in both
        if fact.inside
    }
    findings += [finding for _, found in nested.values() for finding in found]
    if findings:
        return [], sorted(findings)
    made = [
        property_of(look, fact, tuple(nested.get(look.name, ([], []))[0]), known.widgets.get(look.widget))
        for look, fact in both
    ]
    return made, []


def _one_sided(
    place: Place, looks: Mapping[str, Look], facts: Mapping[str, Fact], model: str
) -> Iterator[Finding]:
    for name in looks.keys() - facts.keys():
        told = f"{model} has no parameter of this name: remove it here or add it there"
        yield Finding(place.at("parameters", name), told)
    for name in facts.keys() - looks.keys():
        told = f'missing: {model} has it; add {{"displayName": …, "description": …}} here'
        yield Finding(place.at("parameters", name), told)


def _mismatch(look: Look, fact: Fact, looks: Mapping[str, Look], known: Known) -> Iterator[Finding]:
    for value in set(fact.choices) - set(look.options):
        yield Finding(look.place.at("options", value), 'missing: the model has it; add {"name": …} here')
    for value in set(look.options) - set(fact.choices):
        told = "the model has no such value: remove it here or add it there"
        yield Finding(look.place.at("options", value), told)
    yield from _widget(look, fact, known)
    for name in set(look.show) - set(looks):
        yield Finding(look.place.at("show", name), "no parameter of this name stands beside this one")
    if look.inside and not fact.inside:
        yield Finding(look.place.at("parameters"), "the model's parameter holds no others")


def _widget(look: Look, fact: Fact, known: Known) -> Iterator[Finding]:
    if look.widget in PLAIN_WIDGETS and fact.kind is Kind.TEXT:
        return
    if (fact.kind is Kind.LOCATOR) != bool(look.widget):
        told = "`list` or `widget` belongs to parameters of type Located, and to those only"
        yield Finding(look.place, told)
    if look.widget and look.widget not in known.widgets:
        told = (
            f"node_descriptors/widgets.json has no {look.widget!r}; it has {', '.join(sorted(known.widgets))}"
        )
        yield Finding(look.place.at("widget"), told)
        return
    widget = known.widgets.get(look.widget)
    chosen = look.list or (widget.list if widget else "")
    if chosen and chosen not in known.lists:
        told = f"nodes/options/ has no list {chosen!r}; it has {', '.join(sorted(known.lists))}"
        yield Finding(look.place.at("list"), told)
