"""What changes by itself: running calls, the state of the machine, its services."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from threecx_simulator.pbx.ids import DnType, Status
from threecx_simulator.pbx.state import Call, Leg, Pbx
from threecx_simulator.pbx.world import Extension
from threecx_simulator.xapi.health import Health
from threecx_simulator.xapi.sets.backups import last_backup
from threecx_simulator.xapi.sets.people import display_name
from threecx_simulator.xapi.texts import stamp

Row = dict[str, Any]
SERVICES = (
    ("3CX PhoneSystem 01", "3CX Call Control", 212),
    ("3CX PhoneSystem Database", "PostgreSQL", 388),
    ("3CXGatewayService", "3CX Gateway Service", 64),
    ("3CXIVR", "3CX IVR Server", 71),
    ("3CXMediaServer", "3CX Media Server", 118),
    ("3CXQueueManager", "3CX Queue Manager", 83),
    ("3CXSystemService", "3CX System Service", 146),
    ("3CXTunnel", "3CX Tunnel and Proxy", 52),
    ("3CXEventNotificationManager", "3CX Event Notification Manager", 58),
    ("3CXManagementConsole", "3CX Management Console", 305),
    ("nginx", "Web server", 24),
)
_FOREVER = datetime(2035, 1, 1, tzinfo=UTC)


def active_calls(pbx: Pbx, now: datetime) -> Iterator[Row]:
    """`/ActiveCalls`, the whole PBX, ghosts included."""
    for call in (*pbx.calls.values(), *pbx.ghosts):
        yield _active(pbx, call, now)


def _active(pbx: Pbx, call: Call, now: datetime) -> Row:
    caller, callee = _sides(pbx, call)
    return {
        "Id": call.active_id,
        "Caller": "MakeCall" if call.by_helper else _side(pbx, caller, call.origin),
        "Callee": _side(pbx, callee, call.target),
        "Status": _status(pbx, call, callee),
        "EstablishedAt": stamp(call.established or call.began),
        "LastChangeStatus": stamp(call.changed or call.began),
        "ServerNow": stamp(now),
    }


def _sides(pbx: Pbx, call: Call) -> tuple[Leg | None, Leg | None]:
    """Who talks (or waits) and with whom. When the caller has left, whoever was called first stands in that place."""
    here = [leg for leg in call.legs.values() if not leg.spent]
    caller = pbx.legs.get(call.caller) if call.caller is not None else None
    if caller is None:
        caller = next((leg for leg in sorted(here, key=_age) if leg.status != Status.RINGING), None)
    others = [leg for leg in here if leg is not caller]
    peer = next((leg for leg in others if caller is not None and leg.id == caller.peer), None)
    return caller, peer or next(iter(others), None)


def _age(leg: Leg) -> int:
    return leg.legid


def _status(pbx: Pbx, call: Call, callee: Leg | None) -> str:
    if any(attempt.kind == "transfer" for attempt in call.attempts.values()):
        return "Transferring"
    if callee is None:
        return "Routing"
    if callee.status == Status.RINGING:
        return "Ringing"
    if callee.who.type == DnType.QUEUE:
        return pbx.profile.activecalls_queue_status
    return "Talking" if callee.who.type in {DnType.EXTENSION, DnType.EXTERNAL} else "Connected"


def _side(pbx: Pbx, leg: Leg | None, number: str) -> str:
    """A party as `activecalls_party` says, or the number once dialled when nobody is there."""
    shown = (leg.who.number or leg.who.dn) if leg else number
    person = pbx.directory.inside.get(shown)
    if leg and leg.who.type == DnType.EXTERNAL and pbx.profile.activecalls_party == "trunk":
        return f"{leg.who.dn} {pbx.directory.name(leg.who.dn)} ({shown})"
    name = leg.who.name if leg else pbx.directory.name(shown)
    if isinstance(person, Extension):
        name = display_name(person.first_name, person.last_name)
    return shown if pbx.profile.activecalls_party == "number" else f"{shown} {name}".strip()


def system_status(pbx: Pbx, health: Health, now: datetime) -> Row:
    """`/SystemStatus`."""
    world = pbx.world
    registered = sum(1 for one in world.extensions if one.devices and pbx.behaviour(one.number).registered)
    down = sum(1 for one in world.trunks if one.number in health.trunks_down)
    expires = health.license_expires or _FOREVER
    return {
        "Id": 0,
        "FQDN": world.fqdn,
        "Version": pbx.profile.version,
        "Activated": True,
        "MaxSimCalls": pbx.max_calls,
        "ExtensionsRegistered": registered,
        "ExtensionsTotal": len(world.extensions),
        "UserExtensions": len(world.extensions),
        "TrunksRegistered": len(world.trunks) - down,
        "TrunksTotal": len(world.trunks),
        "CallsActive": len(pbx.calls),
        "DiskUsage": health.disk_usage,
        "FreeDiskSpace": health.total_disk * (100 - health.disk_usage) // 100,
        "TotalDiskSpace": health.total_disk,
        "Support": True,
        "LicenseActive": pbx.licensed and expires > now,
        "ProductCode": "3CXPSENT",
        "ExpirationDate": stamp(expires),
        "MaintenanceExpiresAt": stamp(expires),
        "HasNotRunningServices": bool(health.stopped_services),
        "HasUnregisteredSystemExtensions": False,
        "RecordingQuotaReached": health.recording_quota_reached,
        "RecordingStopped": health.recording_stopped,
        "VoicemailQuotaReached": health.voicemail_quota_reached,
        "BackupScheduled": True,
        "LastBackupDateTime": stamp(last_backup(health, now)),
        "IsAuditLogEnabled": True,
        "AutoUpdateEnabled": True,
        "OS": "Linux",
    }


def health_status(health: Health) -> Row:
    """`/SystemStatus/Pbx.SystemHealthStatus()`."""
    return {
        "Id": 0,
        "Firewall": health.firewall_ok,
        "Phones": health.phones_ok,
        "Trunks": not health.trunks_down,
        "CustomTemplatesCount": 0,
        "UnsupportedFirmwaresCount": 0,
    }


def services(health: Health, now: datetime) -> Iterator[Row]:
    """`/Services`."""
    for name, title, memory in SERVICES:
        running = name not in health.stopped_services
        yield {
            "Name": name,
            "DisplayName": title,
            "Status": "Running" if running else "Stopped",
            "MemoryUsed": memory * 1024 * 1024 if running else 0,
            "ThreadCount": 20 + len(title) if running else 0,
            "HandleCount": memory * 3 if running else 0,
            "TotalProcessorTime": memory * 1000,
            "SampleTime": stamp(now),
            "StartStopEnabled": name != "nginx",
            "RestartEnabled": True,
        }
