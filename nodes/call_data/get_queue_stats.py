"""How a queue does now, and how it did."""

from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from threecx_pbx.reports.active_calls import ActiveCall, active_calls
from threecx_pbx.reports.periods import Period
from threecx_pbx.reports.queues import AgentFigures, Queue, QueueFigures, agents_of, figures, queues, waiting
from threecx_runner.sdk import Context, Effect, Field, Located, Locator, Result, Wire, operation

from ..shared.ranged import Ranged, period_for


class Metric(StrEnum):
    """What to find out; each costs a request or more."""

    WAITING_CALLS = "waitingCalls"
    AVERAGE_WAIT_TIME = "averageWaitTime"
    AVAILABLE_AGENTS = "availableAgents"
    CALLS_ANSWERED = "callsAnswered"
    CALLS_ABANDONED = "callsAbandoned"
    SERVICE_LEVEL = "serviceLevel"
    PER_AGENT = "perAgent"


_NOW = {Metric.WAITING_CALLS, Metric.AVAILABLE_AGENTS}
_FIVE = [
    Metric.WAITING_CALLS,
    Metric.AVERAGE_WAIT_TIME,
    Metric.AVAILABLE_AGENTS,
    Metric.CALLS_ANSWERED,
    Metric.CALLS_ABANDONED,
]


class GetQueueStatsParams(Ranged):
    """Parameters of Get Queue Stats."""

    queue_id: Located = Locator()
    metrics: list[Metric] = _FIVE
    sla_seconds: Annotated[int, Field(ge=1, le=3600)] = 20


class AgentRow(Wire):
    """One agent over the period."""

    number: str
    name: str
    answered: int
    lost: int
    talk_seconds: float
    logged_in_seconds: float | None


class QueueStats(Result):
    """One queue. What was not asked for is null, and what this build of 3CX does not tell."""

    queue: str
    queue_name: str
    waiting_calls: int | None
    longest_wait_seconds: float | None
    available_agents: int | None
    logged_in_agents: int | None
    calls_received: int | None
    calls_answered: int | None
    calls_abandoned: int | None
    callbacks: int | None
    average_wait_time: float | None
    average_talk_seconds: float | None
    sla_percent: float | None
    agents: list[AgentRow] | None
    period_start: str
    period_end: str


@operation(result=QueueStats, effect=Effect.READ, lasts=timedelta(minutes=5))
async def get_queue_stats(on: Context, ask: GetQueueStatsParams) -> list[QueueStats]:
    """Live state first, then the reports, one at a time."""
    wanted = set(ask.metrics)
    if wanted - _NOW:  # a period needs the higher role, which is named first
        period = await period_for(on, ask)
        found = await _meant(on, ask.queue_id)
    else:
        found = await _meant(on, ask.queue_id)
        period = await period_for(on, ask)
    active = await active_calls(on.reports, ()) if wanted & _NOW else ()
    return [await _stats(on, ask, queue, period, active) for queue in found]


async def _meant(on: Context, where: Locator) -> list[Queue]:
    if where.mode == "id":
        return await queues(on.reports, id_=where.value)
    return await queues(on.reports, number=where.value)


async def _stats(
    on: Context, ask: GetQueueStatsParams, queue: Queue, period: Period, active: Sequence[ActiveCall]
) -> QueueStats:
    wanted = set(ask.metrics)
    waits = waiting(queue, active) if Metric.WAITING_CALLS in wanted else None
    agents = await agents_of(on.reports, queue, active) if Metric.AVAILABLE_AGENTS in wanted else None
    past = await _past(on, ask, queue, period) if wanted - _NOW else None
    return QueueStats(
        queue=queue.number,
        queue_name=queue.name,
        waiting_calls=None if waits is None else len(waits),
        longest_wait_seconds=None
        if waits is None
        else max((w.duration_seconds or 0 for w in waits), default=0),
        available_agents=None if agents is None else sum(agent.available for agent in agents),
        logged_in_agents=None if agents is None else sum(agent.person.in_queues for agent in agents),
        calls_received=None if past is None else past.received,
        calls_answered=None if past is None else past.answered,
        calls_abandoned=None if past is None else past.abandoned,
        callbacks=None if past is None else past.callbacks,
        average_wait_time=None if past is None else past.average_wait_seconds,
        average_talk_seconds=None if past is None else past.average_talk_seconds,
        sla_percent=past.sla_percent if past and Metric.SERVICE_LEVEL in wanted else None,
        agents=[_agent(one) for one in past.agents] if past and Metric.PER_AGENT in wanted else None,
        period_start=period.start.isoformat(),
        period_end=period.end.isoformat(),
    )


async def _past(on: Context, ask: GetQueueStatsParams, queue: Queue, period: Period) -> QueueFigures:
    sla = timedelta(seconds=ask.sla_seconds) if Metric.SERVICE_LEVEL in ask.metrics else None
    return await figures(on.reports, queue, period, sla=sla, agents=Metric.PER_AGENT in ask.metrics)


def _agent(one: AgentFigures) -> AgentRow:
    return AgentRow(
        number=one.number,
        name=one.name,
        answered=one.answered,
        lost=one.lost,
        talk_seconds=one.talk_seconds,
        logged_in_seconds=one.logged_in_seconds,
    )
