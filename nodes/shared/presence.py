"""An extension and its presence, as operations take and give them."""

from enum import StrEnum

from threecx_pbx.reports.people import Person, person
from threecx_pbx.xapi.client import Xapi
from threecx_runner.sdk import Locator, Result


class Profile(StrEnum):
    """3CX's five forwarding profiles, by the names that its API takes."""

    AVAILABLE = "Available"
    AWAY = "Away"
    OUT_OF_OFFICE = "Out of office"
    CUSTOM_1 = "Custom 1"
    CUSTOM_2 = "Custom 2"


class Presence(Result):
    """One extension as it is now."""

    id: int
    number: str
    name: str
    email: str
    mobile: str
    registered: bool
    profile: str
    queue_status: str
    enabled: bool


def presence(one: Person) -> Presence:
    """Of a user."""
    return Presence(
        id=one.id,
        number=one.number,
        name=one.name,
        email=one.email,
        mobile=one.mobile,
        registered=one.registered,
        profile=one.profile,
        queue_status="loggedIn" if one.in_queues else "loggedOut",
        enabled=one.enabled,
    )


async def person_at(xapi: Xapi, where: Locator) -> Person:
    """Raises RecordUnknown, BadParameter, Forbidden."""
    if where.mode == "id" and where.value.strip():
        return await person(xapi, id_=where.value)
    return await person(xapi, number=where.value)
