"""How much of the licence is in use."""

from dataclasses import dataclass

from threecx_pbx.xapi.client import Xapi


@dataclass(frozen=True, slots=True)
class Room:
    """Simultaneous calls: those that are up, and how many the licence allows; 0: the PBX names no limit."""

    active: int
    most: int

    @property
    def left(self) -> int | None:
        """None without a limit."""
        return max(0, self.most - self.active) if self.most else None


async def room(xapi: Xapi) -> Room:
    """As of now (api.md 7: SystemStatus). Raises Forbidden, LicenceMissing, …"""
    status = await xapi.one("SystemStatus", "read the system status")
    return Room(int(status.get("CallsActive") or 0), int(status.get("MaxSimCalls") or 0))
