"""The PBX's own time zone and country: what a date or a local number means when nobody says more."""

from zoneinfo import ZoneInfo

from threecx_pbx.errors import BadParameter
from threecx_pbx.reports.periods import zone_named
from threecx_pbx.xapi.client import Xapi
from threecx_pbx.xapi.odata import text


async def pbx_zone(xapi: Xapi) -> ZoneInfo:
    """Of the PBX's office hours. Raises Forbidden when the API client may not read them, BadParameter."""
    hours = await xapi.one("OfficeHours", "read the office hours", select="TimeZoneId")
    return await zone_of(xapi, str(hours.get("TimeZoneId") or ""))


async def zone_of(xapi: Xapi, id_: str) -> ZoneInfo:
    """The zone of a `TimeZoneId`: an IANA name, or a number of 3CX's own table. Raises BadParameter, Forbidden."""
    if "/" in id_ or id_ == "UTC":
        return zone_named(id_)
    rows = await xapi.rows("Defs/TimeZones", "read the time zones", filter=f"Id eq {text(id_)}")
    iana = next((row.get("IanaName") for row in rows if row.get("Id") == id_), None)
    if not iana:
        raise BadParameter(
            "The PBX does not tell its time zone.", hint="Fill in Time Zone, for example Europe/Berlin."
        )
    return zone_named(str(iana))


async def pbx_country(xapi: Xapi) -> str:
    """Two letters, from the licence; empty where it tells none. Raises Forbidden."""
    licence = await xapi.one("LicenseStatus", "read the licence", select="CountryCode")
    return str(licence.get("CountryCode") or "").upper()[:2]
