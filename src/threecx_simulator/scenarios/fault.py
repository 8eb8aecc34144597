"""Faults of a scenario: the PBX falls ill at a time, or at a moment of somebody's call."""

from collections.abc import Mapping
from typing import Literal, Self

from pydantic import Field, model_validator

from threecx_simulator.control.model import LONGEST, Moment
from threecx_simulator.scenarios.part import Part, exactly_one

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


class Fault(Part):
    """The PBX falls ill. Either `at` or `when` is given, and what the fault needs to know."""

    at: float | None = Field(None, ge=0, le=LONGEST, description="Seconds after the scenario began")
    when: Moment | None = Field(
        None, description="A moment in the timeline of any call since then", examples=["ringing 101"]
    )
    what: What
    code: int = Field(1006, ge=1000, le=4999, description="cut_sockets: 1006 breaks the connection")
    path: str = Field("", description="answers, cut_requests: part of the path")
    status: int | None = Field(None, ge=400, le=599, description="answers: what the next requests get")
    count: int = Field(1, ge=1, description="answers: how many requests")
    method: str = Field("", description="answers: only this method")
    retry_after: int | None = Field(None, ge=0, description="answers: seconds")
    html: bool = Field(False, description="answers: with a web server's page as body")
    client: str | None = Field(None, description="tick, untick: the API client")
    dn: str | None = Field(None, description="tick, untick, register_anew: the DN")
    calls: int | None = Field(None, ge=0, description="call_limit: calls at a time")
    number: str | None = Field(None, description="new_party: who takes the caller's place")
    name: str = Field("", description="new_party: their name")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        needed = _NEEDS.get(self.what, ())
        missing = [name for name in needed if getattr(self, name) is None]
        if missing:
            raise ValueError(f"{self.what} needs {' and '.join(missing)}")
        foreign = sorted(self.model_fields_set - {*_ALWAYS, *needed, *_MAY.get(self.what, ())})
        if foreign:
            raise ValueError(f"{self.what} knows no {foreign[0]}")
        return exactly_one(self, {"at", "when"})
