"""Every report of the PBX by name, with its parameters in the order that the PBX wants (api.md 7.5)."""

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

from threecx_pbx.errors import BadParameter, PbxFailed, RecordUnknown
from threecx_pbx.reports.periods import Period, seconds_of
from threecx_pbx.xapi.client import REPORT_PAGE, Row, Xapi
from threecx_pbx.xapi.odata import Argument, call

DEFAULT_GROUP = "GRP0000"
"""The whole system: an empty group answers 200 without rows (api.md 7.5)."""
_NEEDS_QUEUES = frozenset({"abandonedQueueCalls", "agentsInQueueStatistics"})
"""Answer 404 without real queue numbers (api.md 7.5)."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a report is asked; each report takes what it knows. Numbers are joined as the PBX wants them."""

    period: Period
    zone: ZoneInfo
    queues: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()
    extensions: tuple[str, ...] = ()
    trunks: tuple[str, ...] = ()
    ring_groups: tuple[str, ...] = ()
    group: str = DEFAULT_GROUP
    wait_seconds: int = 0
    call_area: int = 0
    grouping: int = 0
    chart_by: str = "Day"
    queue_calls: bool = True


_FILTERS = {
    "queues": {"queueDns", "queueDnStr"},
    "agents": {"agentDnStr"},
    "extensions": {"extensionDns", "extensionFilter"},
    "trunks": {"trunkDns"},
    "ring_groups": {"ringGroupDns"},
    "group": {"groupNumber", "groupFilter"},
    "wait_seconds": {"waitInterval", "answerInterval"},
    "call_area": {"callArea"},
    "queue_calls": {"includeQueueCalls"},
}
"""Field of `Wanted` → the reports' parameters for it."""


@dataclass(frozen=True, slots=True)
class Report:
    """One report: parameter → kind and field → kind, as the swagger names them."""

    function: str
    parameters: Mapping[str, str]
    fields: Mapping[str, str]


@cache
def catalogue() -> Mapping[str, Report]:
    """Name → report."""
    raw = json.loads(files("threecx_pbx.reports").joinpath("catalogue.json").read_text("utf-8"))
    return {name: Report(**one) for name, one in raw.items()}


def report_named(name: str) -> Report:
    """Raises BadParameter."""
    found = catalogue().get(name)
    if found is None:
        raise BadParameter(
            f"There is no report '{name}'.", hint=f"Use one of these: {', '.join(sorted(catalogue()))}."
        )
    return found


def filters_of(name: str) -> frozenset[str]:
    """The fields of `Wanted` that the report obeys. Raises BadParameter."""
    parameters = report_named(name).parameters.keys()
    return frozenset(field for field, names in _FILTERS.items() if names & parameters)


async def rows_of(
    reports: Xapi, name: str, wanted: Wanted, limit: int | None = None
) -> AsyncIterator[list[Row]]:
    """The report's rows as the PBX gives them. Raises RecordUnknown where this build lacks it, BadParameter, Forbidden, …"""
    report_named(name)
    if name in _NEEDS_QUEUES and not wanted.queues:
        numbers = await reports.rows("Queues", "read the queues", select="Number")
        wanted = replace(wanted, queues=tuple(str(row["Number"]) for row in numbers if row.get("Number")))
    try:
        async for page in _pages(reports, name, wanted, limit, _offset(wanted)):
            yield page
    except RecordUnknown:
        if "clientTimeZone" not in report_named(name).parameters:
            raise
        # some builds want an offset, others an IANA name, and answer 404 to the other (api.md 7.5)
        async for page in _pages(reports, name, wanted, limit, wanted.zone.key):
            yield page
    except PbxFailed:
        if name != "extensionStatistics":
            raise
        # 500 on some builds; the report by group tells the same (api.md 7.5)
        async for page in _by_group(reports, wanted, limit):
            yield page


async def _by_group(reports: Xapi, wanted: Wanted, limit: int | None) -> AsyncIterator[list[Row]]:
    """The whole system's rows, of which those of the wanted extensions count for the limit."""
    left = limit
    async for page in _pages(reports, "extensionStatisticsByGroup", wanted, None, ""):
        kept = [row for row in page if not wanted.extensions or row.get("Dn") in wanted.extensions][:left]
        yield kept
        left = None if left is None else left - len(kept)
        if left == 0:
            return


def _pages(
    reports: Xapi, name: str, wanted: Wanted, limit: int | None, zone: str
) -> AsyncIterator[list[Row]]:
    report = report_named(name)
    known = _arguments(wanted, zone)
    path = call(report.function, **{key: known.get(key, 0) for key in report.parameters})
    return reports.pages(path, f"read the report {name}", size=REPORT_PAGE, limit=limit)


def _arguments(wanted: Wanted, zone: str) -> dict[str, Argument]:
    queues, extensions = " ".join(wanted.queues), ",".join(wanted.extensions)
    interval = f"{wanted.wait_seconds // 3600}:{wanted.wait_seconds // 60 % 60:02}:{wanted.wait_seconds % 60}"
    return {
        "clientTimeZone": zone,
        "periodFrom": wanted.period.start,
        "startDt": wanted.period.start,
        "chartDate": wanted.period.start,
        "periodTo": wanted.period.last,
        "endDt": wanted.period.last,
        "chartBy": wanted.chart_by,
        "queueDns": queues,
        "queueDnStr": queues,
        "agentDnStr": " ".join(wanted.agents),
        "extensionDns": extensions,
        "extensionFilter": extensions,
        "trunkDns": ",".join(wanted.trunks),
        "ringGroupDns": ",".join(wanted.ring_groups),
        "groupNumber": wanted.group,
        "groupFilter": wanted.group,
        "waitInterval": interval,
        "answerInterval": interval,
        "callArea": wanted.call_area,
        "includeQueueCalls": wanted.queue_calls,
        "groupingType": wanted.grouping,
    }


def _offset(wanted: Wanted) -> str:
    """`+01:00`, as it is when the period begins."""
    begins: datetime = wanted.period.start.astimezone(wanted.zone)
    return begins.isoformat()[-6:]


def simplified(name: str, row: Row) -> Row:
    """Camel case, durations in seconds, and zeros and nulls that the PBX leaves out (api.md 7.1)."""
    fields = report_named(name).fields
    full: dict[str, Any] = dict.fromkeys(fields) | row
    return {_camel(key): _plain(fields.get(key, "text"), value) for key, value in full.items()}


def _camel(key: str) -> str:
    """`QueueDn` → `queueDn`; 3CX's odd `actionDnDn` and `loggedInDt` are right already."""
    return key[:1].lower() + key[1:]


def _plain(kind: str, value: Any) -> Any:
    match kind:
        case "duration":
            return seconds_of(value)
        case "number":
            return value or 0
        case "boolean":
            return bool(value)
        case _:
            return value
