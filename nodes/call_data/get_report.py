"""Any report of the PBX by name."""

from collections.abc import AsyncIterator
from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import ConfigDict

from threecx_pbx.errors import BadParameter
from threecx_pbx.reports.catalogue import DEFAULT_GROUP, Wanted, filters_of, rows_of, simplified
from threecx_runner.sdk import Context, Effect, Field, NumberList, Result, Wire, operation

from ..shared.known import known_agents, known_department, known_queues
from ..shared.listing import Listed
from ..shared.ranged import Ranged, period_for


class ReportName(StrEnum):
    """Reports that 3CX offers (api.md 7.5)."""

    ABANDONED_QUEUE_CALLS = "abandonedQueueCalls"
    AGENT_LOGIN_HISTORY = "agentLoginHistory"
    AGENTS_IN_QUEUE_STATISTICS = "agentsInQueueStatistics"
    AVERAGE_QUEUE_WAITING_TIME = "averageQueueWaitingTime"
    BREACHES_SLA = "breachesSla"
    CALL_DISTRIBUTION = "callDistribution"
    DETAILED_QUEUE_STATISTICS = "detailedQueueStatistics"
    EXTENSION_STATISTICS = "extensionStatistics"
    EXTENSION_STATISTICS_BY_GROUP = "extensionStatisticsByGroup"
    EXTENSIONS_STATISTICS_BY_RING_GROUPS = "extensionsStatisticsByRingGroups"
    INBOUND_CALLS = "inboundCalls"
    OUTBOUND_CALLS = "outboundCalls"
    QUEUE_ANSWERED_CALLS_BY_WAIT_TIME = "queueAnsweredCallsByWaitTime"
    QUEUE_CALLBACKS = "queueCallbacks"
    QUEUE_PERFORMANCE_OVERVIEW = "queuePerformanceOverview"
    QUEUE_PERFORMANCE_TOTALS = "queuePerformanceTotals"
    RING_GROUP_STATISTICS = "ringGroupStatistics"
    STATISTIC_SLA = "statisticSla"
    TEAM_QUEUE_GENERAL_STATISTICS = "teamQueueGeneralStatistics"
    USER_ACTIVITY = "userActivity"


class CallArea(StrEnum):
    """Which calls count."""

    ALL = "all"
    INTERNAL = "internal"
    EXTERNAL = "external"


_FILTERS = {
    "queues": ("Queues", "queues"),
    "agents": ("Agents", "agents"),
    "extensions": ("Extensions", "extensions"),
    "trunks": ("Trunks", "trunks"),
    "ring_groups": ("Ring Groups", "ring_groups"),
    "department": ("Department", "group"),
    "wait_seconds": ("Wait (Seconds)", "wait_seconds"),
    "call_area": ("Call Area", "call_area"),
    "include_queue_calls": ("Include Queue Calls", "queue_calls"),
}
"""Filter → its name in the editor, and what it is of `Wanted`."""
_AREAS = {CallArea.ALL: 0, CallArea.INTERNAL: 1, CallArea.EXTERNAL: 2}


class ReportFilters(Wire):
    """Each report has some of them."""

    queues: NumberList = []
    agents: NumberList = []
    extensions: NumberList = []
    trunks: NumberList = []
    ring_groups: NumberList = []
    department: str = ""
    wait_seconds: Annotated[int, Field(ge=0, le=86_399)] = 0
    call_area: CallArea = CallArea.ALL
    include_queue_calls: bool = True


class GetReportParams(Ranged, Listed):
    """Parameters of Get Report."""

    report: ReportName = ReportName.QUEUE_PERFORMANCE_TOTALS
    filters: ReportFilters = ReportFilters()
    simplify: bool = True


class ReportRow(Result):
    """One row of the report, with the report's own fields beside its name."""

    model_config = ConfigDict(extra="allow")
    report: ReportName


@operation(result=ReportRow, effect=Effect.READ, lasts=timedelta(minutes=10))
async def get_report(on: Context, ask: GetReportParams) -> AsyncIterator[ReportRow]:
    """Zeros that the PBX leaves out are put back, unless the rows are wanted as they are."""
    by = ask.filters
    _check_filters(ask)
    period = await period_for(on, ask)
    wanted = Wanted(
        period=period,
        zone=period.zone,
        queues=await known_queues(on.reports, _meant(by.queues), "Queues"),
        agents=await known_agents(on.reports, _meant(by.agents), "Agents"),
        extensions=_meant(by.extensions),
        trunks=_meant(by.trunks),
        ring_groups=_meant(by.ring_groups),
        group=await known_department(on.reports, by.department) if by.department.strip() else DEFAULT_GROUP,
        wait_seconds=by.wait_seconds,
        call_area=_AREAS[by.call_area],
        queue_calls=by.include_queue_calls,
    )
    async for page in rows_of(on.reports, ask.report, wanted, ask.most):
        for row in page:
            told = simplified(ask.report, row) if ask.simplify else row
            yield ReportRow.model_validate({"report": ask.report, **told})


def _check_filters(ask: GetReportParams) -> None:
    """Raises BadParameter for a filter that would change nothing."""
    obeyed = filters_of(ask.report)
    has = {shown for shown, field in _FILTERS.values() if field in obeyed}
    chosen = ask.filters.model_dump(exclude_defaults=True)
    given = {_FILTERS[name][0] for name, value in chosen.items() if value != ["*"]}
    strange = ", ".join(sorted(given - has))
    if strange:
        raise BadParameter(
            f"The report {ask.report} has no filter {strange}.",
            hint=f"Remove it; the filters of this report are: {', '.join(sorted(has)) or 'none'}.",
        )


def _meant(numbers: list[str]) -> tuple[str, ...]:
    return tuple(number for number in numbers if number != "*")
