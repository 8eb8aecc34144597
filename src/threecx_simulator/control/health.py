"""The control API's page about the machine behind the PBX: make it ill, see who notices."""

from dataclasses import replace
from datetime import datetime

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from threecx_simulator.xapi.health import Health
from threecx_simulator.xapi.office import Office

_MAY_BE_NULL = {"license_expires", "last_backup"}  # back to what they are by themselves


class HealthPatch(BaseModel):
    """What changes; the fields of `Health`, times in ISO 8601. Null changes nothing but the two times, which it resets."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid")

    disk_usage: int | None = None
    license_expires: datetime | None = None
    stopped_services: set[str] | None = None
    trunks_down: set[str] | None = None
    recording_quota_reached: bool | None = None
    recording_stopped: bool | None = None
    voicemail_quota_reached: bool | None = None
    last_backup: datetime | None = None
    firewall_ok: bool | None = None
    phones_ok: bool | None = None


def add_health(app: FastAPI, office: Office) -> None:
    """`GET` and `PATCH /health`."""

    @app.get("/health", tags=["faults"])
    async def health() -> Health:
        """How well the machine is."""
        return office.health

    @app.patch("/health", tags=["faults"])
    async def change_health(patch: HealthPatch) -> Health:
        """Change it: disk, licence, services, trunks, quotas."""
        wished = patch.model_dump(exclude_unset=True).items()
        changes = {name: value for name, value in wished if value is not None or name in _MAY_BE_NULL}
        office.health = replace(office.health, **changes)
        office.journal.observe(office.health)
        return office.health
