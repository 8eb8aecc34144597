"""Bodies of POST and PATCH against the types of the model, as strict as ASP.NET OData about names and kinds."""

import re
from collections.abc import Mapping
from typing import Any

from threecx_simulator.xapi.model import MOMENTS, NUMBERS, Property, Type, model
from threecx_simulator.xapi.values import BadQuery, moment, seconds


def checked(data: Mapping[str, Any], type_: Type) -> dict[str, Any]:
    """The properties of a body, annotations left out; `BadQuery` for an unknown name or a value of another kind."""
    found = {}
    for name, value in data.items():
        if "@" in name:
            continue
        known = type_.properties.get(name)
        if known is None:
            raise BadQuery(
                f"The property '{name}' does not exist on type 'Pbx.{type_.name}'. Make sure to only use property names that are defined by the type."
            )
        found[name] = _many(value, known) if known.many else _value(value, known)
    return found


def _many(value: Any, known: Property) -> Any:
    if value is None:
        return None
    if not isinstance(value, list):
        raise BadQuery(f"A value of property '{known.name}' must be an array.")
    return [_value(one, known) for one in value]


def _value(value: Any, known: Property) -> Any:
    if value is None:
        return None
    inner = model().types.get(known.kind)
    if inner is not None and isinstance(value, Mapping):
        return checked(value, inner)
    if inner is not None or not _fits(value, known.kind):
        shown = known.kind if known.primitive else f"Pbx.{known.kind}"
        raise BadQuery(f"Cannot convert the value of property '{known.name}' to the expected type '{shown}'.")
    return value


def _fits(value: Any, kind: str) -> bool:
    if kind in model().enums:
        return value in model().enums[kind]
    if kind == "boolean":
        return isinstance(value, bool)
    if kind in NUMBERS:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, str) and _reads(value, kind)


def _reads(text: str, kind: str) -> bool:
    try:
        if kind in MOMENTS:
            moment(text)
        elif kind == "duration":
            seconds(text)
    except BadQuery:
        return False
    return kind != "time" or re.fullmatch(r"\d\d:\d\d(:\d\d(\.\d+)?)?", text) is not None
