"""Puts a contact into the PBX's phone book."""

from typing import Annotated

from threecx_pbx.errors import BadParameter
from threecx_pbx.reports.contacts import create, normalised
from threecx_runner.sdk import Context, Effect, Field, Params, Wire, operation

from ..shared.contact import ContactRow, contact_row, country_for


class More(Wire):
    """Further fields."""

    business: str = ""
    home: str = ""
    mobile_2: str = ""
    department: str = ""
    title: str = ""
    tag: str = ""


class CreateContactParams(Params):
    """Parameters of Create Contact."""

    first_name: str = ""
    last_name: str = ""
    company: str = ""
    phone_number: str = ""
    email: str = ""
    country: Annotated[str, Field(pattern=r"^([A-Za-z]{2})?$")] = ""
    additional_fields: More = More()


@operation(result=ContactRow, effect=Effect.WRITE)
async def create_contact(on: Context, ask: CreateContactParams) -> ContactRow:
    """Numbers are written with their country, so that caller ID finds them."""
    more = ask.additional_fields
    fields = {
        "FirstName": ask.first_name,
        "LastName": ask.last_name,
        "CompanyName": ask.company,
        "Email": ask.email,
        "Department": more.department,
        "Title": more.title,
        "Tag": more.tag,
    }
    numbers = {
        "PhoneNumber": ask.phone_number,
        "Business": more.business,
        "Home": more.home,
        "Mobile2": more.mobile_2,
    }
    for field, number in numbers.items():
        if number.strip():
            fields[field] = normalised(number, await country_for(on.reports, number, ask.country))
    told = {field: value.strip() for field, value in fields.items() if value.strip()}
    if not {"FirstName", "LastName", "CompanyName"} & set(told):
        raise BadParameter("The contact has no name.", hint="Fill in First Name, Last Name or Company.")
    return contact_row(await create(on.reports, told))
