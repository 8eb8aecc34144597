"""When agents are at work: logged in to their queues while the office is open."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from threecx_simulator.xapi.reports.books import Books, Given, Row, client_zone
from threecx_simulator.xapi.texts import duration

Shift = tuple[datetime, datetime]
Desk = tuple[str, str]  # queue and agent


def shifts(books: Books, first: datetime, last: datetime) -> Iterator[Shift]:
    """From when to when the office was open, newest first, cut to the period (T: `endDt` cuts a log-in) and to now."""
    begin, end = books.span(first, last)
    day = end.astimezone(books.company.zone).date()
    while day >= begin.astimezone(books.company.zone).date():
        opened = books.company.open_on(day)
        if opened is not None:
            start, stop = (datetime.combine(day, at, books.company.zone).astimezone(UTC) for at in opened)
            if max(start, begin) < min(stop, end):
                yield max(start, begin), min(stop, end)
        day -= timedelta(days=1)


def seconds(found: list[Shift]) -> float:
    """How long they are together."""
    return sum((stop - start).total_seconds() for start, stop in found)


def _talked(books: Books, given: Given) -> defaultdict[tuple[Desk, date], float]:
    """Seconds that each agent talked for each queue, day by day."""
    found: defaultdict[tuple[Desk, date], float] = defaultdict(float)
    for _, visit in books.visits(given["startDt"], given["endDt"], books.queues(given["queueDnStr"])):
        if visit.agent is not None:
            day = visit.arrived.astimezone(books.company.zone).date()
            found[(visit.queue, visit.agent), day] += visit.talked
    return found


def login_history(books: Books, given: Given) -> Iterator[Row]:
    """Agents at work, day by day. Totals are those of the whole period (G)."""
    zone = client_zone(books, given["clientTimeZone"])
    wanted = set(given["agentDnStr"].replace(",", " ").split())
    queues = books.queues(given["queueDnStr"])
    desks = [
        (str(queue.number), str(agent))
        for queue in books.world.queues
        for agent in queue.agents
        if queue.number in queues and (not wanted or agent in wanted)
    ]
    found = list(shifts(books, given["startDt"], given["endDt"]))
    talked = _talked(books, given)
    totals: defaultdict[Desk, float] = defaultdict(float)
    for (desk, _), talk in talked.items():
        totals[desk] += talk
    for begin, end in found:
        day = begin.astimezone(books.company.zone).date()
        here = begin.astimezone(zone)
        for desk in desks:
            queue, agent = desk
            yield {
                "QueueNo": queue,
                "AgentNo": agent,
                "Agent": f"{agent} {books.person(agent)}",
                "Day": here.replace(hour=0, minute=0, second=0, microsecond=0).isoformat(),
                "loggedInDt": here.isoformat(),
                "LoggedOutDt": end.astimezone(zone).isoformat(),
                "LoggedInInterval": duration((end - begin).total_seconds()),
                "LoggedInDayInterval": duration((end - begin).total_seconds()),
                "LoggedInTotalInterval": duration(seconds(found)),
                "TalkingInterval": duration(talked[desk, day]),
                "TalkingDayInterval": duration(talked[desk, day]),
                "TalkingTotalInterval": duration(totals[desk]),
            }
