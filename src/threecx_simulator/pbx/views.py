"""Calls as the Call Control API shows them: plain JSON values, field by field as in 3CX's endpoint page."""

from typing import Any

from threecx_simulator.pbx.effects import Result
from threecx_simulator.pbx.ids import ClientId, DnType, Status
from threecx_simulator.pbx.state import DnRef, Leg, Pbx
from threecx_simulator.pbx.world import Device
from threecx_simulator.profile import Profile

Json = dict[str, Any]
_NUMBERS = {True: 1, False: -1}  # the official types: Success 1, Rejected 0, Failed -1


def participant(leg: Leg, profile: Profile) -> Json:
    """One leg."""
    behalf = leg.on_behalf_of if profile.on_behalf_of else DnRef()
    view: Json = {
        "id": leg.id,
        "status": str(leg.status),
        "dn": leg.who.dn,
        "party_caller_name": leg.party.name,
        "party_dn": leg.party.dn,
        "party_caller_id": leg.party.number,
        "party_did": leg.party.did if profile.party_did else "",
        "device_id": leg.device_id,
        "party_dn_type": str(leg.party.type),
        "direct_control": leg.direct_control,
        "originated_by_dn": leg.originated_by.dn,
        "originated_by_type": str(leg.originated_by.type),
        "referred_by_dn": leg.referred_by.dn,
        "referred_by_type": str(leg.referred_by.type),
        "on_behalf_of_dn": behalf.dn,
        "on_behalf_of_type": str(behalf.type),
        "callid": 0,
        "legid": leg.legid,
    }
    if profile.participant_uid:
        view["participant_uid"] = leg.uid
    return view


def shown(pbx: Pbx, leg: Leg) -> Json:
    """One leg with its call's number."""
    return participant(leg, pbx.profile) | {"callid": pbx.call_of(leg).callid}


def result(pbx: Pbx, outcome: Result) -> Json:
    """The body of a verb's answer; a leg that has gone meanwhile is null."""
    leg = pbx.legs.get(outcome.leg) if outcome.leg is not None else None
    named: str | int = "Success" if outcome.ok else "Failed"
    return {
        "finalstatus": _NUMBERS[outcome.ok] if pbx.profile.final_status == "number" else named,
        "reason": str(outcome.reason),
        "result": shown(pbx, leg) if leg else None,
        "reasontext": outcome.text,
    }


def device(dn: str, one: Device) -> Json:
    """One device of a DN."""
    return {"dn": dn, "device_id": one.device_id, "user_agent": one.user_agent}


def devices(pbx: Pbx, dn: str) -> list[Json]:
    """The devices of a DN."""
    return [device(dn, one) for one in pbx.devices(dn)]


def legs_on(pbx: Pbx, client: ClientId, dn: str) -> list[Leg]:
    """The legs that this client finds in the list of `dn`: those of the DN, and on its own route point also the
    far legs of its outgoing calls when the profile shows them (T)."""
    own = [leg for leg in pbx.legs.values() if leg.who.dn == dn]
    if dn != client or not pbx.profile.far_leg_visible:
        return own
    seen = pbx.monitored[client]
    mine = [call for leg in own if (call := pbx.call_of(leg)).caller == leg.id]
    far = [leg for call in mine for leg in call.legs.values() if leg.dn not in seen]
    return own + [leg for leg in far if leg.status != Status.DIALING or leg.who.type != DnType.EXTERNAL]


def dn_view(pbx: Pbx, client: ClientId, dn: str) -> Json:
    """One DN with devices and legs."""
    return {
        "dn": dn,
        "type": str(pbx.directory.type_of(dn)),
        "devices": devices(pbx, dn),
        "participants": [shown(pbx, leg) for leg in legs_on(pbx, client, dn)],
    }
