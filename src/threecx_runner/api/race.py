"""Work that ends when nobody waits for it any more: FastAPI does not cancel by itself (measured, architecture 4)."""

import asyncio
from collections.abc import Coroutine
from enum import Enum, auto
from typing import Any, TypeVar

from starlette.types import Receive

from threecx_pbx.clock import Clock
from threecx_runner.errors import DeadlinePassed

T = TypeVar("T")


class Ended(Enum):
    """Why a race is over."""

    DONE = auto()
    GONE = auto()
    LATE = auto()


class ClientGone(Exception):  # a fact, no fault
    """The client has closed the connection: no answer can reach it."""


async def race(work: "asyncio.Task[Any]", receive: Receive, within: float, clock: Clock) -> Ended:
    """Waits for the work, the client's disconnect or the deadline; the loser `work` is cancelled and has cleaned up.

    The request's body must have been read already: what `receive` then gives is the disconnect.
    """
    gone = asyncio.create_task(_disconnect(receive), name="disconnect")
    late = asyncio.create_task(clock.sleep(within), name="deadline")
    try:
        await asyncio.wait({work, gone, late}, return_when=asyncio.FIRST_COMPLETED)
        if work.done():
            return Ended.DONE
        return Ended.GONE if gone.done() else Ended.LATE
    finally:
        for task in (work, gone, late):
            task.cancel()
        await asyncio.wait({work, gone, late})


async def answered(work: Coroutine[Any, Any, T], receive: Receive, within: float, clock: Clock) -> T:
    """The work's own answer. Raises what it raises, ClientGone, or DeadlinePassed."""
    task = asyncio.create_task(work, name="request")
    ended = await race(task, receive, within, clock)
    if ended is Ended.DONE:
        return task.result()
    raise ClientGone if ended is Ended.GONE else DeadlinePassed("The PBX took too long to answer.")


async def _disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


__all__ = ["ClientGone", "Ended", "answered", "race"]
