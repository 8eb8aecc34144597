"""Calls that nobody asked for: people who ring each other, customers who call, so that whatever watches has something to see."""

import asyncio
import re
from contextlib import suppress
from datetime import timedelta
from random import Random
from types import TracebackType
from typing import Self

from threecx_simulator.clock import Clock
from threecx_simulator.company.company import Company
from threecx_simulator.control.handle import Control
from threecx_simulator.pbx.ids import Dn
from threecx_simulator.pbx.state import Pbx

_UNITS = {"s": 1.0, "min": 60.0, "h": 3600.0}
_KEPT = 2000  # ended calls that the engine keeps with their timelines; the archive has the others


def rate(text: str) -> float:
    """Calls a second from `30/min`, `2/s` or `100/h`; ValueError for anything else."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)/(s|min|h)", text.strip())
    if found is None or float(found[1]) == 0:
        raise ValueError(f"'{text}' is not a rate like 30/min, 2/s or 100/h")
    return float(found[1]) / _UNITS[found[2]]


class Life:
    """`async with Life(…)`: calls begin at random moments, `per_second` on the average. Route points are left in peace."""

    def __init__(
        self,
        control: Control,
        pbx: Pbx,
        company: Company,
        clock: Clock,
        per_second: float,
        seed: int = 0,
    ) -> None:
        self._control, self._pbx, self._company = control, pbx, company
        self._clock = clock
        self._per_second = per_second
        self._random = Random(f"life {seed}")  # noqa: S311 (reproducible fictions, no secrets)
        self._living: asyncio.Task[None] | None = None
        self._at = 0.0
        """Seconds since the beginning at which the last call was due: what follows depends on the seed alone."""
        self._busy: dict[Dn, float] = {}
        """Until when somebody is in a call."""

    async def __aenter__(self) -> Self:
        """Begin."""
        self._living = asyncio.create_task(self._live(), name="life")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """No more calls; those under way go on."""
        if self._living:
            self._living.cancel()
            with suppress(asyncio.CancelledError):
                await self._living

    async def _live(self) -> None:
        began = self._clock.now()
        while True:
            self._at += self._random.expovariate(self._per_second)
            due = began + timedelta(seconds=self._at)  # a call that is late makes no other late
            await self._clock.sleep(max(0.0, (due - self._clock.now()).total_seconds()))
            self._call()
            self._forget()

    def _call(self) -> None:
        random, world = self._random, self._pbx.world
        people = [one.number for one in world.extensions]
        patience = 20 + random.expovariate(1 / 90)
        kind = random.random()
        if not people or (not world.trunks and len(people) < 2):
            return
        if kind < 0.6 and world.trunks:
            own = {client.dn for client in world.clients}
            dids = {did: dn for trunk in world.trunks for did, dn in trunk.dids.items() if dn not in own}
            number, name = self._outsider()
            if dids:
                free = [did for did, dn in dids.items() if self._free(dn)]
                did = random.choice(free or list(dids))
                self._busy[dids[did]] = self._at + patience if dids[did] in people else 0.0
                self._control.call(number, did, name=name, hangup_after=patience)
        elif kind < 0.8 and world.trunks:
            (who,) = self._pick(people, 1, patience)
            self._control.call(who, self._outsider()[0], hangup_after=patience)
        elif len(people) > 1:
            who, whom = self._pick(people, 2, patience / 2)
            self._control.call(who, whom, hangup_after=patience / 2)

    def _pick(self, people: list[Dn], count: int, patience: float) -> list[Dn]:
        """People who are in no call of this life as far as there are any; they are for as long as somebody is patient."""
        free = [one for one in people if self._free(one)]
        picked = self._random.sample(free if len(free) >= count else people, count)
        self._busy.update(dict.fromkeys(picked, self._at + patience))
        return picked

    def _free(self, dn: Dn) -> bool:
        return self._busy.get(dn, 0.0) <= self._at

    def _outsider(self) -> tuple[str, str]:
        if self._random.random() < 0.6:
            one = self._random.choice(self._company.contacts)
            return one.mobile, f"{one.first_name} {one.last_name}"
        return self._random.choice(self._company.strangers), ""

    def _forget(self) -> None:
        if len(self._pbx.ended) > _KEPT:
            for key in list(self._pbx.ended)[: len(self._pbx.ended) - _KEPT]:
                del self._pbx.ended[key]
