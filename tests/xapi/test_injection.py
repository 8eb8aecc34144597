"""User text in filters, as a reader of OData that is not ours understands it: it is a value, whatever stands in it."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threecx_pbx.errors import BadParameter, RecordUnknown
from threecx_pbx.reports.contacts import by_text
from threecx_pbx.reports.people import person
from threecx_pbx.reports.queues import queues
from threecx_pbx.reports.recordings import condition
from threecx_pbx.xapi.client import Xapi
from threecx_simulator.xapi.filter import parse
from threecx_simulator.xapi.model import model

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
_NASTY = [
    "'",
    "''",
    "' or 1 eq 1 or '",
    "x') or (Number ne '",
    "%27",
    "\\'",
    "\u2019",
    "a&$top=1",
    "+",
    "#",
    "ß",
]
TEXTS = st.one_of(st.sampled_from(_NASTY), st.text(min_size=1, max_size=40)).filter(
    lambda one: bool(one.strip())
)


class Asked:
    """The XAPI's place: keeps the filters that it is asked for, and has nothing."""

    def __init__(self) -> None:
        self.filters: list[str] = []
        self.there: list[list[Any]] = []

    async def rows(self, path: str, what: str, **options: str) -> list[Any]:
        self.filters.append(options["filter"])
        return []

    async def pages(
        self, path: str, what: str, options: Mapping[str, str], limit: int | None = None, **_: Any
    ) -> AsyncIterator[list[Any]]:
        self.filters.append(options.get("filter") or options["search"])
        for page in self.there:
            yield page


def meant(filter_: str, set_: str, row: dict[str, Any]) -> bool:
    """Whether the reader keeps this row."""
    return bool(parse(filter_, model().sets[set_].type, NOON)(row))


@given(TEXTS)
def test_a_number_that_a_user_typed_matches_itself_and_nothing_else(typed: str) -> None:
    asked = Asked()
    xapi = cast("Xapi", asked)

    for reading in (queues(xapi, number=typed), person(xapi, number=typed)):
        with pytest.raises(RecordUnknown):
            asyncio.run(reading)

    for filter_, set_ in zip(asked.filters, ("Queues", "Users"), strict=True):
        assert meant(filter_, set_, {"Number": typed.strip()})
        assert not meant(filter_, set_, {"Number": typed.strip() + "0"})
        assert not meant(filter_, set_, {"Number": ""})


@given(st.lists(TEXTS, min_size=1, max_size=3))
def test_extensions_of_a_recording_filter_stay_values(typed: list[str]) -> None:
    filter_ = condition(None, extensions=typed)

    for one in typed:
        assert meant(filter_, "Recordings", {"FromDn": one})
    assert not meant(filter_, "Recordings", {"FromDn": "nobody at all, whatever was typed"})


@given(TEXTS)
def test_a_search_text_is_looked_for_as_it_stands(typed: str) -> None:
    asked = Asked()

    async def search() -> None:
        async for _ in by_text(cast("Xapi", asked), typed, None):
            raise AssertionError

    if not typed.replace('"', " ").replace("\\", " ").strip():
        with pytest.raises(BadParameter):
            asyncio.run(search())
        return
    asyncio.run(search())

    (phrase,) = asked.filters
    assert phrase[1:-1] in typed
    # a phrase in quotes is one term, in which neither AND nor NOT means anything (OData, 5.1.8)
    assert phrase[0] == phrase[-1] == '"'
    assert not set(phrase[1:-1]) & {'"', "\\"}
