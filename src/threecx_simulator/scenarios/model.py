"""A scenario file, field by field. Its JSON Schema is `Scenario.model_json_schema()`."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, model_validator

from threecx_simulator.audio.people import SOUND
from threecx_simulator.control.model import KEYS, Moment
from threecx_simulator.scenarios.fault import Fault
from threecx_simulator.scenarios.part import FALSE, TRUE, Flag, Number, Part, Seconds, Yes, exactly_one
from threecx_simulator.scenarios.schema import among, given, implies, one_of
from threecx_simulator.scenarios.words import ENDING, ending

Ending = Annotated[str, AfterValidator(ending), Field(json_schema_extra={"pattern": ENDING})]
Sound = Annotated[str, Field(json_schema_extra={"pattern": SOUND})]
Share = Annotated[float, Field(gt=0, le=1), Number]


def _listed(sounds: object) -> object:
    return (sounds,) if isinstance(sounds, str) else sounds


Sounds = Annotated[
    tuple[str, ...],
    Field(min_length=1),
    BeforeValidator(_listed, json_schema_input_type=Sound | Annotated[list[Sound], Field(min_length=1)]),
]


class Person(Part):
    """What a number does when it rings; seconds."""

    model_config = ConfigDict(
        json_schema_extra=implies(
            {"anyOf": [among("busy", TRUE), among("registered", FALSE), among("exists", FALSE)]},
            {"properties": {"answers_after": {"type": "null"}}},
        )
    )

    answers_after: Seconds | None = Field(2.0, description="Ring time; null: nobody answers")
    busy: Flag = Field(False, description="The line is engaged")
    registered: Flag = Field(True, description="false: no telephone is logged in")
    voicemail_after: Seconds | None = Field(
        None, description="Unanswered so long, or busy, the call goes to voicemail; null: never"
    )
    hangs_up_after: Seconds | None = Field(None, description="Talk time")
    forwards_to: str | None = Field(None, description="Where the call goes then, instead of voicemail")
    says: Sound | None = Field(
        None,
        description="On picking up: a WAV file, tone:440:1.5 (hertz, seconds), or text:Hello (needs espeak-ng)",
    )
    presses: str | None = Field(
        None, pattern=KEYS, description="Keys, after picking up: whoever an application calls"
    )
    presses_after: Seconds = Field(1.0, description="Seconds after picking up")
    exists: Flag = Field(True, description="false: there is no such number outside")

    @model_validator(mode="after")
    def _possible(self) -> Self:
        away = self.busy or not self.registered or not self.exists
        if away and "answers_after" in self.model_fields_set and self.answers_after is not None:
            raise ValueError("whoever is busy, not registered or does not exist never answers")
        return self


class KeyPress(Part):
    """Keys at a time after the beginning of the call, or when the next prompt has been heard."""

    model_config = ConfigDict(json_schema_extra=one_of(("at", "after")))

    at: Seconds | None = Field(None, description="Seconds after the call began")
    after: Literal["prompt"] | None = Field(None, description="Sound was heard, then silence")
    wait: Seconds = Field(0.0, description="Seconds between the end of the prompt and the keys")
    keys: str = Field(pattern=KEYS, description="0-9, *, # and A-D")

    @model_validator(mode="after")
    def _one(self) -> Self:
        return exactly_one(self, {"at", "after"})


class Step(Part):
    """One thing that a caller does, after the one before it. Exactly one field is given."""

    model_config = ConfigDict(
        json_schema_extra=one_of(("wait", "listen", "say", "press", "until", "hang_up"))
    )

    wait: Seconds | None = Field(None, description="Seconds")
    listen: Literal["prompt"] | None = Field(None, description="Until something was heard, and then silence")
    say: Sound | None = Field(None, description="A WAV file, tone:440:1, or text:Hello (needs espeak-ng)")
    press: str | None = Field(None, pattern=KEYS, description="Keys: 0-9, *, # and A-D")
    until: Moment | None = Field(None, description="A moment of the timeline", examples=["connected 101"])
    hang_up: Yes | None = Field(None, description="The caller puts the receiver down")

    @model_validator(mode="after")
    def _one(self) -> Self:
        return exactly_one(self, set(type(self).model_fields))


class Expectation(Part):
    """What must come true, judged when the call has ended. Exactly one of the first four is given."""

    model_config = ConfigDict(
        json_schema_extra=one_of(("hears", "connected_to", "ended_by", "moment"))
        | {
            "allOf": [
                implies(
                    given("ended_by"),
                    {"not": {"anyOf": [{"required": [one]} for one in ("within", "after")]}},
                ),
                implies({"required": ["share"]}, given("hears")),
            ]
        }
    )

    hears: Sounds | None = Field(
        None,
        description="A WAV file, tone:440:1 or text:Hello, or a list of them, one after the other; compared by sound, "
        "from the moment `after` on",
        examples=["menu.wav", ["welcome.wav", "menu.wav"]],
    )
    connected_to: str | None = Field(None, description="A DN or an outside number")
    ended_by: Ending | None = Field(None, description="caller, a DN, no answer, busy …")
    moment: Moment | None = Field(None, description="A line of the timeline")
    share: Share = Field(0.95, description="How much of the sound must be heard")
    within: Seconds | None = Field(None, description="Seconds")
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

    model_config = ConfigDict(
        json_schema_extra=implies({"required": ["hangs_up_delay"]}, given("hangs_up_when"))
    )

    caller: str = Field(
        description="An extension, or any number outside; empty = withheld", examples=["+49301234567"]
    )
    calls: str = Field(min_length=1, description="A DID of the PBX, or a number inside")
    name: str = Field("", description="The caller's name as displayed")
    at: Seconds = Field(0.0, description="Seconds after the scenario began")
    presses: tuple[KeyPress, ...] = Field((), description="Keys at their times, whatever the steps do")
    steps: tuple[Step, ...] = Field((), description="What the caller does, one after the other")
    expects: tuple[Expectation, ...] = Field(
        (), description="What must have come true when the call has ended"
    )
    hangs_up_after: Seconds | None = Field(None, description="Seconds after the call began")
    hangs_up_when: Moment | None = Field(
        None, description="A moment of the timeline", examples=["ringing 101"]
    )
    hangs_up_delay: Seconds = Field(0.0, description="Seconds after that moment")

    @model_validator(mode="after")
    def _moment_for_delay(self) -> Self:
        if "hangs_up_delay" in self.model_fields_set and self.hangs_up_when is None:
            raise ValueError("hangs_up_delay counts from hangs_up_when, which is missing")
        return self


class Scenario(Part):
    """A whole file."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [
                {"required": ["people"], "properties": {"people": {"minProperties": 1}}},
                {"required": ["calls"], "properties": {"calls": {"minItems": 1}}},
                {"required": ["faults"], "properties": {"faults": {"minItems": 1}}},
            ]
        }
    )

    name: str = Field("", description="For whoever reads it")
    folder: str = Field(
        "", exclude=True, description="Where its sounds lie; the file's own folder unless given"
    )
    people: dict[str, Person] = Field(
        default_factory=dict, description="What others do, by number: extensions and numbers outside"
    )
    calls: tuple[Caller, ...] = Field((), description="Who calls")
    faults: tuple[Fault, ...] = Field((), description="How the PBX falls ill, and when")

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not (self.people or self.calls or self.faults):
            raise ValueError("nothing happens in it: people, calls and faults are missing")
        return self
