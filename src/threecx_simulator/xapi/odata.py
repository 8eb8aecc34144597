"""OData query options applied to rows, and the envelopes and errors around them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any
from urllib.parse import urlencode

from threecx_simulator.xapi.filter import BadQuery, Row, parse

SET_LIMIT = 100  # `$top` above it is a 400 on entity sets (T)
_OPTIONS = {"$top", "$skip", "$search", "$filter", "$count", "$orderby", "$select", "$expand", "$format"}


@dataclass(frozen=True, slots=True)
class Query:
    """The options of one request."""

    top: int | None
    skip: int
    filter: str | None
    search: str | None
    order: tuple[tuple[str, bool], ...]
    select: tuple[str, ...]
    count: bool
    raw: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, options: Mapping[str, str], limit: int | None) -> "Query":
        """From the URL's query; `limit`: the largest `$top`. Unknown `$` options are refused as OData demands."""
        unknown = [name for name in options if name.startswith("$") and name not in _OPTIONS]
        if unknown:
            raise BadQuery(f"The query parameter '{unknown[0]}' is not supported.")
        top = _whole(options, "$top")
        if top is not None and limit is not None and top > limit:
            raise BadQuery(f"The limit of '{limit}' for Top query has been exceeded. The value is '{top}'.")
        return cls(
            top=top,
            skip=_whole(options, "$skip") or 0,
            filter=options.get("$filter") or None,
            search=(options.get("$search") or "").strip('" ') or None,
            order=tuple(_order(part) for part in (options.get("$orderby") or "").split(",") if part.strip()),
            select=_names(options.get("$select") or ""),
            count=options.get("$count", "").lower() == "true",
            raw=tuple(options.items()),
        )


def _whole(options: Mapping[str, str], name: str) -> int | None:
    text = options.get(name)
    if text is None:
        return None
    if not text.isdecimal():
        raise BadQuery(f"Invalid value '{text}' for {name} query option found.")
    return int(text)


def _order(part: str) -> tuple[str, bool]:
    words = part.split()
    if len(words) > 2 or (len(words) == 2 and words[1] not in {"asc", "desc"}):
        raise BadQuery(f"Syntax error in $orderby '{part}'.")
    return words[0], words[-1] == "desc"


def _names(text: str) -> tuple[str, ...]:
    """Names in `$select`; what a bracket holds belongs to the name before it."""
    return tuple(name.strip() for name in re.sub(r"\([^()]*\)", "", text).split(",") if name.strip())


def collection(rows: Iterable[Row], query: Query, url: str, context: str, page: int | None) -> dict[str, Any]:
    """The envelope of a set. `page`: the largest number of rows in one answer (None = all asked for)."""
    fields: frozenset[str] | None = None
    if isinstance(rows, Sequence) and rows:
        fields = frozenset(name for row in rows for name in row)
        _known([name for name, _ in query.order], fields)
        _known(query.select, fields)
    chosen = _chosen(rows, query, fields)
    total = None
    if query.count or query.order:
        chosen = list(chosen)
        total = len(chosen)
    for name, backwards in reversed(query.order):
        chosen = sorted(chosen, key=lambda row, name=name: _sortable(row.get(name)), reverse=backwards)  # type: ignore[misc]
    limit = min(query.top if query.top is not None else page or 1 << 62, page or 1 << 62)
    some = list(islice(chosen, query.skip, query.skip + limit + 1))
    body: dict[str, Any] = {"@odata.context": context}
    if query.count:
        body["@odata.count"] = total
    body["value"] = [shaped(row, query.select) for row in some[:limit]]
    if len(some) > limit and (query.top is None or query.top > limit):
        body["@odata.nextLink"] = _next(url, query, limit)
    return body


def _known(names: Iterable[str], fields: frozenset[str]) -> None:
    for name in names:
        if name != "*" and name.split("/")[0] not in fields:
            raise BadQuery(f"Could not find a property named '{name}'.")


def _chosen(rows: Iterable[Row], query: Query, fields: frozenset[str] | None) -> Iterable[Row]:
    if query.filter:
        rows = filter(parse(query.filter, fields), rows)
    if query.search:
        wanted = query.search.lower()
        rows = (row for row in rows if any(wanted in str(value).lower() for value in row.values()))
    return rows


def _sortable(value: Any) -> tuple[bool, Any]:
    return value is not None, "" if value is None else value


def _next(url: str, query: Query, limit: int) -> str:
    options = {name: value for name, value in query.raw if name not in {"$skip", "$top"}}
    options["$skip"] = str(query.skip + limit)
    if query.top is not None:
        options["$top"] = str(query.top - limit)
    return f"{url}?{urlencode(options, safe='$()')}"


def shaped(row: Row, select: Sequence[str] = ()) -> dict[str, Any]:
    """A row as sent: selected names only, null values missing (T)."""
    wanted = {name.split("/")[0] for name in select}
    return {
        name: value
        for name, value in row.items()
        if value is not None and (not wanted or "*" in wanted or name in wanted)
    }


def error(message: str, code: str = "", target: str | None = None) -> dict[str, Any]:
    """The body of an OData error."""
    details = [{"code": "", "message": message, "target": target}] if target else []
    return {"error": {"code": code, "message": message, "details": details}}
