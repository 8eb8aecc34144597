"""What the entity sets hold, row by row, derived from the world and the running calls."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from threecx_simulator.pbx.ids import DnType, Status
from threecx_simulator.pbx.state import Call, Leg, Pbx
from threecx_simulator.pbx.world import Extension

Row = dict[str, Any]
_PEER_TYPES = {
    DnType.EXTENSION: "Extension",
    DnType.ROUTE_POINT: "RoutePoint",
    DnType.QUEUE: "Queue",
    DnType.RING_GROUP: "RingGroup",
    DnType.IVR: "IVR",
    DnType.EXTERNAL: "ExternalLine",
    DnType.SPECIAL_MENU: "SpecialMenu",
    DnType.PARKING: "Parking",
    DnType.CONFERENCE: "Conference",
}


def stamp(moment: datetime) -> str:
    """A time as the XAPI writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f").rstrip("0").rstrip(".") + "Z"


def users(pbx: Pbx) -> list[Row]:
    """`/Users`."""
    return [_user(pbx, one, number) for number, one in enumerate(pbx.world.extensions, start=29)]


def _user(pbx: Pbx, one: Extension, number: int) -> Row:
    return {
        "Id": number,
        "Number": one.number,
        "FirstName": one.first_name,
        "LastName": one.last_name,
        "DisplayName": ", ".join(name for name in (one.last_name, one.first_name) if name),
        "EmailAddress": f"{one.first_name}.{one.last_name}@{pbx.world.fqdn}".lower(),
        "IsRegistered": bool(one.devices) and pbx.behaviour(one.number).registered,
        "CurrentProfileName": pbx.presence.get(one.number, "Available"),
        "QueueStatus": pbx.queue_status.get(one.number, "LoggedIn"),
        "Enabled": True,
    }


def _dns(pbx: Pbx) -> list[str]:
    world = pbx.world
    groups = (world.extensions, world.queues, world.ring_groups, world.ivrs, world.trunks)
    numbers = [entry.number for group in groups for entry in group]
    return [
        *numbers,
        *(client.dn for client in world.clients),
        *world.parkings,
        world.voicemail,
        world.conference,
    ]


def dn_ids(pbx: Pbx) -> dict[str, int]:
    """The `Id` of each DN; users keep theirs."""
    return {dn: number for number, dn in enumerate(_dns(pbx), start=29)}


def peers(pbx: Pbx) -> list[Row]:
    """`/Peers`: every DN."""
    ids = dn_ids(pbx)
    return [
        {
            "Id": ids[dn],
            "Number": dn,
            "Name": pbx.directory.name(dn) or dn,
            "Type": _PEER_TYPES[pbx.directory.type_of(dn)],
        }
        for dn in _dns(pbx)
    ]


def emergency_rules(pbx: Pbx) -> list[Row]:
    """`/OutboundRules/Pbx.GetEmergencyOutboundRules()`."""
    return [
        {
            "Id": number,
            "Name": f"Emergency {prefix}",
            "Prefix": prefix,
            "EmergencyRule": True,
            "Priority": number,
        }
        for number, prefix in enumerate(pbx.world.emergency_numbers, start=1)
    ]


def active_calls(pbx: Pbx) -> list[Row]:
    """`/ActiveCalls`, the whole PBX."""
    return [_active(pbx, call) for call in pbx.calls.values()]


def _active(pbx: Pbx, call: Call) -> Row:
    caller = pbx.legs.get(call.caller) if call.caller is not None else None
    others = [leg for leg in call.legs.values() if leg is not caller and not leg.spent]
    talking = next((leg for leg in others if leg.status == Status.CONNECTED), None)
    callee = talking or next(iter(others), None)
    return {
        "Id": call.active_id,
        "Caller": "MakeCall" if call.by_helper else _display(caller) if caller else call.origin,
        "Callee": _display(callee) if callee else call.target,
        "Status": _status(call, talking, callee),
        "EstablishedAt": stamp(call.established or call.began),
        "LastChangeStatus": stamp(call.changed or call.began),
        "ServerNow": stamp(pbx.now),
    }


def _status(call: Call, talking: Leg | None, callee: Leg | None) -> str:
    if any(attempt.kind == "transfer" for attempt in call.attempts.values()):
        return "Transferring"
    if talking is not None:
        return "Talking" if talking.who.type in {DnType.EXTENSION, DnType.EXTERNAL} else "Connected"
    return "Ringing" if callee is not None else "Routing"


def _display(leg: Leg) -> str:
    """Number and name, as in "1002 Doe, Jane" (T); an outside party is shown with its trunk's name missing."""
    return f"{leg.who.number} {leg.who.name}".strip()


def queues(pbx: Pbx) -> list[Row]:
    """`/Queues`."""
    ids = dn_ids(pbx)
    return [
        {
            "Id": ids[one.number],
            "Number": one.number,
            "Name": one.name,
            "IsRegistered": True,
            "PollingStrategy": one.strategy,
            "RingTimeout": int(one.ring_timeout),
            "MasterTimeout": int(one.master_timeout),
            "MaxCallersInQueue": None,
            "WrapUpTime": 2,
            "Recording": "Disabled",
        }
        for one in pbx.world.queues
    ]


def parkings(pbx: Pbx) -> list[Row]:
    """`/Parkings`."""
    ids = dn_ids(pbx)
    return [{"Id": ids[number], "Number": number} for number in pbx.world.parkings]


def trunks(pbx: Pbx) -> list[Row]:
    """`/Trunks`."""
    ids = dn_ids(pbx)
    return [
        {
            "Id": ids[one.number],
            "Number": one.number,
            "IsOnline": True,
            "DidNumbers": list(one.dids),
            "ExternalNumber": one.external_number,
            "SimultaneousCalls": one.simultaneous_calls,
            "Direction": "Both",
        }
        for one in pbx.world.trunks
    ]


def system_status(pbx: Pbx) -> Row:
    """`/SystemStatus`, the fields that were seen on a real PBX."""
    world = pbx.world
    registered = sum(1 for one in world.extensions if one.devices and pbx.behaviour(one.number).registered)
    return {
        "FQDN": world.fqdn,
        "Version": pbx.profile.version,
        "Activated": True,
        "MaxSimCalls": world.max_sim_calls,
        "ExtensionsRegistered": registered,
        "ExtensionsTotal": len(world.extensions),
        "TrunksRegistered": len(world.trunks),
        "TrunksTotal": len(world.trunks),
        "CallsActive": len(pbx.calls),
        "DiskUsage": 21,
        "FreeDiskSpace": 23911714816,
        "Support": True,
        "LicenseActive": pbx.licensed,
        "ProductCode": "3CXPSENT",
        "ExpirationDate": "2035-01-01T00:00:00Z",
        "HasNotRunningServices": False,
        "HasUnregisteredSystemExtensions": False,
        "OS": "Linux",
    }


SETS: dict[str, Callable[[Pbx], Sequence[Row]]] = {
    "Users": users,
    "Peers": peers,
    "ActiveCalls": active_calls,
    "Queues": queues,
    "Parkings": parkings,
    "Trunks": trunks,
}
