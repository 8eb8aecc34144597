"""One day's calls, drawn from its own random numbers: the same day of the same seed is the same whenever it is asked for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from itertools import pairwise
from random import Random

from threecx_simulator.company.company import Company
from threecx_simulator.company.past import Party, PartyType, PastCall, Poll, Segment, Visit, call_number
from threecx_simulator.company.staff import Engaged, Staff
from threecx_simulator.pbx.world import Extension, Queue, World

Shape = Callable[[datetime], PastCall]  # makes a call that begins then; its number is 0

_QUIET = (time(10, 0), time(15, 0))  # when a few still call on days on which nobody works
_BUSY = (
    7,
    10,
    9,
    5,
    6,
    9,
    8,
    5,
)  # calls by eighth of the working day: a rush in the morning, lunch, another rush


@dataclass(frozen=True)
class Scene:
    """Who can take part, looked up once for all days."""

    world: World
    company: Company

    @cached_property
    def people(self) -> tuple[Party, ...]:
        """Extensions."""
        return tuple(_person(one) for one in self.world.extensions)

    @cached_property
    def by_number(self) -> dict[str, Party]:
        """Extensions by number."""
        return {one.dn: one for one in self.people}

    @cached_property
    def outsiders(self) -> tuple[tuple[str, str], ...]:
        """Number and name ("" = in no phone book) of those who call; friends are thrice as likely."""
        known = [(one.number, f"{one.first_name} {one.last_name}") for one in self.company.contacts]
        mobiles = [(one.mobile, f"{one.first_name} {one.last_name}") for one in self.company.contacts[::2]]
        return tuple(known + mobiles + [(number, "") for number in self.company.strangers])

    @cached_property
    def queues(self) -> tuple[Queue, ...]:
        """Queues that have agents."""
        return tuple(one for one in self.world.queues if one.agents)

    @cached_property
    def dids(self) -> dict[str, str]:
        """The number called from outside by the DN that it leads to."""
        return {dn: did for trunk in self.world.trunks for did, dn in trunk.dids.items()}


def _person(one: Extension) -> Party:
    return Party(one.number, one.number, one.name, PartyType.EXTENSION)


class Day:
    """Draws the calls of one day until they fill `rows` rows of the call log."""

    def __init__(self, scene: Scene, day: date, rows: int) -> None:
        self._scene = scene
        self._day = day
        self._random = Random(f"{scene.company.seed} {day.isoformat()}")  # noqa: S311 (reproducible fictions)
        self._rows = rows
        self._trunk = scene.world.trunks[0] if scene.world.trunks else None
        self._opened = scene.company.open_on(day)
        self._staff = Staff(self._random)

    def calls(self) -> tuple[PastCall, ...]:
        """In the order in which they began."""
        shapes = self._shapes()
        moments = self._moments(len(shapes))
        made: list[PastCall] = []
        for (rows, shape), (at, following) in zip(shapes, pairwise([*moments, *moments[-1:]]), strict=True):
            for one in self._placed(rows, shape, at, following):
                self._staff.occupy(one)
                made.append(one._replace(number=call_number(self._day.toordinal(), len(made))))
        return tuple(made)

    def _placed(self, rows: int, shape: Shape, at: datetime, following: datetime) -> list[PastCall]:
        """That call, or as many as it has rows that come to nothing since nobody is free, before the next one begins."""
        try:
            return [shape(at)]
        except Engaged:
            return [self._turned_away(at + (following - at) * place / rows) for place in range(rows)]

    def _turned_away(self, at: datetime) -> PastCall:
        people = self._scene.people
        if self._trunk is not None:
            return self._unanswered(at, self._staff.engaged(people, at) or people[0], busy=True)
        who, whom = people[0], people[-1]
        return PastCall(0, "Internal", (Segment(at, 0.4, 0.0, who, whom, "Unanswered", _busy(whom)),))

    def _shapes(self) -> list[tuple[int, Shape]]:
        """What kinds of calls, with their rows, so that these add up; a call of one row always fits."""
        kinds = self._kinds()
        small = self._internal if self._opened or self._trunk is None else self._missed
        drawn: list[tuple[int, Shape]] = []
        left = self._rows
        while left > 0:
            for rows, shape in self._random.choices(
                [one[1:] for one in kinds], [one[0] for one in kinds], k=64
            ):
                if left <= 0:
                    break
                drawn.append((rows, shape) if rows <= left else (1, small))
                left -= drawn[-1][0]
        return drawn

    def _kinds(self) -> list[tuple[int, int, Shape]]:
        """Weight, rows and maker of each kind that this company can have on such a day."""
        if self._trunk is None:
            return [(16, 1, self._internal), (4, 1, self._internal_missed)]
        return self._kinds_at_work() if self._opened else self._kinds_when_closed()

    def _kinds_at_work(self) -> list[tuple[int, int, Shape]]:
        kinds: list[tuple[int, int, Shape]] = [
            (16, 1, self._internal),
            (4, 1, self._internal_missed),
            (22, 1, self._direct),
            (8, 1, self._missed),
            (5, 2, self._voicemail),
            (20, 1, self._outgoing),
        ]
        kinds += [(7, 1, self._outgoing_missed), (4, 2, self._transferred), (2, 1, self._parked)]
        if self._scene.world.ring_groups:
            kinds.append((5, 2, self._grouped))
        if self._scene.queues:
            menu = 1 if self._scene.world.ivrs else 0
            kinds += [
                (18, 2 + menu, self._queued),
                (6, 3 + menu, self._queued_twice),
                (5, 1 + menu, self._abandoned),
            ]
        if self._scene.world.ivrs:
            kinds.append((3, 1, self._lost_in_menu))
        return kinds

    def _kinds_when_closed(self) -> list[tuple[int, int, Shape]]:
        """Hardly anybody answers, and no agent is logged in."""
        kinds: list[tuple[int, int, Shape]] = [
            (2, 1, self._internal),
            (3, 1, self._direct),
            (9, 1, self._missed),
            (12, 2, self._voicemail),
            (4, 1, self._outgoing),
        ]
        if self._scene.queues:
            kinds.append((5, 2 if self._scene.world.ivrs else 1, self._abandoned))
        if self._scene.world.ivrs:
            kinds.append((6, 1, self._lost_in_menu))
        return kinds

    def _moments(self, count: int) -> list[datetime]:
        start, stop = self._opened or _QUIET
        begin = self._at(start)
        length = (self._at(stop) - begin).total_seconds()
        draw = self._random.random
        eighths = self._random.choices(range(8), _BUSY, k=count)
        seconds = sorted((eighth + draw()) / 8 * length for eighth in eighths)
        return [begin + timedelta(microseconds=int(one * 1e6)) for one in seconds]

    def _at(self, hour: time) -> datetime:
        return datetime.combine(self._day, hour, self._scene.company.zone).astimezone(UTC)

    # --- the kinds -----------------------------------------------------------------------------------------------

    def _outsider(self, at: datetime) -> Party:
        trunk = self._trunk.number if self._trunk else ""
        for _ in range(8):  # a company's main number can call twice at once
            number, name = self._random.choice(self._scene.outsiders)
            if self._staff.free(number, at):
                break
        return Party(trunk, number, name, PartyType.EXTERNAL)

    def _somebody(self, at: datetime) -> Party:
        return self._pair(at, 1)[0]

    def _pair(self, at: datetime, count: int = 2) -> list[Party]:
        return self._staff.some(self._scene.people, count, at)

    def _ring(self) -> float:
        return round(1.5 + self._random.random() * 18, 6)

    def _talk(self) -> float:
        return round(min(8 + self._random.expovariate(1 / 160), 3600), 6)

    def _inbound(
        self,
        segments: Sequence[Segment],
        target: str,
        visit: Visit | None = None,
        group: str = "",
    ) -> PastCall:
        trunk = self._trunk.number if self._trunk else ""
        did = self._scene.dids.get(target) or (self._trunk.external_number if self._trunk else "")
        recorded = any(one.talking for one in segments) and (visit is not None or self._random.random() < 0.3)
        return PastCall(0, "Inbound", tuple(segments), did, trunk, visit, recorded, group)

    def _direct(self, at: datetime) -> PastCall:
        who, whom = self._outsider(at), self._somebody(at)
        reason = _ended(who if self._random.random() < 0.5 else whom)
        return self._inbound(
            [Segment(at, self._ring(), self._talk(), who, whom, "Answered", reason)], whom.dn
        )

    def _missed(self, at: datetime) -> PastCall:
        engaged = self._staff.engaged(self._scene.people, at) if self._random.random() < 0.3 else None
        return self._unanswered(at, engaged or self._somebody(at), busy=engaged is not None)

    def _unanswered(self, at: datetime, whom: Party, *, busy: bool) -> PastCall:
        who = self._outsider(at)
        ringing, reason = (0.4, _busy(whom)) if busy else (self._ring(), _ended(who))
        return self._inbound([Segment(at, ringing, 0.0, who, whom, "Unanswered", reason)], whom.dn)

    def _voicemail(self, at: datetime) -> PastCall:
        who, whom = self._outsider(at), self._somebody(at)
        box = Party(self._scene.world.voicemail, whom.dn, f"Voicemail of {whom.name}", PartyType.VOICEMAIL)
        first = Segment(at, 25.0, 0.0, who, whom, "Unanswered", _replaced(box), 0, box)
        message = Segment(
            first.end, 0.2, round(6 + self._random.random() * 40, 6), who, box, "Answered", _ended(who), 1
        )
        return self._inbound([first, message], whom.dn)

    def _transferred(self, at: datetime) -> PastCall:
        who, (first, second) = self._outsider(at), self._pair(at)
        one = Segment(
            at,
            self._ring(),
            round(10 + self._random.random() * 60, 6),
            who,
            first,
            "Answered",
            _replaced(second),
            0,
            second,
        )
        two = Segment(one.end, self._ring(), self._talk(), who, second, "Answered", _ended(who), 1)
        return self._inbound([one, two], first.dn)

    def _parked(self, at: datetime) -> PastCall:
        call = self._direct(at)
        talk = call.segments[0]
        place = self._scene.world.parkings[0] if self._scene.world.parkings else "SP0"
        parking = Party(place, place, "Shared parking", PartyType.PARKING)
        parked = Segment(
            talk.end,
            0.0,
            20.0,
            talk.source,
            parking,
            "Answered",
            _replaced(talk.destination),
            1,
            talk.destination,
            True,
        )
        picked = Segment(
            parked.end,
            0.0,
            15.0,
            talk.destination,
            talk.source,
            "Answered",
            _ended(talk.source),
            1,
            None,
            True,
        )
        return call._replace(segments=(talk, parked, picked))

    def _grouped(self, at: datetime) -> PastCall:
        who = self._outsider(at)
        group = self._random.choice(self._scene.world.ring_groups)
        place = Party(group.number, group.number, group.name, PartyType.RING_GROUP)
        members = [self._scene.by_number[one] for one in group.members if one in self._scene.by_number]
        whom = self._staff.some(members or self._scene.people, 1, at)[0]
        answered = self._random.random() < 0.8
        first = Segment(
            at,
            self._ring(),
            0.0,
            who,
            place,
            "Waiting",
            _replaced(whom) if answered else _ended(who),
            0,
            whom,
        )
        outcome = ("Answered", self._talk()) if answered else ("Unanswered", 0.0)
        second = Segment(
            first.start,
            first.ringing,
            outcome[1],
            who,
            whom,
            "Answered" if answered else "Unanswered",
            _ended(who),
            1,
        )
        return self._inbound([first, second], group.number, None, group.number)

    def _outgoing(self, at: datetime) -> PastCall:
        who, whom = self._somebody(at), self._outsider(at)
        segment = Segment(at, self._ring(), self._talk(), who, whom, "Answered", _ended(who))
        trunk = self._trunk.number if self._trunk else ""
        return PastCall(0, "Outbound", (segment,), "", trunk, None, self._random.random() < 0.25)

    def _outgoing_missed(self, at: datetime) -> PastCall:
        who, whom = self._somebody(at), self._outsider(at)
        reason = "Number is busy" if self._random.random() < 0.4 else _ended(who)
        segment = Segment(at, self._ring(), 0.0, who, whom, "Unanswered", reason)
        return PastCall(0, "Outbound", (segment,), "", self._trunk.number if self._trunk else "")

    def _internal(self, at: datetime) -> PastCall:
        who, whom = self._pair(at)
        return PastCall(
            0,
            "Internal",
            (Segment(at, self._ring(), self._talk() / 2, who, whom, "Answered", _ended(who)),),
        )

    def _internal_missed(self, at: datetime) -> PastCall:
        who, whom = self._pair(at)
        return PastCall(
            0, "Internal", (Segment(at, self._ring(), 0.0, who, whom, "Unanswered", _ended(who)),)
        )

    def _lost_in_menu(self, at: datetime) -> PastCall:
        who, menu = self._outsider(at), self._menu()
        stay = round(3 + self._random.random() * 25, 6)
        return self._inbound([Segment(at, 0.1, stay, who, menu, "Answered", _ended(who))], menu.dn)._replace(
            recorded=False
        )

    def _menu(self) -> Party:
        found = self._scene.world.ivrs[0]
        return Party(found.number, found.number, found.name, PartyType.IVR)

    def _queued(self, at: datetime) -> PastCall:
        return self._through_queue(at, unanswered=0, answered=True)

    def _queued_twice(self, at: datetime) -> PastCall:
        return self._through_queue(at, unanswered=1, answered=True)

    def _abandoned(self, at: datetime) -> PastCall:
        return self._through_queue(at, unanswered=self._random.randrange(3), answered=False)

    def _through_queue(self, at: datetime, unanswered: int, answered: bool) -> PastCall:
        who = self._outsider(at)
        queue = self._random.choice(self._scene.queues)
        place = Party(queue.number, queue.number, queue.name, PartyType.QUEUE)
        segments: list[Segment] = []
        indent = 0
        if self._scene.world.ivrs:
            stay = round(4 + self._random.random() * 16, 6)
            segments.append(Segment(at, 0.1, stay, who, self._menu(), "Answered", _replaced(place), 0, place))
            at, indent = segments[0].end, 1
        visit = self._visit(queue, at, unanswered, answered)
        agents = [
            self._scene.by_number[poll.agent] for poll in visit.polls if poll.agent in self._scene.by_number
        ]
        last = agents[-1] if answered and agents else None
        segments.append(
            Segment(
                at,
                visit.waited,
                0.0,
                who,
                place,
                "Waiting",
                _replaced(last) if last else _ended(who),
                indent,
                last,
            )
        )
        rung = at + timedelta(seconds=max(0.0, visit.waited - sum(poll.ringing for poll in visit.polls)))
        for agent, poll in zip(agents, visit.polls, strict=False):
            if not answered:
                break
            talk = visit.talked if poll.answered else 0.0
            status, reason = ("Answered", _ended(who)) if poll.answered else ("Unanswered", _replaced(place))
            segments.append(
                Segment(
                    rung,
                    poll.ringing,
                    talk,
                    who,
                    agent,
                    "Answered" if status == "Answered" else "Unanswered",
                    reason,
                    indent + 1,
                )
            )
            rung += timedelta(seconds=poll.ringing)
        return self._inbound(segments, segments[0].destination.dn, visit)

    def _visit(self, queue: Queue, at: datetime, unanswered: int, answered: bool) -> Visit:
        polls = self._polls(queue, at, unanswered, answered)
        waited = round(sum(poll.ringing for poll in polls) + self._random.expovariate(1 / 14), 6)
        if answered and not self._at_work(at + timedelta(seconds=waited)):
            raise Engaged
        callback = not answered and self._random.random() < 0.2
        return Visit(queue.number, at, waited, tuple(polls), self._talk() if answered else 0.0, callback)

    def _polls(self, queue: Queue, at: datetime, unanswered: int, answered: bool) -> list[Poll]:
        """Whom the queue rings: agents who are logged in and in no call; without one, nobody answers."""
        free = [one for one in queue.agents if self._at_work(at) and self._staff.free(one, at)]
        if not free:
            if answered:
                raise Engaged
            return []
        agents = self._random.sample(free, min(len(free), unanswered + 1))
        polls = [Poll(agent, queue.ring_timeout, False) for agent in agents[:-1]]
        while len(polls) < unanswered:
            polls.append(Poll(agents[0], queue.ring_timeout, False))
        if answered:
            polls.append(Poll(agents[-1], self._ring(), True))
        elif self._random.random() < 0.7:
            polls.append(Poll(agents[-1], queue.ring_timeout, False))
        return polls

    def _at_work(self, at: datetime) -> bool:
        return self._opened is not None and self._at(self._opened[0]) <= at < self._at(self._opened[1])


def _busy(party: Party) -> str:
    return f"{party.name} ({party.dn}) is busy"


def _ended(party: Party) -> str:
    return f"Ended by {party.name or party.number} ({party.number})"


def _replaced(party: Party) -> str:
    """As a real log words it: "was replaced by Name (102)" (T)."""
    return f"was replaced by {party.name} ({party.dn})"
