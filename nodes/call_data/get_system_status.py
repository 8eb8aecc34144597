"""Is the PBX well?"""

from datetime import datetime
from typing import Annotated

from threecx_pbx.reports.health import Facts, Health, Limits, facts, judged, whole
from threecx_pbx.reports.periods import when
from threecx_runner.sdk import Context, Effect, Field, Params, Result, Wire, operation


class Thresholds(Wire):
    """From where on something counts; 0 leaves it out."""

    licence_days: Annotated[int, Field(ge=0, le=3650)] = 30
    disk_percent: Annotated[int, Field(ge=0, le=100)] = 90
    disk_full_percent: Annotated[int, Field(ge=0, le=100)] = 98
    backup_days: Annotated[int, Field(ge=0, le=3650)] = 0
    calls_percent: Annotated[int, Field(ge=0, le=100)] = 90


class GetSystemStatusParams(Params):
    """Parameters of Get System Status."""

    thresholds: Thresholds = Thresholds()


class ReasonRow(Wire):
    """One thing that is not well."""

    code: str
    status: Health
    message: str


class TrunkRow(Wire):
    """One trunk."""

    number: str
    online: bool
    external_number: str


class SystemStatus(Result):
    """The PBX as a whole."""

    status: Health
    summary: str
    reasons: list[ReasonRow]
    version: str
    fqdn: str
    licence: str
    licence_active: bool
    licence_ends: datetime | None
    disk_percent: int
    calls_active: int
    calls_max: int
    extensions_registered: int
    extensions_total: int
    trunks: list[TrunkRow]
    stopped_services: list[str]


@operation(result=SystemStatus, effect=Effect.READ)
async def get_system_status(on: Context, ask: GetSystemStatusParams) -> SystemStatus:
    """One item, with the reasons worst first."""
    seen = await facts(on.reports)
    limits = Limits(**dict(ask.thresholds))
    status, reasons = judged(seen, limits, on.clock.now())
    summary = " ".join(one.message for one in reasons) or "All is well."
    rows = [ReasonRow(code=one.code, status=one.health, message=one.message) for one in reasons]
    return _result(seen, status, summary, rows)


def _result(seen: Facts, status: Health, summary: str, reasons: list[ReasonRow]) -> SystemStatus:
    row = seen.status
    return SystemStatus(
        status=status,
        summary=summary,
        reasons=reasons,
        version=str(row.get("Version") or ""),
        fqdn=str(row.get("FQDN") or ""),
        licence=str(row.get("ProductCode") or ""),
        licence_active=bool(row.get("LicenseActive")),
        licence_ends=when(row.get("ExpirationDate")),
        disk_percent=whole(row.get("DiskUsage")),
        calls_active=whole(row.get("CallsActive")),
        calls_max=whole(row.get("MaxSimCalls")),
        extensions_registered=whole(row.get("ExtensionsRegistered")),
        extensions_total=whole(row.get("ExtensionsTotal")),
        trunks=[
            TrunkRow(
                number=str(one.get("Number") or ""),
                online=bool(one.get("IsOnline")),
                external_number=str(one.get("ExternalNumber") or ""),
            )
            for one in seen.trunks
        ],
        stopped_services=[str(one.get("Name")) for one in seen.services if one.get("Status") == "Stopped"],
    )
