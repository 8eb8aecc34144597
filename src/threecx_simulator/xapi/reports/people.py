"""Reports about extensions, agents, ring groups and times of day."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from threecx_simulator.company.past import PartyType, PastCall
from threecx_simulator.xapi.reports.books import Books, Given, NoReport, Row, client_zone, slot, slots
from threecx_simulator.xapi.texts import duration, stamp

_STEPS = {0: "hour", 1: "day", 2: "month"}
_INTERNAL, _EXTERNAL = 1, 2  # `callArea`; 0 = all (T)


@dataclass
class _Side:
    answered: int = 0
    unanswered: int = 0
    talk: float = 0.0

    def add(self, answered: bool, talk: float) -> None:
        self.answered += answered
        self.unanswered += not answered
        self.talk += talk


def _fits(call: PastCall, area: int) -> bool:
    return area == 0 or (call.direction == "Internal") == (area == _INTERNAL)


def _tallied(
    books: Books, first: datetime, last: datetime, area: int
) -> tuple[dict[str, _Side], dict[str, _Side]]:
    """Inbound and outbound by extension."""
    inbound: defaultdict[str, _Side] = defaultdict(_Side)
    outbound: defaultdict[str, _Side] = defaultdict(_Side)
    for call in books.calls(first, last):
        if not _fits(call, area):
            continue
        for one in call.segments:
            if one.parked:
                continue
            if one.destination.type == PartyType.EXTENSION:
                inbound[one.destination.dn].add(one.status == "Answered", one.talking)
            if one.source.type == PartyType.EXTENSION:
                outbound[one.source.dn].add(one.status == "Answered", one.talking)
    return inbound, outbound


def _statistics(books: Books, given: Given, numbers: Iterable[str]) -> Iterator[Row]:
    inbound, outbound = _tallied(books, given["periodFrom"], given["periodTo"], given["callArea"])
    for number in numbers:
        into, out = inbound.get(number, _Side()), outbound.get(number, _Side())
        yield {
            "Dn": number,
            "DisplayName": books.person(number),
            "InboundAnsweredCount": into.answered,
            "InboundUnansweredCount": into.unanswered,
            "InboundAnsweredTalkingDur": duration(into.talk),
            "OutboundAnsweredCount": out.answered,
            "OutboundUnansweredCount": out.unanswered,
            "OutboundAnsweredTalkingDur": duration(out.talk),
        }


def statistics_by_group(books: Books, given: Given) -> Iterator[Row]:
    """Extensions of a department; an unknown or empty `groupNumber` gives nothing and no error (T)."""
    group = books.department(given["groupNumber"])
    return _statistics(books, given, books.members(group) if group else ())


def statistics(books: Books, given: Given) -> Iterator[Row]:
    """All extensions, or those named; an error on some PBXs (T)."""
    if books.profile.extension_statistics == "500":
        raise NoReport(500)
    wanted = set(given["extensionFilter"].replace(",", " ").split())
    return _statistics(
        books, given, [one.number for one in books.world.extensions if not wanted or one.number in wanted]
    )


def _by_slot(books: Books, given: Given) -> dict[str, list[tuple[bool, bool]]]:
    """(inbound, answered) of each call to or from the wanted extensions, by time slot; a day has 24 hours, whether
    there were calls or not (T)."""
    zone = client_zone(books, given["clientTimeZone"])
    step = _STEPS.get(given["groupingType"], "hour")
    group = books.department(given["groupNumber"])
    wanted = set(given["extensionDns"].replace(",", " ").split()) or set(
        books.members(group) if group else [one.number for one in books.world.extensions]
    )
    found: dict[str, list[tuple[bool, bool]]] = {
        stamp(at): [] for at in slots(*books.span(given["periodFrom"], given["periodTo"]), zone, step)
    }
    for call in books.calls(given["periodFrom"], given["periodTo"]):
        if not _fits(call, given["callArea"]) or (call.visit and not given["includeQueueCalls"]):
            continue
        for one in call.segments:
            inbound = one.destination.type == PartyType.EXTENSION and one.destination.dn in wanted
            if not one.parked and (inbound or one.source.dn in wanted):
                told = found.setdefault(stamp(slot(one.start, zone, step)), [])
                told.append((inbound, one.status == "Answered"))
    return found


def user_activity(books: Books, given: Given) -> Iterator[Row]:
    """Answered and unanswered calls by time slot."""
    for at, calls in _by_slot(books, given).items():
        answered = sum(1 for _, taken in calls if taken)
        yield {"DateTimeInterval": at, "AnsweredCount": answered, "UnansweredCount": len(calls) - answered}


def call_distribution(books: Books, given: Given) -> Iterator[Row]:
    """Incoming and outgoing calls by time slot."""
    for at, calls in _by_slot(books, given).items():
        incoming = sum(1 for inbound, _ in calls if inbound)
        yield {"DateTimeInterval": at, "IncomingCount": incoming, "OutgoingCount": len(calls) - incoming}


def _ring_groups(books: Books, given: Given) -> dict[str, list[PastCall]]:
    wanted = set(given["ringGroupDns"].replace(",", " ").split())
    found: dict[str, list[PastCall]] = {
        one.number: [] for one in books.world.ring_groups if not wanted or one.number in wanted
    }
    for call in books.calls(given["periodFrom"], given["periodTo"]):
        if call.ring_group in found:
            found[call.ring_group].append(call)
    return found


def ring_group_statistics(books: Books, given: Given) -> Iterator[Row]:
    """Received and answered by ring group."""
    names = {str(one.number): one.name for one in books.world.ring_groups}
    for number, calls in _ring_groups(books, given).items():
        yield {
            "RingGroupDn": number,
            "RingGroupDisplayName": names[number],
            "RingGroupReceivedCount": len(calls),
            "RingGroupAnsweredCount": sum(1 for call in calls if call.talk),
        }


def extensions_by_ring_groups(books: Books, given: Given) -> Iterator[Row]:
    """The same by member."""
    groups = {str(one.number): one for one in books.world.ring_groups}
    place = 0
    for number, calls in _ring_groups(books, given).items():
        answered = Counter(call.talk.destination.dn for call in calls if call.talk)
        for member in groups[number].members:
            place += 1
            yield {
                "RingGroupDn": number,
                "RingGroupDisplayName": groups[number].name,
                "RingGroupReceivedCount": len(calls),
                "RingGroupUnansweredCount": sum(1 for call in calls if not call.talk),
                "ExtensionDn": member,
                "ExtensionDisplayName": books.person(member),
                "ExtensionAnsweredCount": answered[member],
                "SortOrder": place,
            }
