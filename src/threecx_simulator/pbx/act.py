"""The one way into the PBX: let time come up to `now`, do something, take what has to be told."""

import heapq
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import TypeVar

from threecx_simulator.pbx.callers import hang_up_call
from threecx_simulator.pbx.effects import CallChanged, Effect
from threecx_simulator.pbx.state import Pbx

T = TypeVar("T")


def act(pbx: Pbx, deed: Callable[[Pbx], T], now: datetime) -> tuple[T, list[Effect]]:
    """Run what fell due, then `deed`; its value and the effects, in order. What `deed` raises passes through
    without effects lost: they are taken by the next `act`."""
    _catch_up(pbx, now)
    done = deed(pbx)
    _watch(pbx, 0)
    effects, pbx.effects = pbx.effects, []
    return done, effects


def tick(pbx: Pbx) -> None:
    """The deed that does nothing: only time passes."""


def next_due(pbx: Pbx) -> datetime | None:
    """When the next timer falls due."""
    return pbx.timers[0][0] if pbx.timers else None


def _catch_up(pbx: Pbx, now: datetime) -> None:
    while pbx.timers and pbx.timers[0][0] <= now:
        due, _, then = heapq.heappop(pbx.timers)
        pbx.now = max(pbx.now, due)
        told = len(pbx.effects)
        then(pbx)
        _watch(pbx, told)
    pbx.now = max(pbx.now, now)


def _watch(pbx: Pbx, told: int) -> None:
    """Callers who agreed to hang up at a moment of their timeline."""
    for effect in pbx.effects[told:]:
        call = pbx.calls.get(effect.call) if isinstance(effect, CallChanged) else None
        if call is None or call.hang_up_when is None or not isinstance(effect, CallChanged):
            continue
        what, delay = call.hang_up_when
        if what == effect.what:
            call.hang_up_when = None
            pbx.after(delay, partial(hang_up_call, key=call.key))
