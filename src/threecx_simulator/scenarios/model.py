"""A scenario file, field by field. Its JSON Schema is `Scenario.model_json_schema()`."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Person(_Part):
    """What a number does when it rings; seconds."""

    answers_after: float | None = Field(2.0, ge=0, description="null: nobody answers")
    busy: bool = False
    registered: bool = True
    voicemail_after: float | None = Field(None, ge=0)
    hangs_up_after: float | None = Field(None, ge=0, description="Talk time")
    says: str | None = Field(None, description="On picking up: a WAV file, or tone:440:1.5 (hertz, seconds)")
    exists: bool = True


class KeyPress(_Part):
    """Keys at a time after the beginning of the call, or when the next prompt has been heard."""

    at: float | None = Field(None, ge=0)
    after: Literal["prompt"] | None = Field(None, description="Sound was heard, then silence")
    wait: float = Field(0.0, ge=0, description="Seconds between the end of the prompt and the keys")
    keys: str = Field(pattern=r"^[0-9*#A-D]+$")


class Caller(_Part):
    """One call."""

    caller: str = Field(description="An extension, or any number outside", examples=["+49301234567"])
    calls: str = Field(description="A DID of the PBX, or a number inside")
    name: str = ""
    at: float = Field(0.0, ge=0, description="Seconds after the scenario began")
    presses: tuple[KeyPress, ...] = ()
    hangs_up_after: float | None = Field(None, ge=0, description="Seconds after the call began")
    hangs_up_when: str | None = Field(None, description="A moment of the timeline", examples=["ringing 101"])
    hangs_up_delay: float = Field(0.0, ge=0, description="Seconds after that moment")


class Fault(_Part):
    """The PBX falls ill."""

    at: float = Field(ge=0, description="Seconds after the scenario began")
    what: Literal["cut_sockets", "half_open", "invalidate_tokens", "restart", "licence_off", "licence_on"]


class Scenario(_Part):
    """A whole file."""

    name: str = ""
    people: dict[str, Person] = Field(default_factory=dict, description="By number")
    calls: tuple[Caller, ...] = ()
    faults: tuple[Fault, ...] = ()
