"""The OData options of one request, read and checked against the type that they are about."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from threecx_simulator.xapi.filter import parse
from threecx_simulator.xapi.model import Type
from threecx_simulator.xapi.shape import Order, Shape, flag, order_of, shape_of, whole
from threecx_simulator.xapi.values import BadQuery, Row

REPORT_LIMIT = 1000  # what report functions take at least (T)
_OPTIONS = {"$top", "$skip", "$search", "$filter", "$count", "$orderby", "$select", "$expand", "$format"}
_NEVER_EMPTY = ("$filter", "$orderby", "$top", "$skip", "$count")


@dataclass(frozen=True, slots=True)
class Query:
    """The options of one request."""

    shape: Shape
    keep: Callable[[Row], bool] | None = None
    search: str | None = None
    order: Order = ()
    count: bool = False
    top: int | None = None
    skip: int = 0
    raw: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, options: Iterable[tuple[str, str]], type_: Type, limit: int | None, now: datetime) -> "Query":
        """From the URL's query. `limit`: the largest `$top`, None = any. What is unknown, double or out of range is a `BadQuery`.

        Options are known in any case and without their `$` too: programs in use send `expand=Agents` (t), as ASP.NET
        OData allows. Its words stand before what it says of an option (T).
        """
        pairs = tuple((_option(name), value) for name, value in options)
        given = dict(pairs)
        unknown = [name for name in given if name.startswith("$") and name not in _OPTIONS]
        if unknown:  # the library names its own exception there (library source)
            raise BadQuery(
                "The query parameter 'Specified argument was out of the range of valid values. "
                f"(Parameter '{unknown[0]}')' is not supported."
            )
        try:
            return cls._read(pairs, type_, limit, now)
        except BadQuery as wrong:
            raise BadQuery(f"The query specified in the URI is not valid. {wrong}") from wrong

    @classmethod
    def _read(
        cls, pairs: tuple[tuple[str, str], ...], type_: Type, limit: int | None, now: datetime
    ) -> "Query":
        given = dict(pairs)
        double = next((name for at, (name, _) in enumerate(pairs) if name in dict(pairs[:at])), None)
        if double is not None:
            raise BadQuery(
                f"Query option '{double}' was specified more than once, but it must be specified at most once."
            )
        bare = next((name for name in _NEVER_EMPTY if name in given and not given[name].strip()), None)
        if bare is not None:
            raise BadQuery(f"The value for OData query '{bare}' cannot be empty.")
        condition = given.get("$filter")
        return cls(
            shape=shape_of(given, type_, now),
            keep=None if condition is None else parse(condition, type_, now),
            search=(given.get("$search") or "").strip('" ') or None,
            order=order_of(given.get("$orderby") or "", type_),
            count=flag(given.get("$count", "false")),
            top=whole(given, "$top", limit),
            skip=whole(given, "$skip", None) or 0,
            raw=pairs,
        )


def _option(name: str) -> str:
    """An option as OData spells it; what is none stays."""
    spelled = name.lower() if name.startswith("$") else f"${name.lower()}"
    return spelled if spelled in _OPTIONS else name
