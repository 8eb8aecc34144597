"""The nightly backups of the PBX, and what is set about them."""

import hashlib
import io
import zipfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from random import Random
from typing import Any
from urllib.parse import quote

from threecx_simulator.pbx.state import Pbx
from threecx_simulator.xapi.health import Health
from threecx_simulator.xapi.texts import stamp

Row = dict[str, Any]
_KEPT = 7
_BULK = 192_000  # bytes of a backup that nobody can read
_NIGHTLY = {
    "ScheduleType": "Daily",
    "Day": "Sunday",
    "Time": "00:00:00",
    "RepeatHours": 0,
    "RepeatMinutes": 0,
}


def last_backup(health: Health, now: datetime) -> datetime:
    """When the newest was made: last midnight unless `health` says otherwise."""
    return health.last_backup or now.replace(hour=0, minute=0, second=2, microsecond=0)


def backups(pbx: Pbx, health: Health, now: datetime) -> Iterator[Row]:
    """`/Backups`: the last week's, the newest first."""
    newest = last_backup(health, now)
    for back in range(_KEPT):
        made = newest - timedelta(days=back)
        yield backup(pbx.world.fqdn, f"3CXScheduledBackup.{made:%Y%m%d%H%M%S}.zip", made)


def backup(fqdn: str, name: str, made: datetime) -> Row:
    """One row. The link begins at the web server's root and works without a token (third-party code follows it so)."""
    return {
        "FileName": name,
        "CreationTime": stamp(made),
        "Size": len(archive(name)),
        "DownloadLink": f"/backups/{ticket(fqdn, name)}/{quote(name)}",
    }


def ticket(fqdn: str, name: str) -> str:
    """What lets whoever has it fetch that backup."""
    return hashlib.sha256(f"{fqdn} backup {name}".encode()).hexdigest()[:32]


@lru_cache(maxsize=64)
def archive(name: str) -> bytes:
    """The backup itself: a ZIP, the same whenever it is fetched."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as whole:
        for inside, size in (("BackupSettings.xml", 400), ("DbTables/cl_calls.csv", _BULK)):
            data = Random(f"{name} {inside}").randbytes(size)  # noqa: S311 (fiction, no secret)
            whole.writestr(zipfile.ZipInfo(inside), data)
    return made.getvalue()


def backup_settings() -> Row:
    """`/Backups/Pbx.GetBackupSettings()`."""
    contents = {
        "FQDN": True,
        "License": True,
        "CallHistory": True,
        "Prompts": True,
        "PhoneProvisioning": False,
        "Recordings": False,
        "VoiceMails": False,
        "EncryptBackup": False,
        "DisableBackupCompression": False,
    }
    return {"ScheduleEnabled": True, "Schedule": _NIGHTLY, "Rotation": _KEPT, "Contents": contents}


def restore_settings() -> Row:
    """`/Backups/Pbx.GetRestoreSettings()`: nothing is restored by itself."""
    return {"ScheduleEnabled": False, "Schedule": _NIGHTLY, "EncryptBackup": False}


def failover_settings() -> Row:
    """`/Backups/Pbx.GetBackupFailoverSettings()`: this PBX has no twin."""
    return {
        "Enabled": False,
        "Mode": "Active",
        "Condition": "AllService",
        "Interval": 60,
        "TestSIPServer": True,
        "TestTunnel": True,
        "TestWebServer": True,
        "RemoteServer": "",
        "PreStartScript": "",
        "PostStartScript": "",
    }


def repository_settings() -> Row:
    """`/Backups/Pbx.GetBackupRepositorySettings()`: they lie on the machine itself."""
    return {"Location": {"FileSystemType": "Local", "LocalPath": "/var/lib/3cxpbx/Instance1/Data/Backups"}}
