"""One connection to a task broker: offers places, takes tasks, answers them."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from aiohttp import ClientError, ClientWebSocketResponse, WSMsgType

from threecx_pbx.clock import Clock
from threecx_runner.broker.done import Result, done
from threecx_runner.broker.frames import (
    Accepted,
    Drain,
    Failed,
    Frame,
    Info,
    InfoRequest,
    OfferAccepted,
    Registered,
    Rejected,
    TaskCancel,
    TaskId,
    TaskSettings,
    TooDeep,
    heard,
)
from threecx_runner.broker.offers import RENEWED_EVERY_S, Offers
from threecx_runner.errors import BadRequest, problem_of

REGISTERED_WITHIN_S = 10.0
"""A broker that has said nothing by then is hung up on, and asked anew."""

MOST_TASKS = 1000
"""So many operations of one n8n process may run at once; most of them wait for somebody to pick up."""

_FLATTEN = (
    "Look for an array or object that holds itself in the parameters of the node; an expression may give one."
)

Work = Callable[[Any], Awaitable[Result]]
"""The settings of a task → its result. Raises what the whole task failed with."""


class Connection:
    """`serve` once. The socket's closing cancels what runs: n8n has told its nodes by then (platform.md 3.6)."""

    def __init__(self, socket: ClientWebSocketResponse, work: Work, clock: Clock) -> None:
        self._socket = socket
        self._work = work
        self._clock = clock
        self._offers = Offers(clock)
        self._tasks: dict[TaskId, asyncio.Task[None] | None] = {}
        """None: accepted, its settings are on their way."""
        self._renewing: asyncio.Task[None] | None = None
        self.registered = asyncio.Event()
        self.idle = asyncio.Event()
        self.idle.set()

    async def serve(self) -> None:
        """Returns when the broker or the network ends the connection, or when the broker does not register us."""
        late = asyncio.create_task(self._hang_up_unregistered(), name="registration")
        try:
            async for message in self._socket:
                if message.type is WSMsgType.TEXT:
                    await self._take(heard(message.data))
        finally:
            ending = [task for task in (*self._tasks.values(), self._renewing, late) if task is not None]
            for task in ending:
                task.cancel()
            self.idle.set()
            await asyncio.gather(*ending, return_exceptions=True)

    def refuse(self) -> None:
        """No further task is taken; those that run go on."""
        self._offers.closed = True

    async def _hang_up_unregistered(self) -> None:
        await self._clock.sleep(REGISTERED_WITHIN_S)
        if not self.registered.is_set():
            await self._socket.close()

    async def _take(self, frame: Frame | None) -> None:
        match frame:
            case InfoRequest():
                await self._say(Info().wire)
            case Registered():
                self.registered.set()
                self._renewing = self._renewing or asyncio.create_task(self._renew(), name="offers")
            case OfferAccepted():
                await self._decide(frame)
            case TaskSettings() | TooDeep():
                self._begin(frame)
            case TaskCancel():
                self._cancel(frame.task_id)
            case Drain():
                self.refuse()
            case _:
                pass

    async def _renew(self) -> None:
        while not self._offers.closed:
            if len(self._tasks) < MOST_TASKS:
                for offer in self._offers.round():
                    await self._say(offer.wire)
            await self._clock.sleep(RENEWED_EVERY_S)

    async def _decide(self, frame: OfferAccepted) -> None:
        """At once: the broker gives up after 2 s."""
        if not self._offers.take(frame.offer_id):
            reason = "the runner is about to stop" if self._offers.closed else "the offer has expired"
            await self._say(Rejected(task_id=frame.task_id, reason=reason).wire)
            return
        self._tasks.setdefault(frame.task_id)  # said twice: the first one goes on
        self.idle.clear()
        await self._say(Accepted(task_id=frame.task_id).wire)
        if len(self._tasks) < MOST_TASKS:
            await self._say(self._offers.one().wire)

    def _begin(self, frame: TaskSettings | TooDeep) -> None:
        if frame.task_id in self._tasks and self._tasks[frame.task_id] is None:
            task = asyncio.create_task(self._answer(frame), name=f"task {frame.task_id}")
            task.add_done_callback(lambda _: self._forget(frame.task_id))
            self._tasks[frame.task_id] = task

    def _cancel(self, id_: TaskId) -> None:
        task = self._tasks.get(id_)
        if task is None:
            self._forget(id_)
        else:
            task.cancel()

    def _forget(self, id_: TaskId) -> None:
        self._tasks.pop(id_, None)
        if not self._tasks:
            self.idle.set()

    async def _answer(self, frame: TaskSettings | TooDeep) -> None:
        await self._say(await self._outcome(frame))

    async def _outcome(self, frame: TaskSettings | TooDeep) -> bytes:
        try:
            return await done(frame.task_id, await self._result(frame))
        except Exception as error:  # noqa: BLE001 - the boundary where every error becomes an answer
            return Failed(task_id=frame.task_id, error=problem_of(error)).wire

    async def _result(self, frame: TaskSettings | TooDeep) -> Result:
        if isinstance(frame, TooDeep):
            raise BadRequest("What the node sent is nested too deeply.", hint=_FLATTEN)
        return await self._work(frame.settings)

    async def _say(self, frame: bytes) -> None:
        with suppress(ClientError, ConnectionError):  # `serve` sees the end of the socket and reports it
            await self._socket.send_frame(frame, WSMsgType.TEXT)
