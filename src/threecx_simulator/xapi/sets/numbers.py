"""Everything else that has a number: queues, ring groups, menus, trunks, parkings, API clients, and rules about them."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import time
from functools import partial
from typing import Any

from threecx_simulator.pbx.state import Pbx
from threecx_simulator.pbx.world import ApiClient, Ivr, Queue, RingGroup, Trunk
from threecx_simulator.xapi.health import Health
from threecx_simulator.xapi.ids import DnIds
from threecx_simulator.xapi.sets import factory
from threecx_simulator.xapi.sets.people import DEFAULT_GROUP, display_name
from threecx_simulator.xapi.sets.routing import call_us, destination, exceptions, nowhere, peer_type
from threecx_simulator.xapi.texts import clock

Row = dict[str, Any]
Rules = Iterable[Mapping[str, Any]]
_ROUTES = 5
_FORWARDS = {"Extension": "Extension", "Queue": "Queue", "RingGroup": "RingGroup", "IVR": "IVR"}


def all_dns(pbx: Pbx) -> list[str]:
    """Every DN, users first."""
    world = pbx.world
    groups = (world.extensions, world.queues, world.ring_groups, world.ivrs, world.trunks)
    numbers = [str(entry.number) for group in groups for entry in group]
    own = [str(client.dn) for client in world.clients]
    return [*numbers, *own, *world.parkings, world.voicemail, world.conference]


def peers(pbx: Pbx, ids: DnIds) -> Iterator[Row]:
    """`/Peers`: every DN."""
    for dn in all_dns(pbx):
        yield {
            "Id": ids.of(dn),
            "Number": dn,
            "Name": _name(pbx, dn),
            "Type": peer_type(pbx.directory, dn),
            "Hidden": False,
            "Tags": [],
            "MemberOf": list,
        }


def _name(pbx: Pbx, dn: str) -> str:
    return pbx.directory.name(dn) or dn


def queues(pbx: Pbx, ids: DnIds) -> Iterator[Row]:
    """`/Queues`."""
    for one in pbx.world.queues:
        overflow = nowhere()
        if one.overflow is not None:
            mailbox = "VoiceMail" if one.overflow == pbx.world.voicemail else ""
            overflow = destination(pbx.directory, one.overflow, mailbox)
        yield {
            "Id": ids.of(one.number),
            "Number": one.number,
            "Name": one.name,
            "IsRegistered": True,
            "PollingStrategy": one.strategy,
            "RingTimeout": int(one.ring_timeout),
            "MasterTimeout": int(one.master_timeout),
            "SLATime": 30,
            "AnnounceQueuePosition": False,
            "AnnouncementInterval": 60,
            "WrapUpTime": 2,
            "MaxCallersInQueue": 0,
            "PriorityQueue": False,
            "EnableIntro": False,
            "IntroFile": "",
            "OnHoldFile": "onhold.wav",
            "GreetingFile": "",
            "PlayFullPrompt": False,
            "PromptSet": factory.PROMPT_SET,
            "TypeOfChatOwnershipType": "TakeManually",
            "Recording": "Disabled",
            "CallbackEnableTime": -1,
            "CallbackPrefix": "",
            "NotifyCodes": [],
            "ResetStatisticsScheduleEnabled": False,
            "ResetQueueStatisticsSchedule": {"Frequency": "Daily", "Day": "Monday", "Time": clock(time())},
            "AgentAvailabilityMode": False,
            "VMEmailOptions": "None",
            "VMEmailList": "",
            "ForwardNoAnswer": overflow,
            **call_us(),
            **exceptions(),
            "Agents": partial(_agents, pbx, one, ids),
            "Managers": partial(_managers, pbx, one, ids),
            "Groups": list,
        }


def _agents(pbx: Pbx, queue: Queue, ids: DnIds) -> list[Row]:
    """Who they are; whether they are logged in is told by `/Users` alone (T)."""
    people = {one.number: one for one in pbx.world.extensions}
    return [
        {
            "Id": ids.of(number),
            "Number": number,
            "Name": display_name(people[number].first_name, people[number].last_name),
            "SkillGroup": queue.skills.get(number, "1"),
            "Tags": [],
        }
        for number in queue.agents
        if number in people
    ]


def _managers(pbx: Pbx, queue: Queue, ids: DnIds) -> list[Row]:
    first = tuple(one.number for one in pbx.world.extensions[:1])
    people = {one.number: one for one in pbx.world.extensions}
    return [
        {
            "Id": ids.of(number),
            "Number": number,
            "Name": display_name(people[number].first_name, people[number].last_name),
            "Tags": [],
        }
        for number in (first if queue.managers is None else queue.managers)
        if number in people
    ]


def ring_groups(pbx: Pbx, ids: DnIds) -> Iterator[Row]:
    """`/RingGroups`."""
    for one in pbx.world.ring_groups:
        yield {
            "Id": ids.of(one.number),
            "Number": one.number,
            "Name": one.name,
            "IsRegistered": True,
            "RingStrategy": "RingAll",
            "RingTime": int(one.ring_timeout),
            "GreetingFile": "",
            "VMEmailOptions": "None",
            "VMEmailList": "",
            "ForwardNoAnswer": nowhere(),
            **call_us(),
            **exceptions(),
            "Members": partial(_members, pbx, one, ids),
            "Groups": list,
        }


def _members(pbx: Pbx, group: RingGroup, ids: DnIds) -> list[Row]:
    return [
        {"Id": ids.of(number), "Number": number, "Name": _name(pbx, number), "Tags": []}
        for number in group.members
    ]


def receptionists(pbx: Pbx, ids: DnIds) -> Iterator[Row]:
    """`/Receptionists`: 3CX's own menus."""
    for one in pbx.world.ivrs:
        yield {
            "Id": ids.of(one.number),
            "Number": one.number,
            "Name": one.name,
            "IsRegistered": True,
            "IVRType": "Default",
            "PromptFilename": "menu.wav",
            "Timeout": int(one.timeout),
            "TimeoutForwardDN": one.timeout_destination or "",
            "TimeoutForwardType": "Extension" if one.timeout_destination else "EndCall",
            "InvalidKeyForwardDN": "",
            "PromptSet": factory.PROMPT_SET,
            "TranscriptionMode": "Inherit",
            **exceptions(),
            "Forwards": partial(_forwards, pbx, one, ids),
            "Groups": list,
        }


def _forwards(pbx: Pbx, menu: Ivr, ids: DnIds) -> list[Row]:
    return [
        {
            "Id": ids.of(menu.number) * 100 + place,
            "Input": key,
            "ForwardDN": dn,
            "ForwardType": _FORWARDS.get(peer_type(pbx.directory, dn), "Extension"),
            "PeerType": peer_type(pbx.directory, dn),
        }
        for place, (key, dn) in enumerate(sorted(menu.keys.items()))
    ]


def trunks(pbx: Pbx, ids: DnIds, health: Health, rules: Rules) -> Iterator[Row]:
    """`/Trunks`, with those of the inbound rules that are theirs."""
    for one in pbx.world.trunks:
        yield {
            "Id": ids.of(one.number),
            "Number": one.number,
            "IsOnline": one.number not in health.trunks_down,
            "DidNumbers": list(one.dids),
            "ExternalNumber": one.external_number,
            "SimultaneousCalls": one.simultaneous_calls,
            "Direction": "Both",
            "Gateway": {"Name": one.name, "Host": "sip.example.net", "Port": 5060, "Type": "Provider"},
            "Groups": list,
            "RoutingRules": partial(_rules_of, ids.of(one.number), rules),
        }


def trunk_of(rule: Mapping[str, Any]) -> Any:
    """The Id of the trunk that an inbound rule belongs to."""
    trunk = rule.get("TrunkDN")
    return ((trunk() if callable(trunk) else trunk) or {}).get("Id")


def _rules_of(trunk: int, rules: Rules) -> list[Row]:
    return [dict(rule) for rule in rules if trunk_of(rule) == trunk]


def did_numbers(pbx: Pbx, ids: DnIds, rules: Rules) -> Iterator[Row]:
    """`/DidNumbers`: the numbers of all trunks, with their rules."""
    by_number = {row.get("Data"): row for row in rules if row.get("Condition") == "BasedOnDID"}
    for trunk in pbx.world.trunks:
        for did in trunk.dids:
            told: Row = {"Number": did, "TrunkId": ids.of(trunk.number)}
            yield told | ({"RoutingRule": partial(dict, by_number[did])} if did in by_number else {})


def inbound_rule(pbx: Pbx, trunk: Trunk, did: str, number: int, ids: DnIds) -> Row:
    """One of `/InboundRules`: where a number called from outside leads."""
    dn = trunk.dids[did]
    to = destination(pbx.directory, dn) if dn else nowhere()
    return {
        "Id": number,
        "RuleName": f"{_name(pbx, dn)} on {trunk.name}",
        "Condition": "BasedOnDID",
        "Data": did,
        "CallType": "AllCalls",
        "AlterDestinationDuringOutOfOfficeHours": False,
        "AlterDestinationDuringHolidays": False,
        "CustomData": "",
        "Hours": {"Type": "OfficeHours", "IgnoreHolidays": False, "Periods": []},
        "OfficeHoursDestination": to,
        "OutOfOfficeHoursDestination": to,
        "HolidaysDestination": to,
        "TrunkDN": partial(_trunk_peer, trunk, ids),
    }


def _trunk_peer(trunk: Trunk, ids: DnIds) -> Row:
    return {"Id": ids.of(trunk.number), "Number": trunk.number, "Name": trunk.name, "Type": "ExternalLine"}


def outbound_rules(pbx: Pbx, ids: DnIds) -> Iterator[Row]:
    """`/OutboundRules`: emergency numbers first, then everything else."""
    emergencies = pbx.world.emergency_numbers
    for place, prefix in enumerate((*emergencies, ""), start=1):
        yield {
            "Id": place,
            "Name": f"Emergency {prefix}" if prefix else "Everything else",
            "Prefix": prefix,
            "EmergencyRule": bool(prefix),
            "Priority": place,
            "NumberLengthRanges": "",
            "GroupIds": [],
            "GroupNames": [],
            "DNRanges": [],
            "Routes": _routes(pbx.world.trunks, ids),
        }


def _routes(trunks: tuple[Trunk, ...], ids: DnIds) -> list[Row]:
    """Five, of which those without a trunk have the number -1 (t)."""
    plain = {"Append": "", "CallerID": "", "Prepend": "", "StripDigits": 0}
    used = [plain | {"TrunkId": ids.of(one.number), "TrunkName": one.name} for one in trunks[:_ROUTES]]
    return [*used, *(plain | {"TrunkId": -1} for _ in range(_ROUTES - len(used)))]


def parkings(pbx: Pbx, ids: DnIds) -> Iterator[Row]:
    """`/Parkings`."""
    for number in pbx.world.parkings:
        yield {"Id": ids.of(number), "Number": number, "Groups": list}


def service_principals(pbx: Pbx, ids: DnIds) -> Iterator[Row]:
    """`/ServicePrincipals`: the API clients."""
    for one in pbx.world.clients:
        yield {
            "Id": ids.of(one.dn),
            "Number": one.client_id,
            "CallControlEnabled": one.call_control,
            "XAPIEnabled": one.xapi,
            "MyPhoneEnabled": False,
            "IsSystem": False,
            "Groups": partial(_client_groups, one, ids),
            "Peers": partial(_monitored, pbx, one, ids),
        }


def _client_groups(client: ApiClient, ids: DnIds) -> list[Row]:
    return [
        {
            "GroupId": DEFAULT_GROUP,
            "Number": client.client_id,
            "MemberName": client.name,
            "Name": "DEFAULT",
            "Type": "RoutePoint",
            "Id": ids.of(client.dn),
            "Rights": {"RoleName": client.role},
        }
    ]


def _monitored(pbx: Pbx, client: ApiClient, ids: DnIds) -> list[Row]:
    seen = pbx.monitored.get(client.client_id, set()) - {client.dn}
    return [
        {"Id": ids.of(dn), "Number": dn, "Name": _name(pbx, dn), "Type": peer_type(pbx.directory, dn)}
        for dn in sorted(seen)
    ]


def sip_devices(pbx: Pbx, ids: DnIds) -> Iterator[Row]:
    """`/SipDevices`: every telephone."""
    number = 0
    for person in pbx.world.extensions:
        for device in person.devices:
            number += 1
            dn = {
                "Id": ids.of(person.number),
                "Number": person.number,
                "Name": person.name,
                "Type": "Extension",
            }
            yield {
                "Id": number,
                "DN": partial(dict, dn),
                "ProvLink": "",
                "Registrar": _registrar(person.number, number, device.user_agent),
            }


def _registrar(dn: str, number: int, user_agent: str) -> Row:
    """What a telephone tells of itself when it registers."""
    vendor, _, model = user_agent.partition(" ")
    return {
        "UserAgent": user_agent,
        "Vendor": vendor,
        "Model": model,
        "FirmwareVersion": "20.0.1",
        "IpAddress": f"192.0.2.{number % 250 + 1}",
        "MAC": mac_address(dn),
        "Capabilities": 0,
    }


def mac_address(dn: str) -> str:
    """A telephone's address, made of its extension."""
    return f"{0x000413000000 + int(dn, 36) % 0xFFFFFF:012X}"
