"""Is the PBX well? Reasons that a person understands, from what the XAPI tells (api.md 7.2)."""

from collections.abc import Awaitable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import chain
from typing import TypeVar

from threecx_pbx.errors import AskedWrongly, LicenceMissing, NotA3cx, PbxSaidNo, ThreeCxError
from threecx_pbx.reports.periods import when
from threecx_pbx.xapi.client import Row, Xapi
from threecx_pbx.xapi.odata import one_of, text

T = TypeVar("T")


class Health(StrEnum):
    """From good to bad."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    UNHEALTHY = "unhealthy"


@dataclass(frozen=True, slots=True)
class Limits:
    """From where on something counts. 0 leaves it out."""

    licence_days: int = 30
    disk_percent: int = 90
    disk_full_percent: int = 98
    backup_days: int = 0
    calls_percent: int = 90


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that is not well."""

    code: str
    health: Health
    message: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What was read. `since`: trunk number → when the PBX logged its loss."""

    status: Row
    checks: Row
    services: Sequence[Row]
    trunks: Sequence[Row]
    since: Mapping[str, datetime]
    unread: Mapping[str, str] = field(default_factory=dict)
    """What could not be read → why not."""


async def facts(xapi: Xapi) -> Facts:
    """What the PBX tells; only its status must be among it. Raises Forbidden, LicenceMissing, …"""
    status = await xapi.one("SystemStatus", "read the system status")
    unread: dict[str, str] = {}

    async def part(name: str, reading: Awaitable[T], nothing: T) -> T:
        try:
            return await reading
        except LicenceMissing:
            # it has just told its status, so the XAPI is there
            unread[name] = "this PBX does not offer them."
        except (AskedWrongly, PbxSaidNo, NotA3cx) as error:
            unread[name] = error.message
        return nothing

    checks = await part(
        "health checks", xapi.one("SystemStatus/Pbx.SystemHealthStatus()", "read the health checks"), {}
    )
    services = await part("services", xapi.rows("Services", "read the services"), [])
    some = "Id,Number,IsOnline,ExternalNumber"
    trunks = await part("trunks", xapi.rows("Trunks", "read the trunks", select=some), [])
    down = [str(row.get("Number")) for row in trunks if not row.get("IsOnline")]
    return Facts(status, checks, services, trunks, await _since(xapi, down), unread)


def whole(value: object) -> int:
    """A whole number, also of one that is told as text or with a fraction; 0 for what is none."""
    try:
        return int(float(str(value)))
    except (ValueError, OverflowError):
        return 0


async def _since(xapi: Xapi, down: Sequence[str]) -> dict[str, datetime]:
    """When the event log last told that a trunk was lost; a PBX that keeps no log just tells no time."""
    found: dict[str, datetime] = {}
    for number in down[:20]:
        wanted = f"contains(Message,{text(number)}) and {one_of('Source', ['3CX SIP Server'])}"
        options = {"filter": wanted, "orderby": "TimeGenerated desc"}
        try:
            pages = [page async for page in xapi.pages("EventLogs", "read the event log", options, limit=1)]
        except ThreeCxError:
            return found
        told = when(pages[0][0].get("TimeGenerated")) if pages else None
        if told is not None:
            found[number] = told
    return found


def judged(seen: Facts, limits: Limits, now: datetime) -> tuple[Health, tuple[Reason, ...]]:
    """The worst of all reasons, and the reasons, worst first. Pure."""
    found = (
        _trunks(seen),
        _services(seen),
        _licence(seen.status, limits, now),
        _room(seen.status, limits),
        _recording(seen.status),
        _checks(seen),
        _backup(seen.status, limits, now),
        _unread(seen),
    )
    reasons = sorted(chain(*found), key=lambda one: one.health is not Health.UNHEALTHY)
    return (reasons[0].health if reasons else Health.HEALTHY), tuple(reasons)


def _trunks(seen: Facts) -> Iterator[Reason]:
    down = [str(row.get("Number")) for row in seen.trunks if not row.get("IsOnline")]
    all_down = bool(down) and len(down) == len(seen.trunks)
    for number in down:
        since = f" since {seen.since[number].isoformat(timespec='minutes')}" if number in seen.since else ""
        level = Health.UNHEALTHY if all_down else Health.DEGRADED
        yield Reason("trunkDown", level, f"Trunk {number} is down{since}.")


def _unread(seen: Facts) -> Iterator[Reason]:
    for name, why in seen.unread.items():
        yield Reason("notRead", Health.DEGRADED, f"The {name} could not be read: {why}")


def _services(seen: Facts) -> Iterator[Reason]:
    for row in seen.services:
        if row.get("Status") not in (None, "Running", "StartPending"):
            name = row.get("DisplayName") or row.get("Name")
            yield Reason(
                "serviceStopped",
                Health.UNHEALTHY,
                f"The service {name} is not running ({str(row['Status']).lower()}).",
            )


def _licence(status: Row, limits: Limits, now: datetime) -> Iterator[Reason]:
    if status.get("LicenseActive") is False:
        yield Reason("licenceInactive", Health.UNHEALTHY, "The licence is not active.")
    ends = when(status.get("ExpirationDate"))
    if ends is None:
        return
    days = (ends - now).days
    if ends <= now:
        yield Reason("licenceEnded", Health.UNHEALTHY, f"The licence ended on {ends.date().isoformat()}.")
    elif limits.licence_days and days < limits.licence_days:
        yield Reason(
            "licenceEnds", Health.DEGRADED, f"The licence ends in {days} day{'' if days == 1 else 's'}."
        )


def _room(status: Row, limits: Limits) -> Iterator[Reason]:
    disk = whole(status.get("DiskUsage"))
    if limits.disk_full_percent and disk >= limits.disk_full_percent:
        yield Reason("diskFull", Health.UNHEALTHY, f"The disk is {disk} % full.")
    elif limits.disk_percent and disk >= limits.disk_percent:
        yield Reason("diskFilling", Health.DEGRADED, f"The disk is {disk} % full.")
    calls, most = whole(status.get("CallsActive")), whole(status.get("MaxSimCalls"))
    if limits.calls_percent and most and 100 * calls >= limits.calls_percent * most:
        yield Reason("callsNearLimit", Health.DEGRADED, f"{calls} of {most} simultaneous calls are in use.")


def _recording(status: Row) -> Iterator[Reason]:
    told = {
        "RecordingStopped": "Recording has stopped.",
        "RecordingQuotaReached": "The quota for recordings is reached.",
        "VoicemailStopped": "Voicemail has stopped.",
        "VoicemailQuotaReached": "The quota for voicemail is reached.",
    }
    for key, message in told.items():
        if status.get(key):
            yield Reason(key[0].lower() + key[1:], Health.DEGRADED, message)


def _checks(seen: Facts) -> Iterator[Reason]:
    """Only a `false` counts: 3CX leaves null out (api.md 7.1)."""
    if seen.checks.get("Firewall") is False:
        yield Reason("firewall", Health.DEGRADED, "The firewall check has failed.")
    if seen.checks.get("Phones") is False:
        yield Reason("phones", Health.DEGRADED, "Phones have problems.")
    if seen.status.get("HasUnregisteredSystemExtensions"):
        yield Reason("systemExtensions", Health.DEGRADED, "A system extension is not registered.")


def _backup(status: Row, limits: Limits, now: datetime) -> Iterator[Reason]:
    last = when(status.get("LastBackupDateTime"))
    if limits.backup_days and (last is None or (now - last).days >= limits.backup_days):
        told = f"The last backup is {(now - last).days} days old." if last else "There is no backup."
        yield Reason("backupOld", Health.DEGRADED, told)
