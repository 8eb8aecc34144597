"""Where calls are sent, as the XAPI writes it, and what every number has in common (t: a dump of 20.0.8.1121)."""

from typing import Any

from threecx_simulator.pbx.directory import Directory
from threecx_simulator.pbx.ids import DnType

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
_REACHED = {"Extension", "Queue", "RingGroup", "IVR", "RoutePoint"}


def peer_type(directory: Directory, dn: str) -> str:
    """`Type` of a DN."""
    return _PEER_TYPES.get(directory.type_of(dn), "None")


def nowhere(to: str = "None") -> Row:
    """A `Pbx.Destination` that names no number."""
    return {"External": "", "To": to, "Number": "", "Tags": []}


def destination(directory: Directory, dn: str, to: str = "") -> Row:
    """A `Pbx.Destination`. `to`: what is done there, when that is not to ring it (`VoiceMail`)."""
    kind = peer_type(directory, dn)
    tags = ["Principal"] if kind == "RoutePoint" else []
    name = directory.name(dn) or dn
    told = to or (kind if kind in _REACHED else "None")
    return {"External": "", "To": told, "Number": dn, "Name": name, "Type": kind, "Tags": tags}


def route(to: str = "None") -> Row:
    """A `Pbx.Route` that leads nowhere else."""
    return {"Prompt": "", "IsPromptEnabled": False, "Route": nowhere(to)}


def exceptions() -> Row:
    """What a queue, ring group or menu does out of hours: the same as ever."""
    return {f"{when}Route": route("ProceedWithNoExceptions") for when in ("OutOfOffice", "Break", "Holidays")}


def call_us(transcription: str = "Inherit") -> Row:
    """Transcription and live chat of a number: nobody chats here."""
    return {
        "TranscriptionMode": transcription,
        "CallUsRequirement": "Both",
        "CallUsEnablePhone": False,
        "CallUsEnableChat": False,
        "CallUsEnableVideo": False,
        "ClickToCallId": "",
    }
