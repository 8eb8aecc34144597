"""API clients as an administrator sets them up: tick boxes, role, monitored DNs and key count from the next request on."""

import secrets
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, get_args

from threecx_simulator.pbx.ids import ClientId, Dn
from threecx_simulator.pbx.world import ApiClient, Role
from threecx_simulator.xapi.administration import first_free, settle
from threecx_simulator.xapi.membership import groups_of
from threecx_simulator.xapi.records import Json, Refused
from threecx_simulator.xapi.sets.numbers import all_dns
from threecx_simulator.xapi.values import Row

if TYPE_CHECKING:
    from threecx_simulator.xapi.office import Office

_ROLES: tuple[Role, ...] = get_args(Role)
_FIRST = 8001
_UNKNOWN, _INVALID = "WARNINGS.XAPI.NOT_FOUND", "WARNINGS.XAPI.INVALID"


class ClientEffects:
    """Effects on the PBX's API clients. A new one has no rights and no key until it is given them."""

    def __init__(self, office: "Office") -> None:
        self._office = office

    def created(self, row: Json) -> tuple[Any, Json]:
        """A new client; the first free number when the body names none."""
        pbx = self._office.pbx
        number = str(row.get("Number") or first_free(pbx, _FIRST))
        if number in all_dns(pbx):
            raise Refused("Number", "WARNINGS.XAPI.ALREADY_IN_USE")
        client = ClientId(number)
        bare = ApiClient(
            client_id=client,
            name=number,
            secret=secrets.token_hex(16),
            call_control=False,
            xapi=False,
            role="users",
        )
        made, rest = self._changed(bare, row)
        settle(pbx, replace(pbx.world, clients=(*pbx.world.clients, made)))
        pbx.monitored[client] = {made.dn, *made.monitors}
        return self._office.ids.of(number), {
            name: value for name, value in rest.items() if name not in {"Id", "Number"}
        }

    def changed(self, row: Row, changes: Json) -> Json:
        """A number never changes (E)."""
        if changes.pop("Number", row["Number"]) != row["Number"]:
            raise Refused("Number", "WARNINGS.XAPI.FORBIDDEN_CHANGE")
        after, rest = self._changed(_client(self._office, row), changes)
        _keep(self._office, after)
        if "Peers" in changes:
            self._office.pbx.monitored[after.client_id] = {after.dn, *after.monitors}
        return rest

    def deleted(self, row: Row) -> None:
        """It cannot log in any more, and hears nothing."""
        pbx, gone = self._office.pbx, ClientId(str(row["Number"]))
        settle(
            pbx, replace(pbx.world, clients=tuple(one for one in pbx.world.clients if one.client_id != gone))
        )
        pbx.monitored[gone] = set()

    def _changed(self, client: ApiClient, changes: Json) -> tuple[ApiClient, Json]:
        rest = dict(changes)
        if "Groups" in rest:
            rest["Groups"] = self._completed(client, rest["Groups"] or ())
            client = replace(client, role=_highest(rest["Groups"]))
        if "Peers" in rest:
            client = replace(client, monitors=self._numbers(rest.pop("Peers") or ()))
        call_control = bool(rest.pop("CallControlEnabled", client.call_control))
        return replace(
            client, call_control=call_control, xapi=bool(rest.pop("XAPIEnabled", client.xapi))
        ), rest

    def _completed(self, client: ApiClient, groups: Iterable[Row]) -> list[Json]:
        """Memberships with everything that the PBX adds to `GroupId` and `Rights`."""
        row = self._office.sets["ServicePrincipals"].find("Number", client.client_id) or {}
        held = {one.get("GroupId"): one.get("Rights") for one in groups_of(row)}
        return [self._membership(client, one, held.get(one.get("GroupId"))) for one in groups]

    def _membership(self, client: ApiClient, given: Row, held: Json | None) -> Json:
        """`held`: the rights that it has in that department, which count when none are told."""
        group = self._office.sets["Groups"].find("Id", given.get("GroupId"))
        rights = given.get("Rights") or held or {"RoleName": "users"}
        if group is None:
            raise Refused("Groups", _UNKNOWN)
        if rights.get("RoleName") not in _ROLES:
            raise Refused("Groups", _INVALID)
        return {
            "GroupId": group["Id"],
            "Number": client.client_id,
            "MemberName": client.name,
            "Name": group.get("Name"),
            "Type": "RoutePoint",
            "Id": self._office.ids.of(client.dn),
            "Rights": rights,
        }

    def _numbers(self, peers: Iterable[Row]) -> tuple[Dn, ...]:
        """The DNs that rows with `Number` or `Id` name."""
        known = {row["Number"]: row["Id"] for row in self._office.sets["Peers"]}
        by_id = {number: dn for dn, number in known.items()}
        found = [str(one["Number"] if "Number" in one else by_id.get(one.get("Id"))) for one in peers]
        if not known.keys() >= set(found):
            raise Refused("Peers", _UNKNOWN)
        return tuple(Dn(number) for number in found)


def _highest(groups: Iterable[Row]) -> Role:
    """The role that counts: the highest of its memberships, `users` without any (G)."""
    held = {one["Rights"]["RoleName"] for one in groups}
    return next((role for role in _ROLES if role in held), "users")


def _client(office: "Office", row: Row) -> ApiClient:
    found = office.pbx.directory.client(str(row["Number"]))
    assert found is not None
    return found


def _keep(office: "Office", client: ApiClient) -> None:
    pbx = office.pbx
    clients = tuple(client if one.client_id == client.client_id else one for one in pbx.world.clients)
    settle(pbx, replace(pbx.world, clients=clients))


def new_key(office: "Office", row: Row) -> str:
    """A new key for that client, which alone logs it in from now on."""
    key = secrets.token_urlsafe(24)
    _keep(office, replace(_client(office, row), secret=key))
    return key
