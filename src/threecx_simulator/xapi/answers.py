"""OData answers: envelopes of collections and entities, links to the next page, errors."""

from collections.abc import Callable, Iterable, Mapping, Sequence, Sized
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Any
from urllib.parse import quote, urlencode

import orjson
from starlette.responses import Response

from threecx_simulator.xapi.model import Type, model
from threecx_simulator.xapi.query import Query
from threecx_simulator.xapi.shape import Order, Shape
from threecx_simulator.xapi.values import Row, kind_of, moment, seconds

Json = dict[str, Any]


class Rows(Sized):
    """Rows that know how many they are and can be reached anywhere without computing the others."""

    def __getitem__(self, where: slice) -> Sequence[Row]:
        """The rows at these places."""
        raise NotImplementedError


Source = Sequence[Row] | Rows | Iterable[Row]


@dataclass(frozen=True, slots=True)
class Page:
    """How collections are cut. `size`: rows in one answer; `zeros`: whether zeros are sent (reports leave them out, T)."""

    size: int
    zeros: bool = True


def answer(body: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """JSON as ASP.NET OData labels it."""
    kind = "application/json; odata.metadata=minimal; odata.streaming=true; charset=utf-8"
    more = {"OData-Version": "4.0", **(headers or {})}
    return Response(orjson.dumps(body), status, more, media_type=kind)


def refusal(status: int, message: str, target: str | None = None, warning: str = "") -> Response:
    """An OData error. `warning` with `target` gives the two-line message of 3CX's own checks (D)."""
    text = f"{target}:\n{warning}" if warning else message
    detail = {"code": "", "message": warning or message, "target": target or ""}
    body = {"code": "", "message": text, "details": [detail] if target else []}
    return answer({"error": body}, status)


def shaped(row: Row, shape: Shape, zeros: bool = True) -> Json:
    """A row as sent: null values missing (T), navigation properties only when expanded."""
    hidden = _navigation(shape.type.name)
    found = {
        name: value
        for name, value in row.items()
        if value is not None and name not in hidden and (zeros or value is False or value != 0)
    }
    if shape.select and "*" not in shape.select:
        found = _selected(found, shape.select)
    for name, nested in shape.expand:
        value = _value(row.get(name))
        if value is None and shape.type.properties[name].many:
            value = ()  # a collection is empty, never null (OData 4.01, JSON format, 7.2)
        if value is None:
            continue
        if isinstance(value, Mapping):
            found[name] = shaped(value, nested)
        else:
            found |= _listed(name, value, nested)
    return found


def _listed(name: str, rows: Iterable[Row], shape: Shape) -> Json:
    """An expanded collection, its number of rows before it when that was asked for."""
    kept = _ordered((one for one in rows if shape.keep is None or shape.keep(one)), shape.order, shape.type)
    last = None if shape.top is None else shape.skip + shape.top
    sent = [shaped(one, shape) for one in kept[shape.skip : last]]
    return ({f"{name}@odata.count": len(kept)} if shape.count else {}) | {name: sent}


def _selected(row: Row, paths: Iterable[str]) -> Json:
    """What `$select` names, `OfficeRoute/Prompt` a part of a complex value; in the row's own order."""
    inner: dict[str, list[str]] = {}
    whole = set()
    for first, _, rest in (path.partition("/") for path in paths):
        inner.setdefault(first, []).append(rest)
        if not rest:
            whole.add(first)
    return {
        name: value if name in whole or not isinstance(value, Mapping) else _selected(value, inner[name])
        for name, value in row.items()
        if name in inner
    }


@cache
def _navigation(type_: str) -> frozenset[str]:
    """The navigation properties of a type."""
    known = model().types.get(type_)
    return (
        frozenset(name for name, one in known.properties.items() if one.navigation) if known else frozenset()
    )


def _value(found: Any) -> Any:
    """Navigation is computed when somebody asks for it."""
    return found() if callable(found) else found


def collection(rows: Source, query: Query, url: str, context: str, page: Page) -> Json:
    """The envelope of a collection. `url`: of the collection, for links to the next page."""
    limit = page.size if query.top is None else min(query.top, page.size)
    some, total = _cut(_chosen(rows, query), query, limit + 1)
    body: Json = {"@odata.context": context}
    if query.count:
        body["@odata.count"] = total
    body["value"] = [shaped(row, query.shape, page.zeros) for row in some[:limit]]
    if len(some) > limit and (query.top is None or query.top > limit):
        body["@odata.nextLink"] = _next(url, query, limit)
    return body


def _cut(rows: Source, query: Query, count: int) -> tuple[list[Row], int]:
    """`count` rows after `$skip`, and how many there are in all (0 when nobody asks); nothing else is kept in memory."""
    if isinstance(rows, Sequence | Rows):
        return list(rows[query.skip : query.skip + count]), len(rows)
    ahead = iter(rows)
    passed = sum(1 for _ in islice(ahead, query.skip))
    some = list(islice(ahead, count))
    return some, passed + len(some) + sum(1 for _ in ahead) if query.count else 0


def every(rows: Source) -> Iterable[Row]:
    """All rows one by one."""
    return rows if isinstance(rows, Iterable) else iter(rows[0 : len(rows)])


def _chosen(rows: Source, query: Query) -> Source:
    """What is left after filter, search and order."""
    if query.keep is not None:
        rows = filter(query.keep, every(rows))
    if query.search:
        rows = filter(_holds(query.search.lower()), every(rows))
    return _ordered(every(rows), query.order, query.shape.type) if query.order else rows


def _holds(wanted: str) -> Callable[[Row], bool]:
    return lambda row: any(wanted in value.lower() for value in row.values() if isinstance(value, str))


def _ordered(rows: Iterable[Row], order: Order, type_: Type) -> list[Row]:
    ordered = list(rows)
    for path, backwards in reversed(order):
        ordered.sort(key=_key(path, type_), reverse=backwards)
    return ordered


def _key(path: str, type_: Type) -> Callable[[Row], tuple[bool, Any]]:
    names = path.split("/")
    found = type_.properties[names[0]]
    kind = kind_of(found.kind) if len(names) == 1 and not found.many else ""
    read: Callable[[Any], Any] = {"moment": moment, "duration": seconds}.get(kind, lambda value: value)

    def key(row: Row) -> tuple[bool, Any]:
        value: Any = row
        for name in names:
            value = _value(value.get(name)) if isinstance(value, Mapping) else None
        if isinstance(value, list | dict):
            value = None
        return (True, read(value)) if value is not None else (False, 0)

    return key


def _next(url: str, query: Query, limit: int) -> str:
    options = {name: value for name, value in query.raw if name not in {"$skip", "$top"}}
    if query.top is not None:
        options["$top"] = str(query.top - limit)
    options["$skip"] = str(query.skip + limit)
    return f"{url}?{urlencode(options, safe='$', quote_via=quote)}"
