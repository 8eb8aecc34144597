"""Reports about queues."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from threecx_simulator.company.past import PastCall, Visit
from threecx_simulator.xapi.cdr import history_id
from threecx_simulator.xapi.reports.books import Books, Given, Row, client_zone, interval, slot
from threecx_simulator.xapi.reports.shifts import seconds, shifts
from threecx_simulator.xapi.texts import duration, stamp


@dataclass
class Tally:
    """What adds up while a queue's or agent's calls go by."""

    received: int = 0
    answered: int = 0
    lost: int = 0
    talk: float = 0.0
    ring: float = 0.0
    late: int = 0
    callbacks: int = 0
    failed: int = 0
    agents: Counter[str] = field(default_factory=Counter)

    def mean(self, total: float) -> float:
        """Per answered call."""
        return total / self.answered if self.answered else 0.0


def _counted(visit: Visit, least: float) -> bool:
    """Callers who gave up sooner than `waitInterval` are not counted (G)."""
    return visit.agent is not None or visit.waited >= least


def _failed(call: PastCall, visit: Visit) -> bool:
    """One call-back in four reaches nobody."""
    return visit.callback and call.number % 4 == 0


def _by_queue(
    books: Books, given: Given, names: tuple[str, str, str], needed: bool = False
) -> dict[str, Tally]:
    first, last, queues = (given[name] for name in names)
    wanted = books.queues(queues, needed=needed)
    tallies = {number: Tally() for number in wanted}
    least = interval(given.get("waitInterval", ""))
    for call, visit in books.visits(first, last, wanted):
        if not _counted(visit, least):
            continue
        tally = tallies[visit.queue]
        tally.received += 1
        tally.callbacks += visit.callback
        tally.failed += _failed(call, visit)
        if visit.agent is None:
            tally.lost += 1
        else:
            tally.answered += 1
            tally.talk += visit.talked
            tally.ring += visit.waited
            tally.agents[visit.agent] += 1
    return tallies


_PERIOD = ("periodFrom", "periodTo", "queueDns")
_DATES = ("startDt", "endDt", "queueDnStr")


def _by_agent(
    books: Books, given: Given, names: tuple[str, str, str], needed: bool = False
) -> dict[tuple[str, str], Tally]:
    first, last, queues = (given[name] for name in names)
    wanted = books.queues(queues, needed=needed)
    least = interval(given.get("waitInterval", ""))
    agents = {str(one.number): one.agents for one in books.world.queues}
    tallies = {(queue, str(agent)): Tally() for queue in wanted for agent in agents[queue]}
    for _, visit in books.visits(first, last, wanted):
        if not _counted(visit, least):
            continue
        for poll in visit.polls:
            tally = tallies.setdefault((visit.queue, poll.agent), Tally())
            tally.received += 1
            tally.ring += poll.ringing
            if poll.answered:
                tally.answered += 1
                tally.talk += visit.talked
            else:
                tally.lost += 1
    return tallies


def performance_overview(books: Books, given: Given) -> Iterator[Row]:
    """Queue by agent."""
    totals, agents = _by_queue(books, given, _PERIOD), _by_agent(books, given, _PERIOD)
    names = books.queues("")
    for place, ((queue, agent), tally) in enumerate(sorted(agents.items())):
        yield {
            "QueueDn": queue,
            "QueueDisplayName": names.get(queue, queue),
            "ExtensionDn": agent,
            "ExtensionDisplayName": books.person(agent),
            "QueueReceivedCount": totals[queue].received,
            "QueueAnsweredCount": totals[queue].answered,
            "ExtensionAnsweredCount": tally.answered,
            "ExtensionDroppedCount": tally.lost,
            "TalkTime": duration(tally.talk),
            "SortOrder": place,
        }


def performance_totals(books: Books, given: Given) -> Iterator[Row]:
    """Queue by queue."""
    agents = _by_agent(books, given, _PERIOD)
    names = books.queues("")
    for queue, tally in _by_queue(books, given, _PERIOD).items():
        yield {
            "QueueDn": queue,
            "QueueDisplayName": names[queue],
            "QueueReceivedCount": tally.received,
            "ExtensionAnsweredCount": tally.answered,
            "ExtensionDroppedCount": sum(one.lost for (number, _), one in agents.items() if number == queue),
        }


def detailed(books: Books, given: Given) -> Iterator[Row]:
    """Waiting and talking by queue."""
    names = books.queues("")
    for queue, tally in _by_queue(books, given, _DATES).items():
        yield {
            "QueueDn": names[queue],
            "QueueDnNumber": queue,
            "CallsCount": tally.received,
            "AnsweredCount": tally.answered,
            "RingTime": duration(tally.ring),
            "AvgRingTime": duration(tally.mean(tally.ring)),
            "TalkTime": duration(tally.talk),
            "AvgTalkTime": duration(tally.mean(tally.talk)),
            "CallbacksCount": tally.callbacks,
        }


def team_general(books: Books, given: Given) -> Iterator[Row]:
    """One line for each queue."""
    names = books.queues("")
    agents = {str(one.number): len(one.agents) for one in books.world.queues}
    for queue, tally in _by_queue(books, given, _DATES).items():
        yield {
            "Dn": names[queue],
            "QueueDnNumber": queue,
            "AgentsInQueueCount": agents[queue],
            "ReceivedCount": tally.received,
            "AnsweredCount": tally.answered,
            "TotalTalkTime": duration(tally.talk),
            "AvgTalkTime": duration(tally.mean(tally.talk)),
        }


def abandoned(books: Books, given: Given) -> Iterator[Row]:
    """Callers who gave up, one row for each agent who was rung; the first row of a call alone has `CallTime` (T)."""
    wanted = books.queues(given["queueDns"], needed=True)
    least = interval(given["waitInterval"])
    for call, visit in books.visits(given["periodFrom"], given["periodTo"], wanted):
        if visit.agent is not None or visit.waited < least:
            continue
        polled = Counter(poll.agent for poll in visit.polls)
        for place, agent in enumerate(polled or [""]):
            yield _abandoned(books, call, visit, agent, place, polled[agent])


def _abandoned(books: Books, call: PastCall, visit: Visit, agent: str, place: int, attempts: int) -> Row:
    at = stamp(visit.arrived)
    return {
        "QueueDn": visit.queue,
        "QueueDisplayName": books.queues("").get(visit.queue),
        "CallTime": at if place == 0 else None,
        "CallTimeForCsv": at,
        "WaitTime": duration(visit.waited),
        "CallerId": call.segments[0].source.number,
        "ExtensionDn": agent or None,
        "ExtensionDisplayName": books.person(agent) if agent else None,
        "CallHistoryId": history_id(call.start, call.number),
        "PollingAttempts": attempts,
        "IsLoggedIn": bool(agent),
    }


def agents_in_queue(books: Books, given: Given) -> Iterator[Row]:
    """What each agent did in each queue."""
    names = books.queues("")
    hours = seconds(list(shifts(books, given["startDt"], given["endDt"]))) / 3600
    for (queue, agent), tally in sorted(_by_agent(books, given, _DATES, needed=True).items()):
        yield {
            "Dn": agent,
            "DnDisplayName": books.person(agent),
            "Queue": queue,
            "QueueDisplayName": names.get(queue, queue),
            "LoggedInTime": duration(hours * 3600),
            "LostCount": tally.lost,
            "AnsweredCount": tally.answered,
            "AnsweredPercent": round(100 * tally.answered / tally.received) if tally.received else 0,
            "AnsweredPerHourCount": round(tally.answered / hours) if hours else 0,
            "RingTime": duration(tally.ring),
            "AvgRingTime": duration(tally.ring / tally.received if tally.received else 0.0),
            "TalkTime": duration(tally.talk),
            "AvgTalkTime": duration(tally.mean(tally.talk)),
        }


def statistic_sla(books: Books, given: Given) -> Iterator[Row]:
    """How many waited longer than `waitInterval`."""
    wanted = books.queues(given["queueDnStr"])
    limit = interval(given["waitInterval"])
    received: Counter[str] = Counter()
    late: Counter[str] = Counter()
    for _, visit in books.visits(given["startDt"], given["endDt"], wanted):
        received[visit.queue] += 1
        late[visit.queue] += visit.waited > limit
    for queue, name in wanted.items():
        yield {
            "Dn": name,
            "QueueDnNumber": queue,
            "ReceivedCount": received[queue],
            "BadSlaCallsCount": late[queue],
        }


def breaches_sla(books: Books, given: Given) -> Iterator[Row]:
    """Those who did."""
    wanted = books.queues(given["queueDnStr"])
    limit = interval(given["waitInterval"])
    for call, visit in books.visits(given["startDt"], given["endDt"], wanted):
        if visit.waited > limit:
            yield {
                "CallerId": call.segments[0].source.number,
                "CallTime": stamp(visit.arrived),
                "Queue": wanted[visit.queue],
                "QueueDnNumber": visit.queue,
                "WaitingTime": duration(visit.waited),
            }


def answered_by_wait(books: Books, given: Given) -> Iterator[Row]:
    """Answered calls that had waited at least `answerInterval`."""
    wanted = books.queues(given["queueDnStr"])
    least = interval(given["answerInterval"])
    for call, visit in books.visits(given["startDt"], given["endDt"], wanted):
        if visit.agent is not None and visit.waited >= least:
            yield {
                "CallTime": stamp(visit.arrived),
                "AnsweredTime": stamp(visit.arrived + timedelta(seconds=visit.waited)),
                "RingTime": duration(visit.waited),
                "Source": call.segments[0].source.number,
                "Destination": f"{visit.agent} {books.person(visit.agent)}",
                "Dn": wanted[visit.queue],
                "DnNumber": visit.queue,
            }


def callbacks(books: Books, given: Given) -> Iterator[Row]:
    """Call-backs by queue."""
    names = books.queues("")
    for queue, tally in _by_queue(books, given, _DATES).items():
        yield {
            "Dn": names[queue],
            "QueueDnNumber": queue,
            "ReceivedCount": tally.received,
            "CallbacksCount": tally.callbacks,
            "FailCallbacksCount": tally.failed,
        }


def _chart(books: Books, given: Given) -> dict[str, list[Visit]]:
    """The visits of the day, month or year of `chartDate` by hour, day or month."""
    zone = client_zone(books, given["clientTimeZone"])
    steps = {"day": ("hour", 1), "week": ("day", 7), "month": ("day", 31), "year": ("month", 366)}
    step, days = steps.get(given["chartBy"].lower(), ("hour", 1))
    begin = slot(given["chartDate"], zone, "day")
    wanted = books.queues(given["queueDnStr"])
    found: defaultdict[str, list[Visit]] = defaultdict(list)
    end = begin + timedelta(days=days) - timedelta(microseconds=1)
    for _, visit in books.visits(begin, end, wanted):
        found[stamp(slot(visit.arrived, zone, step))].append(visit)
    return dict(sorted(found.items()))


def average_waiting(books: Books, given: Given) -> Iterator[Row]:
    """Mean waiting time in seconds, and how many waited."""
    for at, visits in _chart(books, given).items():
        yield {
            "XValue": at,
            "YValue1": round(sum(one.waited for one in visits) / len(visits)),
            "YValue2": len(visits),
        }


def answered_unanswered(books: Books, given: Given) -> Iterator[Row]:
    """Answered and unanswered calls."""
    for at, visits in _chart(books, given).items():
        answered = sum(1 for one in visits if one.agent is not None)
        yield {"XValue": at, "YValue1": answered, "YValue2": len(visits) - answered}


def failed_callbacks(books: Books, given: Given) -> Iterator[Row]:
    """Call-backs that reached nobody."""
    wanted = books.queues(given["queueDnStr"])
    for call, visit in books.visits(given["startDt"], given["endDt"], wanted):
        if _failed(call, visit):
            yield {
                "Dn": wanted[visit.queue],
                "QueueDnNumber": visit.queue,
                "CallTime": stamp(visit.arrived),
                "CallbackNo": call.segments[0].source.number,
                "RingTime": duration(20.0),
            }
