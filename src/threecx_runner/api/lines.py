"""Answers as NDJSON: a line for each outcome as it comes, the end line last (outcome.json)."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence

import structlog
from pydantic import BaseModel
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from threecx_pbx.clock import Clock
from threecx_runner.api.race import Ended, race
from threecx_runner.api.wire import EndLine, ErrorLine, Line
from threecx_runner.errors import DeadlinePassed, problem_of

_TOGETHER = 64
"""Lines in one message: some 64 KB of calls with their journeys."""
_log = structlog.get_logger(__name__)


class LinesResponse(Response):
    """Raises from the first line on, before anything is sent, what the whole request failed with.

    A failure later ends the answer without its end line, so that the reader sees that it was cut off.
    """

    media_type = "application/x-ndjson"

    def __init__(
        self,
        lines: AsyncIterator[Line],
        indexes: Sequence[int],
        within: float,
        clock: Clock,
        status_code: int = 200,
    ) -> None:
        super().__init__(status_code=status_code)
        del self.headers["content-length"]
        self._lines = lines
        self._unanswered = dict.fromkeys(indexes)
        self._within = within
        self._clock = clock
        self._started = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        work = asyncio.create_task(self._send_all(send), name="lines")
        ended = await race(work, receive, self._within, self._clock)
        if ended is Ended.LATE:
            await self._send_late(send)
        elif ended is Ended.DONE:
            self._check(work)

    async def _send_all(self, send: Send) -> None:
        together = _Together(self._lines)
        reading = asyncio.create_task(together.read(), name="lines that are ready")
        try:
            while portion := await together.take():
                for line in portion:
                    self._unanswered.pop(line.index, None)
                await self._send_lines(send, portion)
            await reading
            await self._send_lines(send, [EndLine()], more=False)
        finally:
            reading.cancel()
            await asyncio.wait((reading,))

    async def _send_late(self, send: Send) -> None:
        """What was answered stays; the rest gets an error each, so that nobody takes silence for success."""
        late = DeadlinePassed("The operation did not end in time.")
        if not self._started:
            raise late
        problem = problem_of(late)
        errors = [ErrorLine(index=index, error=problem) for index in self._unanswered]
        await self._send_lines(send, [*errors, EndLine()], more=False)

    async def _send_lines(self, send: Send, lines: Sequence[BaseModel], *, more: bool = True) -> None:
        if not self._started:
            self._started = True
            await send(
                {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
            )
        body = b"".join(line.model_dump_json(by_alias=True).encode() + b"\n" for line in lines)
        await send({"type": "http.response.body", "body": body, "more_body": more})

    def _check(self, work: "asyncio.Task[None]") -> None:
        error = work.exception()
        if error is None:
            return
        if not self._started:
            raise error
        _log.error("an answer was cut off", exc_info=error)
        raise error


class _Together:
    """Lines that are ready at the same moment, so that they travel together; none waits for one that is not."""

    def __init__(self, lines: AsyncIterator[Line]) -> None:
        self._lines = lines
        self._ready: list[Line] = []
        self._some = asyncio.Event()
        self._room = asyncio.Event()
        self._over = False

    async def read(self) -> None:
        """Until the last one; goes ahead of the sender by one portion. Raises what the lines raise."""
        try:
            async for line in self._lines:
                self._ready.append(line)
                self._some.set()
                if len(self._ready) >= _TOGETHER:
                    self._room.clear()
                    await self._room.wait()
        finally:
            self._over = True
            self._some.set()
            if isinstance(self._lines, AsyncGenerator):
                await self._lines.aclose()

    async def take(self) -> list[Line]:
        """What is ready; empty after the last one, and after a failure."""
        await self._some.wait()
        taken, self._ready = self._ready, []
        if not self._over:
            self._some.clear()
        self._room.set()
        return taken
