"""`$select`, `$expand` and `$orderby`: which properties of a row are sent, and of what it leads to."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from threecx_simulator.xapi.filter import parse
from threecx_simulator.xapi.model import Type, model
from threecx_simulator.xapi.values import BadQuery, Row

SET_LIMIT = 100  # `$top` above it is a 400 on entity sets, and the size of a page (T; D)
_NESTED = {"$top", "$skip", "$search", "$filter", "$count", "$orderby", "$select", "$expand", "$levels"}
Order = tuple[tuple[str, bool], ...]
"""Paths of properties, each with whether the greatest comes first."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Which properties of a row are sent. Empty `select` = all; `expand` leads navigation properties to their own shape.

    The others choose among the rows of an expanded collection (`$expand=Members($filter=…;$top=2)`).
    """

    type: Type
    select: tuple[str, ...] = ()
    expand: tuple[tuple[str, "Shape"], ...] = ()
    keep: Callable[[Row], bool] | None = None
    order: Order = ()
    skip: int = 0
    top: int | None = None
    count: bool = False

    @property
    def context(self) -> str:
        """What `@odata.context` says in brackets: `(Id,Groups(Rights()))`; empty when nothing was asked."""
        if not self.select and not self.expand:
            return ""
        nested = [f"{name}{shape.context or '()'}" for name, shape in self.expand]
        return f"({','.join([*self.select, *nested])})"


def shape_of(options: Mapping[str, str], type_: Type, now: datetime) -> Shape:
    """From `$select` and `$expand`; what a bracket says about a complex property's own is passed over."""
    given = (name.partition("(")[0].strip() for name in _parts(options.get("$select") or "", ","))
    select = tuple(name if name == "*" else _known(type_, name) for name in given if name)
    return Shape(type_, select, _expanded(options.get("$expand") or "", type_, now))


def order_of(text: str, type_: Type) -> Order:
    """From `$orderby`."""
    found = []
    for part in (one for one in text.split(",") if one.strip()):
        words = part.split()
        if len(words) > 2 or (len(words) == 2 and words[1].lower() not in {"asc", "desc"}):
            raise BadQuery(f"Syntax error at position {len(words[0]) + 1} in '{text}'.")
        found.append((_known(type_, words[0]), words[-1].lower() == "desc" and len(words) == 2))
    return tuple(found)


def whole(options: Mapping[str, str], name: str, limit: int | None) -> int | None:
    """The number of `$top` or `$skip`; None when it is not given."""
    text = options.get(name)
    if text is None:
        return None
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise BadQuery(
            f"Invalid value '{text}' for {name} query option found. "
            f"The {name} query option requires a non-negative integer value."
        )
    if limit is not None and int(text) > limit:
        raise BadQuery(
            f"The limit of '{limit}' for Top query has been exceeded. The value from the incoming request is '{text}'."
        )
    return int(text)


def flag(text: str) -> bool:
    """The answer to `$count`."""
    if text.lower() not in {"true", "false"}:
        raise BadQuery(
            f"Invalid value '{text}' for $count query option found. Valid values are 'true' or 'false'."
        )
    return text.lower() == "true"


def _known(type_: Type, path: str) -> str:
    """The path as the model spells it."""
    here: Type | None = type_
    names = []
    for name in path.split("/"):
        found = here.property(name) if here else None
        if found is None:
            raise BadQuery(
                f"Could not find a property named '{name}' on type 'Pbx.{here.name if here else path}'."
            )
        names.append(found.name)
        here = model().types.get(found.kind)
    return "/".join(names)


def _expanded(text: str, type_: Type, now: datetime) -> tuple[tuple[str, Shape], ...]:
    found: dict[str, Shape] = {}
    for part in (one.strip() for one in _parts(text, ",") if one.strip()):
        taken = re.fullmatch(r"([\w/]+|\*)(?:\((.*)\))?", part, re.DOTALL)
        if taken is None:
            raise BadQuery(f"Syntax error at position 0 in '{part}'.")
        every = sorted(name for name, one in type_.properties.items() if one.navigation)
        for name in every if taken[1] == "*" else [_navigation(type_, taken[1])]:
            found[name] = _nested(taken[2] or "", model().types[type_.properties[name].kind], now)
    return tuple(found.items())


def _navigation(type_: Type, path: str) -> str:
    name, _, rest = path.partition("/")
    found = type_.property(_known(type_, name))
    if found is None or not found.navigation:
        raise BadQuery(
            f"Property '{name}' on type 'Pbx.{type_.name}' is not a navigation property or complex property. "
            "Only navigation properties can be expanded."
        )
    if rest:
        raise BadQuery(
            "Found a path traversing multiple navigation properties. Please rephrase the query such that each expand "
            "path contains only type segments and navigation properties."
        )
    return found.name


def _nested(text: str, type_: Type, now: datetime) -> Shape:
    options: dict[str, str] = {}
    for part in (one.strip() for one in _parts(text, ";") if one.strip()):
        name, _, value = part.partition("=")
        name = name.strip().lower()
        name = name if name.startswith("$") else f"${name}"
        if name not in _NESTED:
            raise BadQuery(f"Term '{part}' is not valid in a $select or $expand expression.")
        options[name] = value
    shape = shape_of(options, type_, now)
    condition = options.get("$filter")
    return Shape(
        type_,
        shape.select,
        shape.expand,
        None if condition is None else parse(condition, type_, now),
        order_of(options.get("$orderby") or "", type_),
        whole(options, "$skip", None) or 0,
        whole(options, "$top", SET_LIMIT),
        flag(options.get("$count", "false")),
    )


def _parts(text: str, separator: str) -> Iterable[str]:
    """Split outside of brackets and quotes."""
    parts, depth, quoted, start = [], 0, False, 0
    for at, char in enumerate(text):
        if char == "'":
            quoted = not quoted
        elif not quoted and char in "()":
            depth += 1 if char == "(" else -1
        elif not quoted and depth == 0 and char == separator:
            parts.append(text[start:at])
            start = at + 1
    if depth or quoted:
        raise BadQuery(f"Found an unbalanced bracket expression in '{text}'.")
    return [*parts, text[start:]]
