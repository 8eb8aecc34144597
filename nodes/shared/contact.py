"""A contact, as operations give it, and the country that a local number belongs to."""

from contextlib import suppress

from threecx_pbx.errors import ThreeCxError
from threecx_pbx.reports.contacts import Contact, country_of, is_country
from threecx_pbx.reports.zones import pbx_country
from threecx_pbx.xapi.client import Xapi
from threecx_runner.sdk import Result


class ContactRow(Result):
    """One contact of the PBX's phone book."""

    contact_id: int
    first_name: str
    last_name: str
    name: str
    company: str
    email: str
    numbers: list[str]
    source: str


def contact_row(one: Contact) -> ContactRow:
    """Of a contact."""
    return ContactRow(
        contact_id=one.id,
        first_name=one.first_name,
        last_name=one.last_name,
        name=f"{one.first_name} {one.last_name}".strip(),
        company=one.company,
        email=one.email,
        numbers=list(one.numbers),
        source=one.source,
    )


async def country_for(xapi: Xapi, number: str, country: str) -> str:
    """What the author chose; the PBX's own for a number without one. Raises Forbidden."""
    if country.strip() or number.strip().startswith("+"):
        return country.strip().upper()
    return await pbx_country(xapi)


async def country_of_book(xapi: Xapi, number: str, country: str) -> str:
    """Where the phone book's numbers without a country belong: as chosen, else the PBX's own, else the number's.

    Raises BadParameter, Forbidden for a number that needs a country itself.
    """
    if country.strip() or not number.strip().startswith("+"):
        return await country_for(xapi, number, country)
    with suppress(ThreeCxError):  # a role that reads contacts need not read the licence
        own = await pbx_country(xapi)
        if is_country(own):
            return own
    return country_of(number)
