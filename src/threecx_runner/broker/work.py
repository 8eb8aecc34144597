"""One task: from what the node gave to `startJob` to the lines of its answer."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from typing import Any

from pydantic import ValidationError

from threecx_credentials.threecx_call_control_api import Login
from threecx_pbx.clock import Clock
from threecx_runner.api.ports import Dispatching
from threecx_runner.api.protocol import refuse_newer
from threecx_runner.api.wire import Envelope, ErrorLine, Line, Name, Request
from threecx_runner.errors import DeadlinePassed, bad_credential, problem_of
from threecx_runner.login import completed
from threecx_runner.sdk import Wire
from threecx_runner.settings import Settings


class Asked(Wire):
    """The second argument of `startJob` (tests/contract/task.json): what HTTP says by path, header and body."""

    node: Name
    operation: Name
    login: Login
    request: Envelope


def request_of(asked: Any, settings: Settings) -> Request:
    """Raises ValidationError, BadParameter, ProtocolMismatch."""
    if isinstance(asked, dict) and isinstance(asked.get("request"), dict):
        refuse_newer(asked["request"].get("protocol"))
    try:
        told = Asked.model_validate(asked)
    except ValidationError as error:
        if error.errors()[0]["loc"][:1] == ("login",):
            raise bad_credential(error) from error
        raise
    login = completed(told.login, settings.default_server, settings.default_extension)
    return Request(node=told.node, operation=told.operation, login=login, **dict(told.request))


async def lines_of(dispatcher: Dispatching, request: Request, clock: Clock) -> list[Line]:
    """All lines of the answer; items without one at the deadline get an error each, as over HTTP.

    Raises what the whole request failed with, DeadlinePassed when nothing was done by then. Cancelled: the work is, too.
    """
    lines: list[Line] = []
    work = asyncio.create_task(_collect(dispatcher, request, lines), name="task")
    late = asyncio.create_task(clock.sleep(request.deadline_seconds), name="deadline")
    try:
        await asyncio.wait({work, late}, return_when=asyncio.FIRST_COMPLETED)
        if work.done():
            work.result()
            return lines
    finally:
        for one in (work, late):
            one.cancel()
        await asyncio.wait({work, late})
    return [*lines, *_late(request, lines)]


async def _collect(dispatcher: Dispatching, request: Request, lines: list[Line]) -> None:
    source = dispatcher.run(request)
    try:
        async for line in source:
            lines.append(line)
    finally:
        if isinstance(source, AsyncGenerator):
            await source.aclose()


def _late(request: Request, lines: Sequence[Line]) -> Sequence[Line]:
    late = DeadlinePassed("The operation did not end in time.")
    if not lines:
        raise late
    answered = {line.index for line in lines}
    problem = problem_of(late)
    return [
        ErrorLine(index=item.index, error=problem) for item in request.items if item.index not in answered
    ]
