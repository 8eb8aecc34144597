"""How well the machine behind the PBX is; tests and scenarios change it to see who notices."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass
class Health:
    """What `SystemStatus`, `Services` and `Trunks` report. Sizes in bytes, usage in percent."""

    disk_usage: int = 21
    total_disk: int = 30_268_366_848
    license_expires: datetime | None = None
    """None = in 2035."""
    stopped_services: set[str] = field(default_factory=set)
    trunks_down: set[str] = field(default_factory=set)
    recording_quota_reached: bool = False
    recording_stopped: bool = False
    voicemail_quota_reached: bool = False
    last_backup: datetime | None = None
    """None = last night."""
    firewall_ok: bool = True
    phones_ok: bool = True
