"""Shapes of the Call Control API (api.md 2.2, 3). Every field optional, null counts as empty, unknown ones are kept out."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict

_Text = Annotated[str, BeforeValidator(lambda value: "" if value is None else str(value))]
_Number = Annotated[int, BeforeValidator(lambda value: 0 if value in (None, "") else value)]


class _Shape(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Participant(_Shape):
    """One leg."""

    id: _Number = 0
    status: _Text = ""
    dn: _Text = ""
    party_caller_name: _Text = ""
    party_dn: _Text = ""
    party_caller_id: _Text = ""
    party_did: _Text = ""
    party_dn_type: _Text = ""
    device_id: _Text = ""
    direct_control: Annotated[bool, BeforeValidator(bool)] = False
    originated_by_dn: _Text = ""
    referred_by_dn: _Text = ""
    on_behalf_of_dn: _Text = ""
    callid: _Number = 0
    legid: _Number = 0
    participant_uid: _Text = ""


class Device(_Shape):
    """A phone or softphone of a DN."""

    dn: _Text = ""
    device_id: _Text = ""
    user_agent: _Text = ""


def _list(value: Any) -> Any:
    return [] if value is None else value


class DnInfo(_Shape):
    """A DN that this client may see, with its legs."""

    dn: _Text = ""
    type: _Text = ""
    devices: Annotated[list[Device], BeforeValidator(_list)] = []
    participants: Annotated[list[Participant], BeforeValidator(_list)] = []


class ActionResult(_Shape):
    """Answer to makecall and to every action. A 2xx does not mean that it worked (api.md 2.2)."""

    finalstatus: _Text = ""
    reason: _Text = ""
    reasontext: _Text = ""
    result: Participant | None = None

    @property
    def failed(self) -> bool:
        """`finalstatus` is a word or 3CX's number: Failed -1, Rejected 0, Success 1; empty says nothing."""
        return self.finalstatus.lower() in ("failed", "rejected", "-1", "0")


class Attached(_Shape):
    """`attached_data` of a frame; null for Upsert and Remove on real PBXs."""

    dtmf_input: _Text = ""


class Event(_Shape):
    """What changed: 0 Upsert, 1 Remove, 2 DTMFstring, 4 Response."""

    event_type: _Number = -1
    entity: _Text = ""
    attached_data: Attached | None = None


class Frame(_Shape):
    """One WebSocket message."""

    sequence: _Number = 0
    event: Event = Event()


def lower_keys(value: Any) -> Any:
    """Casings differ between messages (api.md 3): all keys lower-case."""
    if isinstance(value, dict):
        return {str(key).lower(): lower_keys(item) for key, item in value.items()}
    return [lower_keys(item) for item in value] if isinstance(value, list) else value
