"""The PBX's directory numbers, as its XAPI tells them (api.md 7.7)."""

from dataclasses import dataclass

from threecx_pbx.calls.model import PartyKind
from threecx_pbx.xapi.client import Xapi

_KINDS = {
    "Extension": PartyKind.EXTENSION,
    "Queue": PartyKind.QUEUE,
    "RingGroup": PartyKind.RING_GROUP,
    "IVR": PartyKind.IVR,
    "SpecialMenu": PartyKind.VOICEMAIL,
    "Parking": PartyKind.PARKING,
    "Conference": PartyKind.CONFERENCE,
    "ExternalLine": PartyKind.EXTERNAL,
    "RoutePoint": PartyKind.ROUTE_POINT,
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One DN; `kind` is the XAPI's word (Extension, Queue, RingGroup, IVR, RoutePoint, ExternalLine …)."""

    number: str
    name: str
    kind: str

    @property
    def party_kind(self) -> PartyKind:
        """The same in the words of calls."""
        return _KINDS.get(self.kind, PartyKind.UNKNOWN)


async def directory(xapi: Xapi) -> tuple[Entry, ...]:
    """All DNs of the PBX. Raises Forbidden, LicenceMissing when the API client may not read them."""
    rows = await xapi.rows("Peers", "read the list of extensions", select="Number,Name,Type")
    return tuple(
        Entry(str(row["Number"]), str(row.get("Name") or ""), str(row.get("Type") or "None"))
        for row in rows
        if row.get("Number")
    )


async def emergency_numbers(xapi: Xapi) -> frozenset[str]:
    """What the PBX's emergency outbound rules match. Raises Forbidden, LicenceMissing."""
    rows = await xapi.rows("OutboundRules/Pbx.GetEmergencyOutboundRules()", "read the emergency rules")
    prefixes = (str(row.get("Prefix") or "") for row in rows)
    return frozenset(number.strip() for prefix in prefixes for number in prefix.split(",") if number.strip())
