"""Users of the PBX: their registration, presence and queue log-in (api.md 7.2)."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from threecx_pbx.errors import BadParameter, RecordUnknown
from threecx_pbx.reports.words import matching
from threecx_pbx.xapi.client import Row, Xapi
from threecx_pbx.xapi.odata import all_of, literal, text

_FIELDS = "Id,Number,FirstName,LastName,DisplayName,EmailAddress,Mobile,IsRegistered,CurrentProfileName,QueueStatus,Enabled"


@dataclass(frozen=True, slots=True)
class Person:
    """One user. `raw` is the whole row."""

    id: int
    number: str
    name: str
    email: str
    mobile: str
    registered: bool
    profile: str
    in_queues: bool
    enabled: bool
    raw: Row


async def people(
    xapi: Xapi, *, search: str = "", condition: str = "", limit: int | None = None, whole: bool = False
) -> AsyncIterator[Person]:
    """Users that hold every word of `search`, by number. `condition` is an OData filter. Raises BadParameter, Forbidden, …"""
    options = {"filter": condition, "orderby": "Number"}
    chosen = options if whole else options | {"select": _FIELDS}
    async for row in matching(xapi, "Users", "read the extensions", chosen, search, limit):
        yield _person(row)


async def person(xapi: Xapi, *, number: str = "", id_: str = "") -> Person:
    """One user by number, or by ID. Raises RecordUnknown, BadParameter when both are empty or the ID is no number."""
    if id_:
        return _person(await xapi.one(f"Users({record_id(id_)})", f"read the extension with ID {id_}"))
    if not number.strip():
        raise BadParameter("The extension is empty.", hint="Choose an extension from the list.")
    found = [one async for one in people(xapi, condition=f"Number eq {text(number.strip())}", whole=True)]
    if not found:
        raise RecordUnknown(f"The PBX has no extension {number.strip()[:40]}.")
    return found[0]


async def set_presence(
    xapi: Xapi, who: Person, *, profile: str | None = None, in_queues: bool | None = None
) -> Person:
    """Changes what is given; the log-in is one for all queues of a user (api.md 7.3). Raises Forbidden, BadParameter."""
    body: Row = {"Id": who.id}
    if profile is not None:
        body["CurrentProfileName"] = profile
    if in_queues is not None:
        body["QueueStatus"] = "LoggedIn" if in_queues else "LoggedOut"
    await xapi.send("PATCH", f"Users({who.id})", f"change extension {who.number}", body)
    return await person(xapi, id_=str(who.id))


def filters(*, registered: bool | None = None, in_queues: bool | None = None) -> str:
    """An OData filter of users."""
    seen = "" if registered is None else f"IsRegistered eq {literal(registered)}"
    status = {None: "", True: "QueueStatus eq 'LoggedIn'", False: "QueueStatus eq 'LoggedOut'"}[in_queues]
    return all_of(seen, status)


def record_id(text_: str) -> int:
    """The number of a record. Raises BadParameter."""
    try:
        return int(text_.strip())
    except ValueError as error:
        raise BadParameter(f"'{text_.strip()[:40]}' is not an ID.", hint="IDs are whole numbers.") from error


def _person(row: Row) -> Person:
    names = (row.get("FirstName"), row.get("LastName"))
    return Person(
        id=int(row.get("Id") or 0),
        number=str(row.get("Number") or ""),
        name=" ".join(str(name) for name in names if name) or str(row.get("DisplayName") or ""),
        email=str(row.get("EmailAddress") or ""),
        mobile=str(row.get("Mobile") or ""),
        registered=bool(row.get("IsRegistered")),
        profile=str(row.get("CurrentProfileName") or ""),
        in_queues=row.get("QueueStatus") == "LoggedIn",
        enabled=bool(row.get("Enabled", True)),
        raw={key: value for key, value in row.items() if not key.startswith("@")},
    )
