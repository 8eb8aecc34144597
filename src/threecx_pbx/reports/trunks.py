"""Trunks, their numbers, and who called which of them (api.md 7.2, 7.5)."""

from dataclasses import dataclass

from threecx_pbx.errors import RecordUnknown
from threecx_pbx.reports.periods import Period
from threecx_pbx.xapi.client import REPORT_PAGE, Row, Xapi
from threecx_pbx.xapi.odata import call


@dataclass(frozen=True, slots=True)
class Trunk:
    """One line to the outside; `number` is its own inside the PBX."""

    number: str
    name: str
    external_number: str
    dids: tuple[str, ...]


async def trunks(xapi: Xapi) -> list[Trunk]:
    """All of them, by number. Raises Forbidden, …"""
    rows = await xapi.rows("Trunks", "read the trunks")
    return sorted((_trunk(row) for row in rows if row.get("Number")), key=lambda one: one.number)


def _trunk(row: Row) -> Trunk:
    return Trunk(
        number=str(row["Number"]),
        name=str((row.get("Gateway") or {}).get("Name") or ""),
        external_number=str(row.get("ExternalNumber") or ""),
        dids=tuple(str(one) for one in row.get("DidNumbers") or []),
    )


async def calls_to(reports: Xapi, did: str, period: Period) -> frozenset[str]:
    """The CallHistoryIds of the calls to a DID: the call log itself does not tell it. Raises RecordUnknown, Forbidden."""
    path = call(
        "ReportInboundCalls/Pbx.GetInboundCalls",
        periodFrom=period.start,
        periodTo=period.last,
        trunkDns="",
        callsType=0,
    )
    wanted, found = _digits(did), set()
    try:
        async for page in reports.pages(path, "read the report of inbound calls", size=REPORT_PAGE):
            found |= {str(row.get("CallHistoryId")) for row in page if _same(row.get("Did"), wanted)}
    except RecordUnknown as error:
        # the report came with V20 Update 6 (api.md 1.6)
        raise RecordUnknown(
            "This build of 3CX does not tell which number was called.",
            hint="Filter by trunk, queue or extension instead, or bring the PBX to V20 Update 6.",
        ) from error
    return frozenset(found)


def _same(did: object, wanted: str) -> bool:
    """Providers write a number with or without its country: the shorter one ends the longer one."""
    have = _digits(str(did or ""))
    return bool(have) and bool(wanted) and (have.endswith(wanted) or wanted.endswith(have))


def _digits(number: str) -> str:
    return "".join(sign for sign in number if sign.isdigit()).lstrip("0")
