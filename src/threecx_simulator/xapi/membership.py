"""Who belongs to which department: kept with the users, shown from both sides."""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any, get_args

from threecx_simulator.pbx.world import Role
from threecx_simulator.xapi.records import Json, Records, Refused
from threecx_simulator.xapi.values import Row

Sets = Mapping[str, Records]
_UNKNOWN = "WARNINGS.XAPI.NOT_FOUND"


def groups_of(user: Row) -> list[Json]:
    """The memberships of a user or of an API client."""
    found = user.get("Groups")
    return list((found() if callable(found) else found) or ())


def role_of(user: Row) -> Role:
    """The highest role that a user has in any department."""
    held = {(one.get("Rights") or {}).get("RoleName") for one in groups_of(user)}
    return next((role for role in get_args(Role) if role in held), "users")


def members_of(sets: Sets, group: object) -> list[Json]:
    """The members of the group with that number, users only."""
    row = sets["Groups"].find("Number", group)
    number = row["Id"] if row else None
    return [one for user in sets["Users"] for one in groups_of(user) if one.get("GroupId") == number]


def complete(sets: Sets, user: Row, groups: Iterable[Row]) -> list[Json]:
    """The `Groups` of a user with everything that the PBX adds to `GroupId` and `Rights`; `Refused` for unknown groups.

    Who is sent back without rights keeps those that it has: programs write back what they read with `$expand=Groups`,
    which leaves them out (G).
    """
    completed: list[Json] = []
    held = {one.get("GroupId"): one.get("Rights") for one in groups_of(user)}
    for one in groups:
        group = sets["Groups"].find("Id", one.get("GroupId"))
        if group is None:
            raise Refused("Groups", _UNKNOWN)
        completed.append(
            {
                "GroupId": group["Id"],
                "Name": group.get("Name"),
                "Number": user.get("Number"),
                "MemberName": user.get("DisplayName"),
                "Type": "Extension",
                "CanDelete": True,
                "Id": user.get("Id"),
                "Rights": one.get("Rights") or held.get(group["Id"]) or {"RoleName": "users"},
            }
        )
    return completed


def user_guard(sets: Sets, user: Row | None, data: Json) -> None:
    """Looks at `Groups` of a user before they are kept. Who has left the primary one has the first of the others."""
    if user is None or data.get("Groups") is None:
        return
    data["Groups"] = complete(sets, user, data["Groups"])
    numbers = [one["GroupId"] for one in data["Groups"]]
    if numbers and data.get("PrimaryGroupId", user.get("PrimaryGroupId")) not in numbers:
        data["PrimaryGroupId"] = numbers[0]


def group_guard(sets: Sets, group: Row | None, data: Json) -> None:
    """A new group finds its members with the users; `Members` of an old one change those users."""
    if group is None:
        data["Members"] = partial(members_of, sets, data["Number"])
        return
    if "Members" in data:
        _change_members(sets, group, data.pop("Members") or ())


def _change_members(sets: Sets, group: Row, members: Iterable[Any]) -> None:
    """Members that are no users, such as parking places, are where they are."""
    wanted = {one.get("Number"): one for one in members}
    users = {user["Number"]: user for user in sets["Users"]}
    unknown = wanted.keys() - users.keys() - {row["Number"] for row in sets["Peers"]}
    if unknown:
        raise Refused("Members", "WARNINGS.XAPI.NON_EXISTENT_EXT_NUMBER")
    for number, user in users.items():
        before = groups_of(user)
        after = [one for one in before if one.get("GroupId") != group["Id"]]
        if number in wanted:
            after.append({"GroupId": group["Id"], "Rights": wanted[number].get("Rights")})
        if len(after) != len(before) or number in wanted:
            sets["Users"].change(user, {"Groups": after})
