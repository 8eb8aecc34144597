"""The OData options of one request, read and checked against the type that they are about."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from threecx_simulator.xapi.filter import BadQuery, Row, parse
from threecx_simulator.xapi.model import Type, model

SET_LIMIT = 100  # `$top` above it is a 400 on entity sets, and the size of a page (T; D)
REPORT_LIMIT = 1000  # what report functions take at least (T)
_OPTIONS = {"$top", "$skip", "$search", "$filter", "$count", "$orderby", "$select", "$expand", "$format"}


@dataclass(frozen=True, slots=True)
class Shape:
    """Which properties of a row are sent. Empty `select` = all; `expand` leads navigation properties to their own shape."""

    type: Type
    select: tuple[str, ...] = ()
    expand: tuple[tuple[str, "Shape"], ...] = ()
    keep: Callable[[Row], bool] | None = None
    """Of an expanded collection, the rows to show (`$expand=Members($filter=…)`)."""
    top: int | None = None

    @property
    def context(self) -> str:
        """What `@odata.context` says in brackets: `(Id,Groups(Rights()))`; empty when nothing was asked."""
        if not self.select and not self.expand:
            return ""
        nested = [f"{name}{shape.context or '()'}" for name, shape in self.expand]
        return f"({','.join([*self.select, *nested])})"


@dataclass(frozen=True, slots=True)
class Query:
    """The options of one request."""

    shape: Shape
    keep: Callable[[Row], bool] | None
    search: str | None
    order: tuple[tuple[str, bool], ...]
    count: bool
    top: int | None
    skip: int
    raw: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, options: Iterable[tuple[str, str]], type_: Type, limit: int | None) -> "Query":
        """From the URL's query. `limit`: the largest `$top`, None = any. What is unknown, double or out of range is a `BadQuery`.

        Options are known without their `$` too: programs in use send `expand=Agents` (t), as ASP.NET OData allows.
        """
        pairs = tuple((f"${name}" if f"${name}" in _OPTIONS else name, value) for name, value in options)
        given = dict(pairs)
        unknown = [name for name in given if name.startswith("$") and name not in _OPTIONS]
        if unknown:
            raise BadQuery(f"The query parameter '{unknown[0]}' is not supported.")
        if len(given) < len(pairs):
            raise BadQuery(
                "Query option was specified more than once, but it must be specified at most once."
            )
        return cls(
            shape=_shape(given, type_),
            keep=_filter(given.get("$filter"), type_),
            search=(given.get("$search") or "").strip('" ') or None,
            order=_order(given.get("$orderby") or "", type_),
            count=_flag(given.get("$count", "false")),
            top=_whole(given, "$top", limit),
            skip=_whole(given, "$skip", None) or 0,
            raw=pairs,
        )


def _filter(text: str | None, type_: Type) -> Callable[[Row], bool] | None:
    return None if text is None else parse(text, type_)


def _flag(text: str) -> bool:
    if text.lower() not in {"true", "false"}:
        raise BadQuery(f"Invalid value '{text}' for $count query option found.")
    return text.lower() == "true"


def _whole(options: Mapping[str, str], name: str, limit: int | None) -> int | None:
    text = options.get(name)
    if text is None:
        return None
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise BadQuery(f"Invalid value '{text}' for {name} query option found.")
    if limit is not None and int(text) > limit:
        raise BadQuery(
            f"The limit of '{limit}' for Top query has been exceeded. The value from the incoming request is '{text}'."
        )
    return int(text)


def _order(text: str, type_: Type) -> tuple[tuple[str, bool], ...]:
    found = []
    for part in (one for one in text.split(",") if one.strip()):
        words = part.split()
        if len(words) > 2 or (len(words) == 2 and words[1].lower() not in {"asc", "desc"}):
            raise BadQuery(f"Syntax error in $orderby '{part}'.")
        _known(type_, words[0])
        found.append((words[0], words[-1].lower() == "desc" and len(words) == 2))
    return tuple(found)


def _known(type_: Type, path: str) -> None:
    here: Type | None = type_
    for name in path.split("/"):
        found = here.properties.get(name) if here else None
        if found is None:
            raise BadQuery(
                f"Could not find a property named '{name}' on type 'Pbx.{here.name if here else path}'."
            )
        here = model().types.get(found.kind)


def _shape(options: Mapping[str, str], type_: Type) -> Shape:
    named = (name.partition("(")[0].strip() for name in _parts(options.get("$select") or "", ","))
    select = tuple(
        name for name in named if name
    )  # what a bracket says about a complex property's own is passed over
    for name in select:
        if name != "*":
            _known(type_, name)
    return Shape(type_, select, _expanded(options.get("$expand") or "", type_))


def _expanded(text: str, type_: Type) -> tuple[tuple[str, Shape], ...]:
    found: dict[str, Shape] = {}
    for part in (one.strip() for one in _parts(text, ",") if one.strip()):
        taken = re.fullmatch(r"(\w+|\*)(?:\((.*)\))?", part)
        if taken is None:
            raise BadQuery(f"Syntax error in $expand '{part}'.")
        navigation = {name for name, one in type_.properties.items() if one.navigation}
        if taken[1] != "*" and taken[1] not in navigation:
            raise BadQuery(
                f"Could not find a navigation property named '{taken[1]}' on type 'Pbx.{type_.name}'."
            )
        for name in sorted(navigation) if taken[1] == "*" else [taken[1]]:
            found[name] = _nested(taken[2] or "", model().types[type_.properties[name].kind])
    return tuple(found.items())


def _nested(text: str, type_: Type) -> Shape:
    options: dict[str, str] = {}
    for part in (one.strip() for one in _parts(text, ";") if one.strip()):
        name, _, value = part.partition("=")
        if name not in _OPTIONS:
            raise BadQuery(f"Syntax error in $expand: '{part}'.")
        options[name] = value
    shape = _shape(options, type_)
    return Shape(
        type_,
        shape.select,
        shape.expand,
        _filter(options.get("$filter"), type_),
        _whole(options, "$top", SET_LIMIT),
    )


def _parts(text: str, separator: str) -> list[str]:
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
        raise BadQuery(f"Syntax error in '{text}'.")
    return [*parts, text[start:]]
