"""Faults of a scenario: the PBX falls ill at a time, or at a moment of somebody's call."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import ConfigDict, Field, model_validator

from threecx_simulator.control.model import Method, Moment
from threecx_simulator.scenarios.part import Flag, Number, Part, Seconds, exactly_one
from threecx_simulator.scenarios.schema import among, given, implies, one_of

What = Literal[
    "cut_sockets",
    "half_open",
    "invalidate_tokens",
    "restart",
    "licence_off",
    "licence_on",
    "cut_streams",
    "cut_requests",
    "answers",
    "tick",
    "untick",
    "register_anew",
    "call_limit",
    "new_party",
]
_NEEDS: Mapping[str, tuple[str, ...]] = {
    "answers": ("status",),
    "tick": ("client", "dn"),
    "untick": ("client", "dn"),
    "register_anew": ("dn",),
    "call_limit": ("calls",),
    "new_party": ("number", "when"),
}
_MAY: Mapping[str, tuple[str, ...]] = {
    "cut_sockets": ("code",),
    "cut_requests": ("path",),
    "answers": ("count", "path", "method", "retry_after", "html"),
    "new_party": ("name",),
}
_ALWAYS = ("at", "when", "what")
Natural = Annotated[int, Field(ge=0), Number]


def _known(what: str) -> tuple[str, ...]:
    return (*_ALWAYS, *_NEEDS.get(what, ()), *_MAY.get(what, ()))


def _kind(what: str) -> dict[str, Any]:
    """What the JSON Schema says of that kind of fault."""
    needed = [given(name) for name in _NEEDS.get(what, ())]
    return implies(
        among("what", [what]),
        {"propertyNames": {"enum": list(_known(what))}} | ({"allOf": needed} if needed else {}),
    )


class Fault(Part):
    """The PBX falls ill. Either `at` or `when` is given, and what the fault needs to know."""

    model_config = ConfigDict(
        json_schema_extra=one_of(("at", "when")) | {"allOf": [_kind(what) for what in get_args(What)]}
    )

    at: Seconds | None = Field(None, description="Seconds after the scenario began")
    when: Moment | None = Field(
        None, description="A moment in the timeline of any call since then", examples=["ringing 101"]
    )
    what: What = Field(description="Which fault")
    code: Annotated[int, Field(ge=1000, le=4999), Number] = Field(
        1006, description="cut_sockets: 1006 breaks the connection"
    )
    path: str = Field("", description="answers, cut_requests: part of the path")
    status: Annotated[int, Field(ge=400, le=599), Number] | None = Field(
        None, description="answers: what the next requests get"
    )
    count: Annotated[int, Field(ge=1), Number] = Field(1, description="answers: how many requests")
    method: Method = Field("", description="answers: only this method")
    retry_after: Natural | None = Field(None, description="answers: seconds")
    html: Flag = Field(False, description="answers: with a web server's page as body")
    client: str | None = Field(None, description="tick, untick: the API client")
    dn: str | None = Field(None, description="tick, untick, register_anew: the DN")
    calls: Natural | None = Field(None, description="call_limit: calls at a time")
    number: str | None = Field(None, description="new_party: who takes the caller's place")
    name: str = Field("", description="new_party: their name")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        needed = _NEEDS.get(self.what, ())
        missing = [name for name in needed if getattr(self, name) is None]
        if missing:
            raise ValueError(f"{self.what} needs {' and '.join(missing)}")
        foreign = sorted(self.model_fields_set - {*_known(self.what)})
        if foreign:
            raise ValueError(f"{self.what} knows no {foreign[0]}")
        return exactly_one(self, {"at", "when"})
