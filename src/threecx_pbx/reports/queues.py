"""Queues: who is in them, how they do now, and how they did (api.md 7.3, 7.5)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from threecx_pbx.errors import BadParameter, PbxFailed, RecordUnknown
from threecx_pbx.reports.active_calls import ActiveCall
from threecx_pbx.reports.people import Person, people, record_id
from threecx_pbx.reports.periods import Period, seconds_of
from threecx_pbx.xapi.client import REPORT_PAGE, Row, Xapi
from threecx_pbx.xapi.odata import Argument, call, one_of, text

_NONE = "0:00:0"
"""No waiting time is too short to count (api.md 7.5)."""
_BY_PERIOD = frozenset({"AbandonedQueueCalls", "QueuePerformanceTotals", "QueuePerformanceOverview"})
_TALKING = "Talking"
"""A queue's own leg is `Connected` while its music plays; only somebody who talks is past waiting (api.md 7.2)."""


@dataclass(frozen=True, slots=True)
class Queue:
    """One queue with the numbers and skill groups of its agents."""

    id: int
    number: str
    name: str
    agents: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Agent:
    """One agent of a queue, as of now."""

    person: Person
    skill_group: str
    on_call: bool

    @property
    def available(self) -> bool:
        """Could take a call: logged in, with a phone, present, and not on the phone."""
        return (
            self.person.in_queues
            and self.person.registered
            and not self.on_call
            and self.person.profile in ("", "Available")
        )


@dataclass(frozen=True, slots=True)
class AgentFigures:
    """What one agent did in a period."""

    number: str
    name: str
    answered: int
    lost: int
    talk_seconds: float
    logged_in_seconds: float | None


@dataclass(frozen=True, slots=True)
class QueueFigures:
    """One queue over a period. A report leaves zeros out; here they stand. None: this build of 3CX does not tell it."""

    received: int
    answered: int
    abandoned: int
    callbacks: int | None
    average_wait_seconds: float | None
    average_talk_seconds: float | None
    late: int | None
    """Calls that waited longer than the service level allows."""
    agents: tuple[AgentFigures, ...]

    @property
    def sla_percent(self) -> float | None:
        """Share of calls within the service level; None without calls."""
        if self.late is None or not self.received:
            return None
        return round(100 * (1 - self.late / self.received), 1)


async def queues(xapi: Xapi, *, number: str = "", id_: str = "") -> list[Queue]:
    """All queues, or the one that is meant. Raises RecordUnknown, BadParameter, Forbidden."""
    condition = f"Number eq {text(number.strip())}" if number.strip() else ""
    if id_:
        condition = f"Id eq {record_id(id_)}"
    rows = await xapi.rows(
        "Queues",
        "read the queues",
        filter=condition,
        expand="Agents",
        select="Id,Number,Name",
        orderby="Number",
    )
    if condition and not rows:
        raise RecordUnknown(f"The PBX has no queue {(id_ or number).strip()[:40]}.")
    return [_queue(row) for row in rows]


def _queue(row: Row) -> Queue:
    agents = [one for one in row.get("Agents") or [] if one.get("Number")]
    return Queue(
        id=int(row.get("Id") or 0),
        number=str(row.get("Number") or ""),
        name=str(row.get("Name") or ""),
        agents=tuple((str(one["Number"]), str(one.get("SkillGroup") or "")) for one in agents),
    )


async def queue_numbers(xapi: Xapi) -> frozenset[str]:
    """Of all queues. Raises Forbidden, …"""
    rows = await xapi.rows("Queues", "read the queues", select="Number")
    return frozenset(str(row["Number"]) for row in rows if row.get("Number"))


async def agents_of(xapi: Xapi, queue: Queue, active: Sequence[ActiveCall]) -> list[Agent]:
    """The queue's agents with their state. The log-in is one for all queues of an agent (api.md 7.3)."""
    skills = dict(queue.agents)
    found: list[Person] = []
    numbers = list(skills)
    for begin in range(0, len(numbers), 40):  # an address has room for so many
        part = one_of("Number", numbers[begin : begin + 40])
        found += [one async for one in people(xapi, condition=part)]
    busy = {number for one in active for number in (one.caller_number, one.callee_number)}
    return [Agent(one, skills[one.number], one.number in busy) for one in found]


def waiting(queue: Queue, active: Sequence[ActiveCall]) -> list[ActiveCall]:
    """Calls at the queue's number that nobody has answered."""
    return [one for one in active if waits(one, {queue.number})]


def waits(call: ActiveCall, queues_: Collection[str]) -> bool:
    """Whether the call is at one of these queues and nobody has answered it: inferred, nothing tells it (api.md 7.2)."""
    return call.callee_number in queues_ and call.status != _TALKING


async def figures(
    reports: Xapi, queue: Queue, period: Period, *, sla: timedelta | None = None, agents: bool = False
) -> QueueFigures:
    """Several reports, one after the other: they are heavy. One that this build fails with has a stand-in.

    Raises Forbidden, and RecordUnknown or PbxFailed when the stand-in fails as well.
    """
    counted = await _counted(reports, queue, period)
    lost = await _report(reports, "AbandonedQueueCalls", queue, period)
    late = await _report(reports, "StatisticSla", queue, period, _interval(sla)) if sla else None
    return replace(
        counted,
        abandoned=counted.abandoned if lost is None else len({one.get("CallHistoryId") for one in lost}),
        late=None if late is None else sum(int(one.get("BadSlaCallsCount") or 0) for one in late),
        agents=await _team(reports, queue, period) if agents else (),
    )


async def _counted(reports: Xapi, queue: Queue, period: Period) -> QueueFigures:
    """From the detailed statistics, else from the totals, which know no times."""
    detailed = await _report(reports, "DetailedQueueStatistics", queue, period)
    if detailed is not None:
        row = detailed[0] if detailed else {}
        return _figures(
            row.get("CallsCount"),
            row.get("AnsweredCount"),
            callbacks=int(row.get("CallbacksCount") or 0),
            average_wait_seconds=seconds_of(row.get("AvgRingTime")),
            average_talk_seconds=seconds_of(row.get("AvgTalkTime")),
        )
    totals = await _rows(reports, "QueuePerformanceTotals", queue, period)
    row = next((one for one in totals if one.get("QueueDn") == queue.number), {})
    return _figures(row.get("QueueReceivedCount"), row.get("ExtensionAnsweredCount"))


def _figures(received: int | None, answered: int | None, **times: Any) -> QueueFigures:
    whole = received or 0, answered or 0
    blank = {"callbacks": None, "average_wait_seconds": None, "average_talk_seconds": None}
    return QueueFigures(*whole, max(0, whole[0] - whole[1]), late=None, agents=(), **blank | times)


async def _team(reports: Xapi, queue: Queue, period: Period) -> tuple[AgentFigures, ...]:
    """From the agents' statistics, else from the overview, which knows no log-in times."""
    team = await _report(reports, "AgentsInQueueStatistics", queue, period)
    if team is not None:
        return tuple(_agent(one) for one in team)
    overview = await _rows(reports, "QueuePerformanceOverview", queue, period)
    return tuple(_agent_of_overview(one) for one in overview if one.get("ExtensionDn"))


def _agent(row: Row) -> AgentFigures:
    return AgentFigures(
        number=str(row.get("Dn") or ""),
        name=str(row.get("DnDisplayName") or ""),
        answered=int(row.get("AnsweredCount") or 0),
        lost=int(row.get("LostCount") or 0),
        talk_seconds=seconds_of(row.get("TalkTime")),
        logged_in_seconds=seconds_of(row.get("LoggedInTime")),
    )


def _agent_of_overview(row: Row) -> AgentFigures:
    return AgentFigures(
        number=str(row["ExtensionDn"]),
        name=str(row.get("ExtensionDisplayName") or ""),
        answered=int(row.get("ExtensionAnsweredCount") or 0),
        lost=int(row.get("ExtensionDroppedCount") or 0),
        talk_seconds=seconds_of(row.get("TalkTime")),
        logged_in_seconds=None,
    )


async def _report(
    reports: Xapi, name: str, queue: Queue, period: Period, interval: str = _NONE
) -> list[Row] | None:
    """None where this build lacks the report or fails with it: 404 and 500 are seen (api.md 7.5)."""
    try:
        return await _rows(reports, name, queue, period, interval)
    except (RecordUnknown, PbxFailed):
        return None


async def _rows(reports: Xapi, name: str, queue: Queue, period: Period, interval: str = _NONE) -> list[Row]:
    """A real number always: without one some reports answer 404 (api.md 7.5)."""
    path = call(f"Report{name}/Pbx.Get{name}Data", **_arguments(name, queue, period, interval))
    pages = reports.pages(path, f"read the report {name}", size=REPORT_PAGE)
    return [row async for page in pages for row in page]


def _arguments(name: str, queue: Queue, period: Period, interval: str) -> dict[str, Argument]:
    """Two families of parameters, each in its order (api.md 7.5)."""
    if name in _BY_PERIOD:
        told: dict[str, Argument] = {
            "periodFrom": period.start,
            "periodTo": period.last,
            "queueDns": queue.number,
        }
    else:
        told = {"queueDnStr": queue.number, "startDt": period.start, "endDt": period.last}
    return told | {"waitInterval": interval}


def _interval(length: timedelta) -> str:
    """`0:00:20`, as the reports take it."""
    seconds = int(length.total_seconds())
    if seconds < 0:
        raise BadParameter("The service level is below zero.", hint="Enter seconds.")
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
