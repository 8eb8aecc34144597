"""Numbers called from outside as their destination sees them: `GetRoutes` and `SetRoutes` beside the inbound rules."""

from typing import Any

from threecx_simulator.xapi.chores import Action, Given
from threecx_simulator.xapi.office import Office
from threecx_simulator.xapi.records import Missing
from threecx_simulator.xapi.sets.numbers import trunk_of
from threecx_simulator.xapi.values import Row

_TO = ("OfficeHoursDestination", "OutOfOfficeHoursDestination", "HolidaysDestination")


def _peer(office: Office, number: Any) -> Row:
    found = office.sets["Peers"].find("Id", number)
    if found is None:
        raise Missing("DN not found")
    return found


def _rules_of(office: Office, peer: Row) -> list[Row]:
    """The rules that lead a number to that DN."""
    rules = (row for row in office.sets["InboundRules"] if row.get("Condition") == "BasedOnDID")
    return [row for row in rules if (row.get(_TO[0]) or {}).get("Number") == peer["Number"]]


def _get_routes(office: Office, _row: Row | None, given: Given) -> list[Row]:
    peers = [office.sets["Peers"].find("Id", number) for number in given.get("ids") or ()]
    return [
        {
            "Id": peer["Id"],
            "Routes": [
                {"DID": rule["Data"], "TrunkId": trunk_of(rule), "DisplayName": rule.get("RuleName")}
                for rule in _rules_of(office, peer)
            ],
        }
        for peer in peers
        if peer is not None
    ]


def _set_routes(office: Office, _row: Row | None, given: Given) -> None:
    """The numbers of a DN are those, and no others."""
    wanted = given.get("routes") or {}
    peer, rules = _peer(office, wanted.get("Id")), office.sets["InboundRules"]
    routes = {(one.get("TrunkId"), one.get("DID")): one for one in wanted.get("Routes") or ()}
    for rule in _rules_of(office, peer):
        if (trunk_of(rule), rule["Data"]) not in routes:
            rules.delete(rule)
    for place, one in routes.items():
        to = {"To": peer["Type"], "Number": peer["Number"], "External": ""}
        known = next((row for row in rules if (trunk_of(row), row.get("Data")) == place), None)
        if known is not None:
            rules.change(known, dict.fromkeys(_TO, to))
        else:
            rules.create(_rule(one, to))


def _rule(route: Row, to: Row) -> dict[str, Any]:
    return {
        "RuleName": route.get("DisplayName") or "",
        "Condition": "BasedOnDID",
        "Data": route.get("DID"),
        "TrunkDN": {"Id": route.get("TrunkId")},
        **dict.fromkeys(_TO, to),
    }


DID_ROUTES: dict[str, Action] = {"Defs/Pbx.GetRoutes": _get_routes, "Trunks/Pbx.SetRoutes": _set_routes}
