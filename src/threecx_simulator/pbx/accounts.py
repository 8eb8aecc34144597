"""API clients in words: `8002=system_admins,no-call-control` on a command line."""

import re
from dataclasses import dataclass, replace
from typing import get_args

from threecx_simulator.pbx.directory import Directory
from threecx_simulator.pbx.ids import ClientId, DnType
from threecx_simulator.pbx.world import ApiClient, Role, World

_ROLES: tuple[Role, ...] = get_args(Role)
_UNTICKED = ("no-call-control", "no-xapi")


@dataclass(frozen=True, slots=True)
class Account:
    """The rights that an API client is to have."""

    client_id: ClientId
    role: Role
    call_control: bool = True
    xapi: bool = True


_CLIENT = re.compile(r"[0-9A-Za-z]+")  # plain letters and digits (T); one careful reader had numbers alone


def account(text: str) -> Account:
    """From `id=role`, with the boxes that are not ticked behind it. ValueError says what is wrong."""
    client, _, rights = text.partition("=")
    name, *unticked = rights.split(",")
    role = next((one for one in _ROLES if one == name), None)
    if not _CLIENT.fullmatch(client) or role is None:
        raise ValueError(f"'{text}' is not like 8002=system_admins; roles are {', '.join(_ROLES)}")
    unknown = [one for one in unticked if one not in _UNTICKED]
    if unknown:
        raise ValueError(f"'{unknown[0]}' is none of {', '.join(_UNTICKED)}")
    return Account(ClientId(client), role, "no-call-control" not in unticked, "no-xapi" not in unticked)


def with_account(world: World, given: Account, secret: str) -> World:
    """The world in which that API client has these rights; a new one has `secret` and monitors what the first one does.
    ValueError when its id is somebody else's number."""
    if Directory.of(world).type_of(given.client_id) not in {DnType.ROUTE_POINT, DnType.NONE}:
        raise ValueError(f"{given.client_id} is no API client but another number of the company")
    known = {one.client_id: one for one in world.clients}
    new = ApiClient(
        client_id=given.client_id,
        name=f"Application {given.client_id}",
        secret=secret,
        monitors=world.clients[0].monitors if world.clients else (),
    )
    client = known.get(given.client_id, new)
    known[given.client_id] = replace(
        client, role=given.role, call_control=given.call_control, xapi=given.xapi
    )
    return replace(world, clients=tuple(known.values()))
