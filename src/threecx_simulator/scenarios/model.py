"""A scenario file, field by field. Its JSON Schema is `Scenario.model_json_schema()`."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from threecx_simulator.control.model import KEYS, LONGEST, Moment
from threecx_simulator.scenarios.fault import Fault
from threecx_simulator.scenarios.part import Part, exactly_one
from threecx_simulator.scenarios.words import ending

Ending = Annotated[str, AfterValidator(ending)]


def _listed(sounds: object) -> object:
    return (sounds,) if isinstance(sounds, str) else sounds


Sounds = Annotated[
    tuple[str, ...], Field(min_length=1), BeforeValidator(_listed, json_schema_input_type=str | list[str])
]


class Person(Part):
    """What a number does when it rings; seconds."""

    answers_after: float | None = Field(2.0, ge=0, le=LONGEST, description="null: nobody answers")
    busy: bool = False
    registered: bool = True
    voicemail_after: float | None = Field(None, ge=0, le=LONGEST)
    hangs_up_after: float | None = Field(None, ge=0, le=LONGEST, description="Talk time")
    forwards_to: str | None = Field(None, description="Where the call goes then, instead of voicemail")
    says: str | None = Field(None, description="On picking up: a WAV file, or tone:440:1.5 (hertz, seconds)")
    presses: str | None = Field(
        None, pattern=KEYS, description="Keys, after picking up: whoever an application calls"
    )
    presses_after: float = Field(1.0, ge=0, le=LONGEST, description="Seconds after picking up")
    exists: bool = True

    @model_validator(mode="after")
    def _possible(self) -> Self:
        away = self.busy or not self.registered or not self.exists
        if away and "answers_after" in self.model_fields_set and self.answers_after is not None:
            raise ValueError("whoever is busy, not registered or does not exist never answers")
        return self


class KeyPress(Part):
    """Keys at a time after the beginning of the call, or when the next prompt has been heard."""

    at: float | None = Field(None, ge=0, le=LONGEST)
    after: Literal["prompt"] | None = Field(None, description="Sound was heard, then silence")
    wait: float = Field(
        0.0, ge=0, le=LONGEST, description="Seconds between the end of the prompt and the keys"
    )
    keys: str = Field(pattern=KEYS)

    @model_validator(mode="after")
    def _one(self) -> Self:
        return exactly_one(self, {"at", "after"})


class Step(Part):
    """One thing that a caller does, after the one before it. Exactly one field is given."""

    wait: float | None = Field(None, ge=0, le=LONGEST, description="Seconds")
    listen: Literal["prompt"] | None = Field(None, description="Until something was heard, and then silence")
    say: str | None = Field(None, description="A WAV file, tone:440:1, or text:Hello (needs espeak-ng)")
    press: str | None = Field(None, pattern=KEYS)
    until: Moment | None = Field(None, description="A moment of the timeline", examples=["connected 101"])
    hang_up: Literal[True] | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        return exactly_one(self, set(type(self).model_fields))


class Expectation(Part):
    """What must come true, judged when the call has ended. Exactly one of the first four is given."""

    hears: Sounds | None = Field(
        None,
        description="A WAV file or tone:440:1, or a list of them, one after the other; compared by sound, from the "
        "moment `after` on",
        examples=["menu.wav", ["welcome.wav", "menu.wav"]],
    )
    connected_to: str | None = Field(None, description="A DN or an outside number")
    ended_by: Ending | None = Field(None, description="caller, a DN, no answer, busy …")
    moment: Moment | None = Field(None, description="A line of the timeline")
    share: float = Field(0.95, gt=0, le=1, description="How much of the sound must be heard")
    within: float | None = Field(None, ge=0, le=LONGEST, description="Seconds")
    after: Moment = Field("began", description="The moment from which `within` counts")

    @model_validator(mode="after")
    def _one(self) -> Self:
        exactly_one(self, {"hears", "connected_to", "ended_by", "moment"})
        timed = {"within", "after"} & self.model_fields_set
        if self.ended_by is not None and timed:
            raise ValueError(f"ended_by knows no {min(timed)}; `moment: ended by caller` does")
        if self.hears is None and "share" in self.model_fields_set:
            raise ValueError("share is for hears")
        return self


class Caller(Part):
    """One call."""

    caller: str = Field(
        description="An extension, or any number outside; empty = withheld", examples=["+49301234567"]
    )
    calls: str = Field(min_length=1, description="A DID of the PBX, or a number inside")
    name: str = ""
    at: float = Field(0.0, ge=0, le=LONGEST, description="Seconds after the scenario began")
    presses: tuple[KeyPress, ...] = ()
    steps: tuple[Step, ...] = ()
    expects: tuple[Expectation, ...] = ()
    hangs_up_after: float | None = Field(None, ge=0, le=LONGEST, description="Seconds after the call began")
    hangs_up_when: Moment | None = Field(
        None, description="A moment of the timeline", examples=["ringing 101"]
    )
    hangs_up_delay: float = Field(0.0, ge=0, le=LONGEST, description="Seconds after that moment")


class Scenario(Part):
    """A whole file."""

    name: str = ""
    folder: str = Field(
        "", exclude=True, description="Where its sounds lie; the file's own folder unless given"
    )
    people: dict[str, Person] = Field(default_factory=dict, description="By number")
    calls: tuple[Caller, ...] = ()
    faults: tuple[Fault, ...] = ()

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not (self.people or self.calls or self.faults):
            raise ValueError("nothing happens in it: people, calls and faults are missing")
        return self
