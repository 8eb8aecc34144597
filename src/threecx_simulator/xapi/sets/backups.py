"""The nightly backups of the PBX, and what is set about them."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from threecx_simulator.pbx.state import Pbx
from threecx_simulator.xapi.health import Health
from threecx_simulator.xapi.texts import stamp

Row = dict[str, Any]
_KEPT = 7
_SIZE = 84_500_000
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
        name = f"3CXScheduledBackup.{made:%Y%m%d%H%M%S}.zip"
        yield {
            "FileName": name,
            "CreationTime": stamp(made),
            "Size": _SIZE - back * 61_440,
            "DownloadLink": f"https://{pbx.world.fqdn}/api/BackupList/Download/{name}",
        }


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
