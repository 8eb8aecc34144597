"""Finds contacts by number or by text."""

from collections.abc import AsyncIterator
from enum import StrEnum
from typing import Annotated

from threecx_pbx.errors import BadParameter
from threecx_pbx.reports.contacts import by_number, by_text
from threecx_runner.sdk import Context, Effect, Field, operation

from ..shared.contact import ContactRow, contact_row, country_of_book
from ..shared.listing import Listed


class FindBy(StrEnum):
    """A number matches exactly, however it is written; a text anywhere."""

    NUMBER = "number"
    TEXT = "text"


class FindContactParams(Listed):
    """Parameters of Find Contact."""

    find_by: FindBy = FindBy.NUMBER
    number: str = ""
    search: str = ""
    country: Annotated[str, Field(pattern=r"^([A-Za-z]{2})?$")] = ""


@operation(result=ContactRow, effect=Effect.READ)
async def find_contact(on: Context, ask: FindContactParams) -> AsyncIterator[ContactRow]:
    """No item when there is none."""
    wanted = ask.number if ask.find_by is FindBy.NUMBER else ask.search
    if not wanted.strip():
        raise BadParameter(f"{'Number' if ask.find_by is FindBy.NUMBER else 'Search'} is empty.")
    if ask.find_by is FindBy.TEXT:
        async for one in by_text(on.reports, ask.search, ask.most):
            yield contact_row(one)
        return
    country = await country_of_book(on.reports, ask.number, ask.country)
    for one in (await by_number(on.reports, ask.number, country))[: ask.most]:
        yield contact_row(one)
