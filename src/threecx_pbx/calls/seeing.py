"""Wire shapes → what was seen. The quirks of 3CX's fields end here."""

import re

from threecx_pbx.callcontrol.wire import DnInfo, Participant
from threecx_pbx.calls.model import Dn, LegState, ParticipantId, Party, PartyKind
from threecx_pbx.calls.sightings import SeenLeg

_KINDS = {
    "wextension": PartyKind.EXTENSION,
    "wexternalline": PartyKind.EXTERNAL,
    "wroutepoint": PartyKind.ROUTE_POINT,
    "wqueue": PartyKind.QUEUE,
    "wringgroup": PartyKind.RING_GROUP,
    "wivr": PartyKind.IVR,
    "wspecialmenu": PartyKind.VOICEMAIL,
    "wparking": PartyKind.PARKING,
    "wconference": PartyKind.CONFERENCE,
}
_STATES = {state.value.lower(): state for state in LegState} | {
    # the core's words for a leg that is put on hold, perhaps never shown (api.md 2.2): it talks still
    "hold": LegState.CONNECTED,
    "held": LegState.CONNECTED,
}
_E164 = re.compile(r"\+\d{5,15}")
_DIGITS = re.compile(r"\+?\d{3,15}")


def kind_of(dn_type: str) -> PartyKind:
    """3CX's `W…` names; an unknown one is UNKNOWN (api.md 2.2)."""
    return _KINDS.get(dn_type.lower(), PartyKind.UNKNOWN)


def is_connected(shape: Participant) -> bool:
    """Whether the participant talks."""
    return _STATES.get(shape.status.lower()) is LegState.CONNECTED


def seen_leg(shape: Participant, dn_kind: PartyKind, ours: bool) -> SeenLeg:
    """One participant as a value."""
    return SeenLeg(
        participant=ParticipantId(shape.id),
        uid=shape.participant_uid,
        dn=Dn(shape.dn),
        dn_kind=dn_kind,
        party=_party(shape),
        state=_STATES.get(shape.status.lower(), LegState.OTHER),
        ours=ours,
        pbx_call=shape.callid,
        direct_control=shape.direct_control,
        originated_by=Dn(shape.originated_by_dn),
        referred_by=Dn(shape.referred_by_dn),
        on_behalf_of=Dn(shape.on_behalf_of_dn),
        legid=shape.legid,
    )


def seen_legs(info: DnInfo, own: Dn) -> list[SeenLeg]:
    """All legs of a DN; a participant without an id cannot be acted on and is left out."""
    kind = kind_of(info.type)
    legs = [shape if shape.dn else shape.model_copy(update={"dn": info.dn}) for shape in info.participants]
    return [seen_leg(shape, kind, info.dn == own) for shape in legs if shape.id]


def _party(shape: Participant) -> Party:
    """The number may stand in the name field (samples: ringing-via-routepoint.real); the DID is often empty."""
    in_name = _E164.search(shape.party_caller_name)
    number = shape.party_caller_id
    if not number or number.lower() in ("anonymous", "unknown"):
        digits = _DIGITS.search(shape.party_caller_name)
        number = digits.group() if digits else number
    name = "" if in_name and in_name.group() == shape.party_caller_name.strip() else shape.party_caller_name
    return Party(
        number=number or _internal(shape),
        name=name,
        dn=Dn(shape.party_dn),
        kind=kind_of(shape.party_dn_type),
        did=shape.party_did,
        e164=number if number.startswith("+") else in_name.group() if in_name else "",
    )


def _internal(shape: Participant) -> str:
    """An outside party's DN is its trunk's, which is nobody's number."""
    return "" if kind_of(shape.party_dn_type) is PartyKind.EXTERNAL else shape.party_dn
