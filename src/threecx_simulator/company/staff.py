"""Who is free for a call: nobody is in two at once."""

from collections.abc import Sequence
from datetime import UTC, datetime
from random import Random

from threecx_simulator.company.past import Party, PartyType, PastCall

_NEVER = datetime.min.replace(tzinfo=UTC)
_PEOPLE = {PartyType.EXTENSION, PartyType.EXTERNAL}
_TRIES = 8  # before everybody is looked at: most people are free most of the time


class Engaged(Exception):
    """Nobody who could take part in that call is free."""


class Staff:
    """Calls are told in the order in which they begin; whoever takes part is engaged until the last of it is over."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._until: dict[str, datetime] = {}

    def free(self, number: str, at: datetime) -> bool:
        """Whether the person of that number is in no call."""
        return self._until.get(number, _NEVER) <= at

    def some(self, people: Sequence[Party], count: int, at: datetime) -> list[Party]:
        """So many people who are free, no one twice; `Engaged` when there are fewer."""
        found: list[Party] = []
        for _ in range(_TRIES * count if people else 0):
            one = self._random.choice(people)
            if one not in found and self.free(one.number, at):
                found.append(one)
            if len(found) == count:
                return found
        free = [one for one in people if self.free(one.number, at)]
        if len(free) < count:
            raise Engaged
        return self._random.sample(free, count)

    def engaged(self, people: Sequence[Party], at: datetime) -> Party | None:
        """Somebody who is in a call, if there is anybody."""
        busy = [one for one in people if not self.free(one.number, at)]
        return self._random.choice(busy) if busy else None

    def occupy(self, call: PastCall) -> None:
        """Everybody in that call is engaged, and the agents that a queue rang for its caller."""
        for one in call.segments:
            for party in (one.source, one.destination):
                if party.type in _PEOPLE:
                    self._engage(party.number, one.end)
        for poll in call.visit.polls if call.visit else ():
            self._engage(poll.agent, call.end)

    def _engage(self, number: str, until: datetime) -> None:
        self._until[number] = max(until, self._until.get(number, _NEVER))
