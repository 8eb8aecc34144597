"""Report functions by path."""

from threecx_simulator.xapi.reports import outside, people, queues, shifts
from threecx_simulator.xapi.reports.books import Report

REPORTS: dict[str, Report] = {
    "ReportQueuePerformanceOverview/Pbx.GetQueuePerformanceOverviewData": queues.performance_overview,
    "ReportQueuePerformanceTotals/Pbx.GetQueuePerformanceTotalsData": queues.performance_totals,
    "ReportDetailedQueueStatistics/Pbx.GetDetailedQueueStatisticsData": queues.detailed,
    "ReportTeamQueueGeneralStatistics/Pbx.GetTeamQueueGeneralStatisticsData": queues.team_general,
    "ReportAbandonedQueueCalls/Pbx.GetAbandonedQueueCallsData": queues.abandoned,
    "ReportAgentsInQueueStatistics/Pbx.GetAgentsInQueueStatisticsData": queues.agents_in_queue,
    "ReportStatisticSla/Pbx.GetStatisticSlaData": queues.statistic_sla,
    "ReportBreachesSla/Pbx.GetBreachesSlaData": queues.breaches_sla,
    "ReportQueueAnsweredCallsByWaitTime/Pbx.GetQueueAnsweredCallsByWaitTimeData": queues.answered_by_wait,
    "ReportQueueCallbacks/Pbx.GetQueueCallbacksData": queues.callbacks,
    "ReportQueueFailedCallbacks/Pbx.GetQueueFailedCallbacksData": queues.failed_callbacks,
    "ReportAverageQueueWaitingTime/Pbx.GetAverageQueueWaitingTimeData": queues.average_waiting,
    "ReportQueueAnUnCalls/Pbx.GetQueueAnUnCallsData": queues.answered_unanswered,
    "ReportAgentLoginHistory/Pbx.GetAgentLoginHistoryData": shifts.login_history,
    "ReportExtensionStatisticsByGroup/Pbx.GetExtensionStatisticsByGroupData": people.statistics_by_group,
    "ReportExtensionStatistics/Pbx.GetExtensionStatisticsData": people.statistics,
    "ReportUserActivity/Pbx.GetUserActivity": people.user_activity,
    "ReportCallDistribution/Pbx.GetCallDistribution": people.call_distribution,
    "ReportRingGroupStatistics/Pbx.GetRingGroupStatisticsData": people.ring_group_statistics,
    "ReportExtensionsStatisticsByRingGroups/Pbx.GetExtensionsStatisticsByRingGroupsData": people.extensions_by_ring_groups,
    "ReportInboundCalls/Pbx.GetInboundCalls": outside.inbound,
    "ReportOutboundCalls/Pbx.GetOutboundCalls": outside.outbound,
    "ReportCallCostByExtensionGroup/Pbx.GetCallCostByExtensionGroupData": outside.call_cost,
    "ReportInboundRules/Pbx.GetInboundRulesData": outside.inbound_rules,
    "ReportAbandonedChatsStatistics/Pbx.GetAbandonedChatsStatisticsData": outside.nothing,
    "ReportQueueAgentsChatStatistics/Pbx.GetQueueAgentsChatStatisticsData": outside.nothing,
    "ReportQueueAgentsChatStatisticsTotals/Pbx.GetQueueAgentsChatStatisticsTotalsData": outside.nothing,
    "ReportQueueChatPerformance/Pbx.GetQueueChatPerformanceData": outside.nothing,
    "ReportChatLog/Pbx.GetChatLog": outside.nothing,
    "ReportAuditLog/Pbx.GetAuditLogData": outside.nothing,
}


def report_behind(path: str) -> str | None:
    """The report whose rows a `Download…` function of the same owner sends as CSV."""
    owner, _, name = path.partition("/")
    if not name.startswith("Pbx.Download"):
        return None
    return next((one for one in REPORTS if one.startswith(f"{owner}/")), None)
