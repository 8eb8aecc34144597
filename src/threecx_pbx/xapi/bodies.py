"""The body of a list: OData's envelope, and its rows as dicts or as records."""

from functools import cache
from typing import Any, Generic, TypeVar, cast

import msgspec

from threecx_pbx.errors import NotA3cx
from threecx_pbx.transport.answer import Answer
from threecx_pbx.xapi.paging import Page, Row
from threecx_pbx.xapi.refusals import parsed

R = TypeVar("R")
_ENDS = 4096


class _Envelope(msgspec.Struct, Generic[R]):
    value: list[R]
    next: str = msgspec.field(default="", name="@odata.nextLink")


def page(answer: Answer, what: str) -> Page[Row]:
    """Only what is a record counts. Raises NotA3cx for anything that is no list."""
    rows, more = _listed(answer, what)
    return Page([row for row in rows if isinstance(row, dict)], more, _print(answer))


def page_of_any(answer: Answer, what: str) -> Page[Row]:
    """The same, with a value that is no record as `{"value": …}`."""
    rows, more = _listed(answer, what)
    return Page([row if isinstance(row, dict) else {"value": row} for row in rows], more, _print(answer))


def _listed(answer: Answer, what: str) -> tuple[list[Any], bool]:
    body = parsed(answer, what)
    rows = body.get("value")
    if not isinstance(rows, list):
        raise NotA3cx(f"The PBX answered with something that is not a list when asked to {what}.")
    return rows, "@odata.nextLink" in body


def page_of(kind: type[R], answer: Answer, what: str) -> Page[R]:
    """Rows as records of `kind`, each of whose fields has a default. Raises NotA3cx for anything that is no list."""
    try:
        found = _decoder(cast("Any", kind)).decode(answer.body)
    except msgspec.DecodeError:
        plain = page(answer, what)
        return Page([_lenient(kind, row) for row in plain.rows], plain.more, plain.print)
    return Page(found.value, bool(found.next), _print(answer))


def _lenient(kind: type[R], row: Row) -> R:
    """Without what is not of the kind that 3CX describes: a build that tells a field otherwise costs that field only."""
    return msgspec.convert({key: value for key, value in row.items() if _fits(kind, key, value)}, kind)


def _fits(kind: type[Any], key: str, value: Any) -> bool:
    try:
        msgspec.convert({key: value}, kind)
    except msgspec.ValidationError:
        return False
    return True


@cache
def _decoder(kind: Any) -> "msgspec.json.Decoder[Any]":
    return msgspec.json.Decoder(_Envelope[kind])


def _print(answer: Answer) -> int:
    """Tells bodies apart by their length and both ends: hashing all of it would cost as much as reading it."""
    body = answer.body
    return hash((len(body), body[:_ENDS], body[-_ENDS:]))
