"""The machine behind the PBX: its load in the last hours, its own extensions, updates."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from math import sin
from typing import Any

from threecx_simulator.pbx.ids import DnType
from threecx_simulator.pbx.state import Pbx
from threecx_simulator.xapi.health import Health
from threecx_simulator.xapi.sets.live import SERVICES
from threecx_simulator.xapi.sets.numbers import all_dns
from threecx_simulator.xapi.sets.routing import peer_type
from threecx_simulator.xapi.texts import stamp

Row = dict[str, Any]
_EVERY = timedelta(minutes=2)  # between two rows of telemetry (T)
_ROWS = 720
_MEMORY = 4_132_413_440
_NO_UPDATES = "00000000-0000-0000-0000-000000000000"


def _times(now: datetime) -> Iterator[tuple[datetime, float]]:
    """The last day's measurements, the newest first, each with a load between 0 and 1."""
    last = now.replace(minute=now.minute // 2 * 2, second=0, microsecond=0)
    for back in range(_ROWS):
        at = last - back * _EVERY
        minute = at.timestamp() / 60
        busy = 0.5 if 7 <= at.hour < 18 else 0.1
        yield at, busy * (0.6 + 0.2 * sin(minute / 7) + 0.2 * sin(minute / 61))


def system_telemetry(health: Health, now: datetime) -> Iterator[Row]:
    """`/SystemStatus/Pbx.SystemTelemetry()`."""
    for at, load in _times(now):
        yield {
            "Time": stamp(at),
            "TickCount": int(at.timestamp()),
            "CpuUsage": round(4 + 60 * load, 2),
            "TotalPhysicalMemory": _MEMORY,
            "FreePhysicalMemory": int(_MEMORY * (0.55 - 0.2 * load)),
            "TotalVirtualMemory": _MEMORY // 4,
            "FreeVirtualMemory": _MEMORY // 5,
            "TotalDiskSpace": health.total_disk,
            "FreeDiskSpace": health.total_disk * (100 - health.disk_usage) // 100,
        }


def network_telemetry(now: datetime) -> Iterator[Row]:
    """`/SystemStatus/Pbx.NetworkTelemetry()`."""
    for at, load in _times(now):
        kbps = round(20 + 900 * load, 2)
        yield {"Id": "eth0", "Time": stamp(at), "KbpsReceived": kbps, "KbpsSent": round(kbps * 0.97, 2)}


def service_telemetry(now: datetime) -> Iterator[Row]:
    """`/SystemStatus/Pbx.ServiceTelemetry()`: the call control's own process."""
    memory = SERVICES[0][2] * 1024 * 1024
    for at, load in _times(now):
        yield {
            "Time": stamp(at),
            "ProcessCount": 1,
            "ThreadCount": 40 + int(40 * load),
            "HandleCount": 600 + int(300 * load),
            "PrivateMemory": int(memory * (1 + load / 10)),
        }


def system_extensions(pbx: Pbx) -> Iterator[Row]:
    """`/SystemStatus/Pbx.SystemExtensions()`: every number that is neither a person's nor a trunk's."""
    for dn in all_dns(pbx):
        if pbx.directory.type_of(dn) not in {DnType.EXTENSION, DnType.EXTERNAL}:
            name = pbx.directory.name(dn) or dn
            yield {"Number": dn, "Name": name, "Type": peer_type(pbx.directory, dn), "IsRegistered": True}


def database(rows: int) -> Row:
    """`/SystemStatus/Pbx.SystemDatabaseInformation()`."""
    return {
        "Id": 0,
        "CallsUsedSpace": 8_192_000 + rows * 900,
        "ChatsUsedSpace": 1_433_600,
        "ChatFilesCount": 0,
        "EventLogUsedSpace": 286_720,
    }


def no_updates(last: datetime) -> Row:
    """A list of updates, empty since everything is up to date."""
    return {
        "Key": _NO_UPDATES,
        "Entries": [],
        "IsMaintananceExpired": False,
        "LastSuccessfulUpdate": stamp(last),
    }
