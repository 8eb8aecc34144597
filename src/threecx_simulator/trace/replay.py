"""A recording played again: legs appear, change and vanish as they did, so that a program sees the same PBX.

The legs are shown and told as written; they belong to no call of the engine, so that verbs on them are refused.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from threecx_simulator.clock import Clock
from threecx_simulator.control.model import LONGEST
from threecx_simulator.pbx.effects import DeviceChanged, Keyed, Removed, Upserted
from threecx_simulator.pbx.ids import CallKey, CallNumber, ClientId, Dn, DnType, ParticipantId, Status
from threecx_simulator.pbx.legs import tell
from threecx_simulator.pbx.state import Call, DnRef, Identity, Leg, Pbx
from threecx_simulator.scenarios.complaints import in_words
from threecx_simulator.switchboard import Switchboard


class BadTrace(ValueError):
    """A line that cannot be played; the text names its number."""


class _Shown(BaseModel):
    """A leg as a GET showed it; what has no field here is kept."""

    model_config = ConfigDict(extra="allow")

    status: Status
    callid: int = 0
    legid: int = 0


class _Line(BaseModel):
    """A line: a frame, a request that was asked, or a moment of a call. Only frames are played."""

    model_config = ConfigDict(extra="allow")

    at: float = Field(ge=0, le=LONGEST, allow_inf_nan=False)
    frame: Literal["upsert", "remove", "dtmf", "device"] | None = None
    asked: str | None = None
    moment: str | None = None
    dn: str = ""
    id: int = 0
    leg: _Shown | None = None
    keys: str = ""
    also: str | None = None
    device: str = ""
    here: bool = True

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.frame is None and self.asked is None and self.moment is None:
            raise ValueError("frame, asked or moment must be given")
        named = {"dn", "device" if self.frame == "device" else "id"}
        if self.frame is not None and not named <= self.model_fields_set:
            raise ValueError(f"this frame needs {' and '.join(sorted(named, reverse=True))}")
        if self.frame == "dtmf" and not self.keys:
            raise ValueError("a dtmf needs keys")
        if self.frame == "upsert" and "leg" not in self.model_fields_set:
            raise ValueError("an upsert needs a leg")
        return self


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame of a recording."""

    at: float
    kind: str
    dn: Dn
    id: ParticipantId
    leg: dict[str, Any]
    """Empty: an upsert of a leg that had gone when its frame was sent."""
    keys: str
    also: ClientId | None
    device: str
    here: bool


def read(lines: Iterable[str]) -> list[Frame]:
    """The frames among the lines, in their order. `BadTrace` names the line that is none, also where there is no line."""
    frames, number, last = [], 0, 0.0
    for number, line in enumerate(lines, start=1):
        try:
            found = _Line.model_validate_json(line)
        except ValidationError as wrong:
            raise BadTrace(f"line {number}: {_words(wrong)}") from wrong
        if found.at < last:
            raise BadTrace(f"line {number}: at: {found.at:g} is before the line above, {last:g}")
        last = found.at
        if found.frame is not None:
            frames.append(_frame(found, found.frame))
    if not number:
        raise BadTrace("line 1: there is nothing in it")
    return frames


def _frame(line: _Line, kind: str) -> Frame:
    return Frame(
        at=line.at,
        kind=kind,
        dn=Dn(line.dn),
        id=ParticipantId(line.id),
        leg=line.leg.model_dump() if line.leg else {},
        keys=line.keys,
        also=ClientId(line.also) if line.also else None,
        device=line.device,
        here=line.here,
    )


def _words(wrong: ValidationError) -> str:
    """Which field is wrong, and why."""
    error = wrong.errors()[0]
    field = ".".join(str(part) for part in error["loc"])
    return ": ".join([*([field] if field else []), in_words(error)])


async def replay(frames: list[Frame], board: Switchboard, clock: Clock) -> None:
    """Play the frames at their times, from now on."""
    began = clock.monotonic()
    for frame in frames:
        await clock.sleep(began + frame.at - clock.monotonic())
        board.do(partial(_play, frame))


def _play(frame: Frame, pbx: Pbx) -> None:
    if frame.kind == "upsert" and frame.leg:
        tell(pbx, _shown(frame, pbx))
    elif frame.kind == "upsert":
        pbx.effects.append(Upserted(frame.dn, frame.id, frame.also))
    elif frame.kind == "dtmf":
        pbx.effects.append(Keyed(frame.dn, frame.id, frame.keys))
    elif frame.kind == "device":
        pbx.effects.append(DeviceChanged(frame.dn, frame.device, frame.here))
    else:
        gone = pbx.legs.pop(frame.id, None)
        if gone is not None:
            _forget(gone, pbx)
        pbx.effects.append(Removed(frame.dn, frame.id, frame.also))


def _forget(leg: Leg, pbx: Pbx) -> None:
    call = pbx.calls[leg.call]
    del call.legs[leg.id]
    if not call.legs:
        del pbx.calls[leg.call]


def _shown(frame: Frame, pbx: Pbx) -> Leg:
    """The leg as the line describes it, in a call that has its `callid`."""
    view = frame.leg
    number = CallNumber(int(view.get("callid", 0)))
    key = CallKey(f"replayed-{number}")
    call = pbx.calls.get(key)
    if call is None:
        call = pbx.calls[key] = Call(key, number, number, pbx.now, "", "", replayed=True)
    call.application = frame.also or call.application
    known = pbx.legs.get(frame.id)
    leg = Leg(
        id=frame.id,
        legid=int(view.get("legid", 0)),
        call=key,
        who=Identity(frame.dn, pbx.directory.type_of(frame.dn), pbx.directory.name(frame.dn), frame.dn),
        status=Status(view["status"]),
        party=_party(view),
        uid=str(view.get("participant_uid", f"replayed-{frame.id}")),
        born=known.born if known else pbx.now,
        device_id=str(view.get("device_id", "")),
        direct_control=bool(view.get("direct_control")),
        originated_by=_ref(view, "originated_by"),
        referred_by=_ref(view, "referred_by"),
        on_behalf_of=_ref(view, "on_behalf_of"),
    )
    if known is not None and known.call != key:
        _forget(known, pbx)
    call.legs[leg.id] = pbx.legs[leg.id] = leg
    return leg


def _party(view: dict[str, Any]) -> Identity:
    return Identity(
        str(view.get("party_dn", "")),
        _type(view.get("party_dn_type")),
        str(view.get("party_caller_name", "")),
        str(view.get("party_caller_id", "")),
        str(view.get("party_did", "")),
    )


def _ref(view: dict[str, Any], name: str) -> DnRef:
    return DnRef(str(view.get(f"{name}_dn", "")), _type(view.get(f"{name}_type")))


def _type(text: Any) -> DnType:
    return DnType(text) if text in set(DnType) else DnType.NONE
