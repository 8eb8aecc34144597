"""The PBX alive on the loop: every deed and every timer goes through here, and whoever listens is told."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from threecx_simulator.clock import Clock
from threecx_simulator.pbx.act import act, next_due, tick
from threecx_simulator.pbx.effects import Effect, Result, Settled
from threecx_simulator.pbx.ids import Ticket
from threecx_simulator.pbx.state import Pbx

T = TypeVar("T")
Listener = Callable[[Effect], None]


class Switchboard:
    """Owns the `Pbx`. Everything happens on one loop, so there are no locks."""

    def __init__(self, pbx: Pbx, clock: Clock) -> None:
        self.pbx = pbx
        self.clock = clock
        self._listeners: list[Listener] = []
        self._waiting: dict[Ticket, asyncio.Future[Result]] = {}
        self._changed = asyncio.Event()

    def listen(self, listener: Listener) -> None:
        """Tell `listener` every effect, in order, at once."""
        self._listeners.append(listener)

    def do(self, deed: Callable[[Pbx], T]) -> T:
        """Do it now."""
        done, effects = act(self.pbx, deed, self.clock.now())
        for effect in effects:
            self._tell(effect)
        self._changed.set()
        return done

    def _tell(self, effect: Effect) -> None:
        if isinstance(effect, Settled):
            waiting = self._waiting.get(effect.ticket)
            if waiting is not None and not waiting.done():
                waiting.set_result(effect.result)
        for listener in self._listeners:
            listener(effect)

    def ticket(self) -> Ticket:
        """A number under which a verb's result will come; `settled` must be awaited for it."""
        ticket = Ticket(self.pbx.count())
        self._waiting[ticket] = asyncio.get_running_loop().create_future()
        return ticket

    async def settled(self, ticket: Ticket) -> Result:
        """The result of the verb that was started with this ticket."""
        try:
            return await self._waiting[ticket]
        finally:
            self.forget(ticket)

    def forget(self, ticket: Ticket) -> None:
        """Nobody waits for it (any more)."""
        self._waiting.pop(ticket, None)

    async def run(self) -> None:
        """Let time pass until cancelled."""
        while True:
            self._changed.clear()
            due = next_due(self.pbx)
            if due is None:
                await self._changed.wait()
                continue
            seconds = (due - self.clock.now()).total_seconds()
            if seconds <= 0:
                self.do(tick)
                continue
            await self._sleep_or_change(seconds)

    async def _sleep_or_change(self, seconds: float) -> None:
        sleeping = asyncio.ensure_future(self.clock.sleep(seconds))
        changed = asyncio.ensure_future(self._changed.wait())
        try:
            await asyncio.wait({sleeping, changed}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (sleeping, changed):
                task.cancel()
