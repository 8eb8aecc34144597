"""Queues: a caller waits on the queue's leg while agents are rung in waves."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from threecx_simulator.pbx.attempts import end_if_lonely, fail, is_open, open_attempt
from threecx_simulator.pbx.ids import DnType, Reason
from threecx_simulator.pbx.legs import note, take_away
from threecx_simulator.pbx.reach import ring_extension
from threecx_simulator.pbx.state import Attempt, DnRef, Kind, Leg, Pbx
from threecx_simulator.pbx.world import Extension, Queue

Onward = Callable[
    [Pbx, Leg, Leg, str, bool], None
]  # (pbx, caller, queue's leg, destination, the last resort)
_PAUSE = 2.0  # seconds between waves; 3CX polls on with a short gap


@dataclass(slots=True)
class _Polling:
    """One caller in one queue. `over`: the master time-out has sent the caller on."""

    queue: Queue
    caller: Leg
    place: Leg
    onward: Onward
    over: bool = False

    def waiting(self, pbx: Pbx) -> bool:
        """Whether agents are still to be rung."""
        return not self.over and pbx.alive(self.place) and self.place.peer == self.caller.id


def poll(pbx: Pbx, queue: Queue, caller: Leg, place: Leg, onward: Onward) -> None:
    """Ring the agents until one answers, the caller leaves, or the master time-out sends the caller on."""
    polling = _Polling(queue, caller, place, onward)
    pbx.after(queue.master_timeout, partial(_master_timeout, polling))
    _wave(polling, 0, pbx)


def _wave(polling: _Polling, number: int, pbx: Pbx) -> None:
    if not polling.waiting(pbx):
        return
    queue = polling.queue
    agents = tuple(one for one in queue.agents if pbx.queue_status.get(one) != "LoggedOut")
    if queue.strategy == "Hunt" and agents:
        agents = (agents[number % len(agents)],)

    def again(pbx: Pbx, _attempt: Attempt, _reason: Reason) -> bool:
        pbx.after(_PAUSE, partial(_wave, polling, number + 1))
        return True

    behalf = DnRef(queue.number, DnType.QUEUE)
    attempt = open_attempt(
        pbx,
        Kind.QUEUE,
        polling.caller,
        queue.number,
        own=polling.place,
        on_behalf_of=behalf,
        on_fail=again,
    )
    found = [pbx.directory.find(agent) for agent in agents]
    refused = [ring_extension(pbx, attempt, one, behalf) for one in found if isinstance(one, Extension)]
    if None not in refused:
        fail(pbx, attempt, Reason.BUSY)
        return
    pbx.after(queue.ring_timeout, partial(_wave_over, attempt))


def _wave_over(attempt: Attempt, pbx: Pbx) -> None:
    if is_open(pbx, attempt):
        fail(pbx, attempt, Reason.NO_ANSWER)


def _master_timeout(polling: _Polling, pbx: Pbx) -> None:
    if not polling.waiting(pbx):
        return
    queue, place = polling.queue, polling.place
    call = pbx.call_of(polling.caller)
    polling.over = True
    note(pbx, call, f"queue time-out {queue.number}")
    for attempt in [one for one in call.attempts.values() if one.kind == Kind.QUEUE]:
        attempt.on_fail = None
        attempt.own = None
        fail(pbx, attempt, Reason.NO_ANSWER)
    if queue.overflow:
        polling.onward(pbx, polling.caller, place, queue.overflow, True)
        return
    take_away(pbx, place)
    end_if_lonely(pbx, call, ": queue time-out")
