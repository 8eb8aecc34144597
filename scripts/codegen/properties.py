"""One n8n property from a look and a fact."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from codegen.descriptors import Look, Widget
from codegen.findings import Place
from codegen.models import Fact, Kind

MIN_SORTED = 5
"""From so many entries on, n8n's lint wants them by name."""

ROWS = "rows"
"""The name of the one section of a fixedCollection."""

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
    Kind.ROWS: "fixedCollection",
}

PLAIN_WIDGETS = {"dateTime": ("dateTime", {}), "json": ("json", {}), "lines": ("string", {"rows": 4})}
"""Other ways to show a text: n8n's type and its typeOptions."""

_EMPTY: Mapping[Kind, Any] = {
    Kind.NUMBER: 0,
    Kind.BOOLEAN: False,
    Kind.CHOICES: [],
    Kind.LOCATOR: {"mode": "list", "value": ""},
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
    option_list: str = ""

    def rendered(self, show: Mapping[str, Sequence[Any]] | None = None) -> dict[str, Any]:
        """The property as n8n has it, shown under `show` besides its own conditions."""
        conditions = {"show": {**(show or {}), **(self.show or {})}, "hide": self._hide()}
        display = {key: value for key, value in conditions.items() if value}
        spec = dict(self.spec)
        if self.inside:
            spec["options"] = self._inside()
        return {**spec, "displayOptions": display} if display else spec

    @property
    def lists(self) -> set[str]:
        """The option lists of its dropdown and of those inside."""
        return ({self.option_list} - {""}).union(*(one.lists for one in self.inside))

    def _hide(self) -> dict[str, list[bool]]:
        return {"@tool": [True]} if self.hide_in_tool else {}

    def _inside(self) -> Sequence[dict[str, Any]]:
        if self.fact.kind is Kind.ROWS and self.spec["type"] == TYPES[Kind.ROWS]:
            values = [one.rendered() for one in self.inside]
            return [{"displayName": self.spec["displayName"], "name": ROWS, "values": values}]
        return [one.rendered() for one in by_name(self.inside)]


def by_name(properties: Sequence[Property]) -> Sequence[Property]:
    """Entries of a collection, sorted when n8n's lint wants it."""
    if len(properties) < MIN_SORTED:
        return properties
    return sorted(properties, key=lambda one: str(one.spec["displayName"]))


def property_of(look: Look, fact: Fact, inside: tuple[Property, ...], widget: Widget | None) -> Property:
    """The property; `widget` belongs to a locator."""
    chosen = (look.list or widget.list) if widget else ""
    spec = {
        "displayName": look.display_name,
        "name": look.name,
        "type": PLAIN_WIDGETS[look.widget][0] if look.widget in PLAIN_WIDGETS else TYPES[fact.kind],
        "typeOptions": _type_options(fact) | PLAIN_WIDGETS.get(look.widget, ("", {}))[1],
        "required": fact.required or look.needed or None,
        "default": _default(fact),
        "placeholder": look.placeholder if not widget else None,
        "description": look.description,
        "hint": look.hint,
        "modes": _modes(look, widget, chosen) if widget else None,
        "options": _choices(look, fact),
    }
    kept = {key: value for key, value in spec.items() if key == "default" or value not in (None, "", {}, [])}
    return Property(
        place=look.place,
        fact=fact,
        spec=kept,
        section=look.section,
        show=look.show,
        hide_in_tool=look.hide_in_tool,
        unless_output=look.unless_output,
        inside=inside,
        option_list=chosen,
    )


def _type_options(fact: Fact) -> dict[str, Any]:
    if fact.kind is Kind.ROWS:
        return {"multipleValues": True, "sortable": True}
    bounds = {"minValue": fact.minimum, "maxValue": fact.maximum}
    options: dict[str, Any] = {name: _whole(value) for name, value in bounds.items() if value is not None}
    return {**options, "password": True} if fact.kind is Kind.MASKED else options


def _whole(value: float) -> float | int:
    return int(value) if value.is_integer() else value


def _default(fact: Fact) -> Any:
    if fact.kind in (Kind.GROUP, Kind.ROWS):
        return {}
    if fact.kind is Kind.TEXTS:
        return ", ".join(fact.default or [])
    if fact.required:
        return fact.choices[0] if fact.kind is Kind.CHOICE else _EMPTY.get(fact.kind, "")
    return fact.default


def _choices(look: Look, fact: Fact) -> Sequence[dict[str, Any]]:
    entries = [
        {"name": look.options[value].name, "value": value, "description": look.options[value].description}
        for value in fact.choices
    ]
    kept = [{key: text for key, text in entry.items() if text} for entry in entries]
    return sorted(kept, key=lambda entry: entry["name"]) if len(kept) >= MIN_SORTED else kept


def _modes(look: Look, widget: Widget, chosen: str) -> Sequence[dict[str, Any]]:
    listed = {
        "displayName": "From List",
        "name": "list",
        "type": "list",
        "typeOptions": {"searchListMethod": chosen, "searchable": True},
    }
    typed = [
        {
            "displayName": mode.name,
            "name": key,
            "type": "string",
            "placeholder": look.placeholder or mode.placeholder,
            "hint": mode.hint,
        }
        for key, mode in widget.modes.items()
    ]
    kept = [{key: text for key, text in entry.items() if text} for entry in typed]
    return [listed, *kept] if chosen else kept


def merged(properties: Iterable[tuple[Property, Mapping[str, Sequence[Any]]]]) -> Sequence[dict[str, Any]]:
    """Properties that are the same in several operations become one, shown for all of these; each operation keeps its order."""
    kept: list[tuple[Property, dict[str, list[Any]]]] = []
    last: dict[str, int] = {}
    for one, show in properties:
        operation = str(show)
        begin = last.get(operation, -1) + 1
        at = next((at for at in range(begin, len(kept)) if _same(one, kept[at][0])), len(kept))
        if at == len(kept):
            kept.append((one, {name: [] for name in show}))
        for name, values in show.items():
            kept[at][1][name] += [value for value in values if value not in kept[at][1][name]]
        last[operation] = at
    return [one.rendered(show) for one, show in kept]


def _same(one: Property, other: Property) -> bool:
    return replace(one, place=other.place, fact=other.fact) == other
