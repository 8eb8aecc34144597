"""The control API's page about the machine behind the PBX: make it ill, see who notices."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Annotated

from fastapi import FastAPI
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

from threecx_simulator.control.faults import Impossible
from threecx_simulator.control.model import Truth, Whole
from threecx_simulator.xapi.office import Office
from threecx_simulator.xapi.sets.live import SERVICES

_MAY_BE_NULL = {"license_expires", "last_backup"}  # back to what they are by themselves


def _written(given: object) -> object:
    if given is not None and not isinstance(given, str | datetime):
        raise ValueError("should be a time like 2026-12-01T08:00:00Z")
    return given


Moment = Annotated[datetime, BeforeValidator(_written)]


class HealthPatch(BaseModel):
    """What changes; the fields of `Health`, times in ISO 8601. Null changes nothing but the two times, which it resets."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        extra="forbid",
        json_schema_extra={"example": {"diskUsage": 96, "stoppedServices": ["3CXQueueManager"]}},
    )

    disk_usage: Whole | None = Field(None, ge=0, le=100, description="Percent")
    license_expires: Moment | None = None
    stopped_services: set[str] | None = None
    trunks_down: set[str] | None = None
    recording_quota_reached: Truth | None = None
    recording_stopped: Truth | None = None
    voicemail_quota_reached: Truth | None = None
    last_backup: Moment | None = None
    firewall_ok: Truth | None = None
    phones_ok: Truth | None = None


class HealthView(BaseModel):
    """`Health` as JSON."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, from_attributes=True)

    disk_usage: int
    total_disk: int
    license_expires: datetime | None
    stopped_services: set[str]
    trunks_down: set[str]
    recording_quota_reached: bool
    recording_stopped: bool
    voicemail_quota_reached: bool
    last_backup: datetime | None
    firewall_ok: bool
    phones_ok: bool


def add_health(app: FastAPI, office: Office) -> None:
    """`GET` and `PATCH /health`."""

    @app.get("/health", tags=["faults"])
    async def health() -> HealthView:
        """How well the machine is."""
        return HealthView.model_validate(office.health)

    @app.patch("/health", tags=["faults"])
    async def change_health(patch: HealthPatch) -> HealthView:
        """Change it: disk, licence, services, trunks, quotas."""
        wished = patch.model_dump(exclude_unset=True).items()
        _known("service", patch.stopped_services, [name for name, *_ in SERVICES])
        _known("trunk", patch.trunks_down, [one.number for one in office.pbx.world.trunks])
        changes = {name: value for name, value in wished if value is not None or name in _MAY_BE_NULL}
        office.health = replace(office.health, **changes)
        office.journal.observe(office.health)
        return HealthView.model_validate(office.health)


def _known(what: str, named: set[str] | None, known: Collection[str]) -> None:
    unknown = sorted((named or set()) - set(known))
    if unknown:
        raise Impossible(f"There is no {what} {unknown[0]}; there are {', '.join(known)}")
