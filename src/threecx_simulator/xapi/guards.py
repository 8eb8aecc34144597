"""3CX's own checks on sets whose rows are no numbers of the call engine."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from threecx_simulator.xapi.administration import first_free
from threecx_simulator.xapi.membership import group_guard, user_guard
from threecx_simulator.xapi.records import Json, Refused
from threecx_simulator.xapi.sets.numbers import all_dns
from threecx_simulator.xapi.values import Row

if TYPE_CHECKING:
    from threecx_simulator.xapi.office import Office

Guard = Callable[[Row | None, Json], None]


def _numbered(set_name: str, free: Callable[["Office"], str]) -> Callable[["Office"], Guard]:
    """Rows with a number of their own: given when missing, unique, and never changed (E)."""

    def of(office: "Office") -> Guard:
        def guard(row: Row | None, data: Json) -> None:
            if row is not None:
                if data.get("Number", row.get("Number")) != row.get("Number"):
                    raise Refused("Number", "WARNINGS.XAPI.FORBIDDEN_CHANGE")
                return
            number = str(data.setdefault("Number", free(office)))
            if number in all_dns(office.pbx) or office.sets[set_name].find("Number", number):
                raise Refused("Number", "WARNINGS.XAPI.ALREADY_IN_USE")

        return guard

    return of


def _group_number(office: "Office") -> str:
    taken = {row.get("Number") for row in office.sets["Groups"]}
    return next(f"GRP{number:04}" for number in range(10_000) if f"GRP{number:04}" not in taken)


def _groups(office: "Office") -> Guard:
    numbered = _numbered("Groups", _group_number)(office)

    def guard(row: Row | None, data: Json) -> None:
        name = data.get("Name")
        if row is None and not name:
            raise Refused("Name", "WARNINGS.XAPI.REQUIRED")
        if row is None and office.sets["Groups"].find("Name", name):
            raise Refused("Name", "WARNINGS.XAPI.DUPLICATE")
        numbered(row, data)
        if row is None:
            data |= {"IsDefault": False, "HasMembers": False}
        group_guard(office.sets, row, data)

    return guard


def default_group_stays(row: Row) -> None:
    """The department that the PBX came with is not deleted."""
    if row.get("IsDefault"):
        raise Refused("Group", "WARNINGS.GROUP_CANNOT_BE_DELETED")


def _contacts(_office: "Office") -> Guard:
    def guard(row: Row | None, data: Json) -> None:
        whole = {**(row or {}), **data}
        if not any(whole.get(name) for name in ("FirstName", "LastName", "CompanyName")):
            raise Refused("FirstName", "WARNINGS.CONTACTS_SPECIFY_NAME_SURNAME_COMPANY")
        numbers = ("PhoneNumber", "Mobile2", "Home", "Business", "Business2", "Other")
        if not any(whole.get(name) for name in numbers):
            raise Refused("PhoneNumber", "WARNINGS.CONTACTS_SPECIFY_PHONE_NUMBER")

    return guard


def _blacklist(office: "Office") -> Guard:
    def guard(row: Row | None, data: Json) -> None:
        number = data.get("CallerId", row.get("CallerId") if row else None)
        if not number:
            raise Refused("CallerId", "WARNINGS.XAPI.REQUIRED")
        if row is None and office.sets["BlackListNumbers"].find("CallerId", number):
            raise Refused("CallerId", "WARNINGS.XAPI.DUPLICATE")

    return guard


def _outbound(office: "Office") -> Guard:
    """Routes name trunks that are there (third-party code: others are refused so); those below 1 are not used."""

    def guard(_row: Row | None, data: Json) -> None:
        known = {row["Id"] for row in office.sets["Trunks"]}
        wanted = {one.get("TrunkId") or 0 for one in data.get("Routes") or ()}
        if any(number > 0 for number in wanted - known):
            raise Refused("TrunkId", "WARNINGS.XAPI.NOT_FOUND")

    return guard


def _users(office: "Office") -> Guard:
    return lambda row, data: user_guard(office.sets, row, data)


GUARDS: dict[str, Callable[["Office"], Guard]] = {
    "Fax": _numbered("Fax", lambda office: first_free(office.pbx, 888)),
    "Groups": _groups,
    "OutboundRules": _outbound,
    "Users": _users,
    "Contacts": _contacts,
    "BlackListNumbers": _blacklist,
}
