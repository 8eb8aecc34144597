"""The PBX's phone book and its blocked numbers; numbers are compared as telephones do, not as text."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import phonenumbers

from threecx_pbx.errors import BadParameter
from threecx_pbx.xapi.client import Row, Xapi
from threecx_pbx.xapi.odata import one_of, text

_NUMBERS = ("PhoneNumber", "Mobile2", "Home", "Business", "Business2", "Other", "BusinessFax", "Pager")


@dataclass(frozen=True, slots=True)
class Contact:
    """One entry. `raw` is the whole row."""

    id: int
    first_name: str
    last_name: str
    company: str
    email: str
    numbers: tuple[str, ...]
    source: str
    raw: Row


def normalised(number: str, country: str) -> str:
    """`+49301234567` of what a person typed; `country` is meant by a number without one. Raises BadParameter."""
    try:
        parsed = phonenumbers.parse(number, country or None)
    except phonenumbers.NumberParseException as error:
        raise BadParameter(
            f"'{number.strip()[:40]}' is not a telephone number.",
            hint="Write it with its country, like +49301234567, or set Country.",
        ) from error
    if not phonenumbers.is_possible_number(parsed):
        raise BadParameter(f"'{number.strip()[:40]}' is too short or too long for a telephone number.")
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def spellings(e164: str) -> list[str]:
    """How a phone book may have written the number."""
    parsed = phonenumbers.parse(e164)
    national = phonenumbers.national_significant_number(parsed)
    bare = e164.removeprefix("+")
    local = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL)
    shown = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    plain = "".join(sign for sign in local if sign.isdigit())
    return list(dict.fromkeys([e164, f"00{bare}", bare, plain, local, shown, national]))


async def by_number(xapi: Xapi, e164: str, country: str) -> list[Contact]:
    """Contacts one of whose numbers is exactly this one. Raises Forbidden, …"""
    wanted = " or ".join(one_of(field, spellings(e164)) for field in _NUMBERS)
    rows = await xapi.rows("Contacts", "search the contacts", filter=wanted)
    found = (contact_of(row) for row in rows)
    return [one for one in found if any(_same(number, e164, country) for number in one.numbers)]


async def by_text(xapi: Xapi, search: str, limit: int | None) -> AsyncIterator[Contact]:
    """Contacts that hold the text. Raises Forbidden, …"""
    # a phrase in double quotes is one search term of OData; those of the user cannot end it
    phrase = '"' + search.replace("\\", " ").replace('"', " ").strip() + '"'
    async for page in xapi.pages("Contacts", "search the contacts", {"search": phrase}, limit=limit):
        for row in page:
            yield contact_of(row)


async def create(xapi: Xapi, fields: Row) -> Contact:
    """Raises BadParameter with the PBX's own words, Forbidden."""
    answer = await xapi.send("POST", "Contacts", "create a contact", fields)
    body = answer.json()
    return contact_of(body if isinstance(body, dict) else fields)


async def block(xapi: Xapi, e164: str, why: str) -> tuple[str, bool]:
    """The ID of the block, and whether it was there already. Raises Forbidden, …"""
    condition = f"CallerId eq {text(e164)}"
    known = await xapi.rows("BlackListNumbers", "read the blocked numbers", filter=condition)
    if known:
        return str(known[0].get("Id") or ""), True
    body = {"CallerId": e164, "Description": why}
    answer = await xapi.send("POST", "BlackListNumbers", "block a caller", body)
    made = answer.json()
    return (str(made.get("Id") or "") if isinstance(made, dict) else ""), False


def contact_of(row: Row) -> Contact:
    """A row of `Contacts`."""
    numbers = [str(row[field]) for field in _NUMBERS if row.get(field)]
    return Contact(
        id=int(row.get("Id") or 0),
        first_name=str(row.get("FirstName") or ""),
        last_name=str(row.get("LastName") or ""),
        company=str(row.get("CompanyName") or ""),
        email=str(row.get("Email") or ""),
        numbers=tuple(dict.fromkeys(numbers)),
        source=str(row.get("ContactType") or ""),
        raw={key: value for key, value in row.items() if not key.startswith("@")},
    )


def _same(number: str, e164: str, country: str) -> bool:
    try:
        return normalised(number, country) == e164
    except BadParameter:
        return False
