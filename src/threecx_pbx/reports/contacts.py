"""The PBX's phone book and its blocked numbers; numbers are compared as telephones do, not as text."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass

import phonenumbers

from threecx_pbx.errors import BadParameter
from threecx_pbx.reports.words import matching
from threecx_pbx.xapi.client import Row, Xapi
from threecx_pbx.xapi.odata import text

_NUMBERS = ("PhoneNumber", "Mobile2", "Home", "Business", "Business2", "Other", "BusinessFax", "Pager")
_DIGITS = re.compile(r"\+?[\d\s()/.\-]+")
"""One number without letters, stars and extension."""


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
    parsed = _parsed(number, country)
    if not phonenumbers.is_possible_number(parsed):
        raise BadParameter(f"'{_shown(number)}' is too short or too long for a telephone number.")
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def whole_number(number: str, country: str) -> str:
    """As `normalised`, of a number that can be dialled from abroad and is written in digits. Raises BadParameter."""
    if not _DIGITS.fullmatch(number.strip()):
        raise BadParameter(
            f"'{_shown(number)}' holds signs that are no digits, so it is not one whole number.",
            hint="Write one number in digits, with its country, like +49301234567.",
        )
    parsed = _parsed(number, country)
    possible = phonenumbers.is_possible_number_with_reason(parsed)
    # where numbers differ in length, one without its area code is possible, but not one of the country's
    abroad = number.strip().startswith(("+", "00")) or phonenumbers.is_valid_number(parsed)
    if possible != phonenumbers.ValidationResult.IS_POSSIBLE or not abroad:
        raise BadParameter(
            f"'{_shown(number)}' is not a whole telephone number: it is too short, too long, or lacks its area code.",
            hint="Write the number with its country and area code, like +49301234567.",
        )
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def country_of(e164: str) -> str:
    """Two letters of the country that the number belongs to; empty where that is none. Raises BadParameter."""
    found = phonenumbers.region_code_for_country_code(_parsed(e164, "").country_code or 0)
    return found if is_country(found) else ""


def is_country(letters: str) -> bool:
    """Whether these two letters are a country with telephone numbers."""
    return letters in phonenumbers.SUPPORTED_REGIONS


def _parsed(number: str, country: str) -> phonenumbers.PhoneNumber:
    if country and not is_country(country):
        raise BadParameter(
            f"Country '{country[:10]}' is not known.",
            hint="Write the two letters of a country in Country, like DE or GB.",
        )
    try:
        return phonenumbers.parse(number, country or None)
    except phonenumbers.NumberParseException as error:
        raise BadParameter(
            f"'{_shown(number)}' is not a telephone number.",
            hint="Write it with its country, like +49301234567, or set Country.",
        ) from error


def _shown(number: str) -> str:
    return number.strip()[:40]


async def by_number(xapi: Xapi, e164: str, country: str) -> list[Contact]:
    """Contacts one of whose numbers is exactly this one, however it is written. Raises BadParameter, Forbidden, …

    `country` is meant by the numbers of the phone book that are written without one.
    """
    wanted = normalised(e164, country)
    rows = await xapi.rows("Contacts", "search the contacts", filter=_alike(wanted))
    found = (contact_of(row) for row in rows)
    return [one for one in found if any(_same(number, wanted, country) for number in one.numbers)]


def _alike(e164: str) -> str:
    """What numbers have in common with this one in every spelling, as an OData filter.

    The PBX compares text only. Separators stand anywhere, but not on both sides of a single digit, save that the last
    one may stand alone (`1234-0`): so the last two digits are together, or the two before the last. A filter of more
    than 100 nodes is refused by ASP.NET's OData unless told otherwise, hence no list of spellings.
    """
    last = e164[-2:], e164[-3:-1]
    pairs = (f"contains({field},{text(pair)})" for field in _NUMBERS for pair in dict.fromkeys(last))
    return " or ".join(pairs)


async def by_text(xapi: Xapi, search: str, limit: int | None) -> AsyncIterator[Contact]:
    """Contacts that hold every word of the text. Raises BadParameter, Forbidden, …"""
    async for row in matching(xapi, "Contacts", "search the contacts", {}, search, limit):
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
