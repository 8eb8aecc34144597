"""Runs operations. Knows no transport (HTTP and n8n's task broker both call it) and no operation by name."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Sequence
from contextlib import aclosing, nullcontext
from dataclasses import dataclass
from typing import Any, cast

from pydantic import TypeAdapter

from threecx_pbx.calls.model import CallId, EventId
from threecx_pbx.errors import CallEnded, CallUnknown, DataChangesOff
from threecx_pbx.verbs import ENDED
from threecx_runner.api.wire import BinaryLine, ErrorLine, FileField, Item, ItemLine, Line, Request
from threecx_runner.errors import problem_of
from threecx_runner.journal import ItemKey, Journal
from threecx_runner.registry import Registry
from threecx_runner.sdk import (
    CallParams,
    CallResult,
    Context,
    Effect,
    OnHangUp,
    Operation,
    Params,
    Result,
    WhichCall,
    WireItem,
)
from threecx_runner.sessions import Held, Sessions
from threecx_runner.texts import check_whole

_Given = Result | WireItem | list[WireItem]
_LINES = TypeAdapter(list[ItemLine])
_PORTION = 200
"""Lines of a stream that go on at once."""
_AHEAD = 8
"""Portions that may wait for the reader; a stream then waits for them."""
HUNG_UP = "hungUp"
"""The output of an operation that a hang-up leaves by (features.md 1.5)."""

_BY_PERSON = "Put the node into the workflow itself, where its author decides what is written."


@dataclass(frozen=True, slots=True)
class _Job:
    """One operation of one request, with the session that it runs in."""

    request: Request
    operation: Operation[Any, Any]
    held: Held


class Dispatcher:
    """See `run`."""

    def __init__(self, sessions: Sessions, journal: Journal, registry: Registry) -> None:
        self._sessions = sessions
        self._journal = journal
        self._registry = registry

    async def run(self, request: Request) -> AsyncIterator[Line]:
        """One line for each result item or failed item, as they come. Raises what concerns the whole request."""
        operation = self._registry.operation(request.node, request.operation)
        job = _Job(request, operation, await self._sessions.get(request.login))
        room = asyncio.Semaphore(request.concurrency)
        done: asyncio.Queue[Sequence[Line] | Exception | None] = asyncio.Queue(_AHEAD)
        stopped = asyncio.Event()

        async def one(item: Item) -> None:
            async with room:
                if not stopped.is_set():
                    async for lines in self._outcome(job, item):
                        if request.stop_on_error and any(isinstance(line, ErrorLine) for line in lines):
                            stopped.set()
                        await done.put(lines)
                await done.put(None)

        async def ended(item: Item) -> None:
            try:
                await one(item)
            except Exception as error:  # noqa: BLE001 - a line that cannot be made ends the request
                await done.put(error)

        tasks = [
            asyncio.create_task(ended(item), name=f"{operation.name} {item.index}") for item in request.items
        ]
        try:
            left = len(tasks)
            while left:
                lines = await done.get()
                if lines is None:
                    left -= 1
                    continue
                if isinstance(lines, Exception):
                    raise lines
                for line in lines:
                    yield line
                if request.stop_on_error and any(isinstance(line, ErrorLine) for line in lines):
                    return
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _outcome(self, job: _Job, item: Item) -> AsyncIterator[Sequence[Line]]:
        """The item's lines; whatever went wrong is a line too."""
        try:
            check_whole({"callId": item.call_id})
            check_whole(item.parameters)
            ask = job.operation.params.model_validate(item.parameters)
            _check_rights(job)
            if not job.operation.streams:
                yield await self._once(job, item, ask)
                return
            async with aclosing(self._stream(job, item, ask)) as portions:
                async for lines in portions:
                    yield lines
        except Exception as error:  # noqa: BLE001 - the boundary where every error becomes a line
            yield [ErrorLine(index=item.index, error=problem_of(error))]

    async def _stream(self, job: _Job, item: Item, ask: Params) -> AsyncGenerator[list[ItemLine], None]:
        """The lines of an operation that gives its results one by one, in portions."""
        on = self._context(job, None)
        running = cast("AsyncGenerator[_Given, None]", job.operation.run(on, ask))
        async with aclosing(running) as results:
            lines: list[ItemLine] = []
            async for given in results:
                some = given if isinstance(given, list) else [given]
                lines += [_line(job.operation, item, result) for result in some]
                if len(lines) >= _PORTION:
                    yield lines
                    lines = []
            yield lines

    async def _once(self, job: _Job, item: Item, ask: Params) -> list[ItemLine]:
        operation = job.operation
        asked = job.request
        # a copied workflow counts its own executions, and acts on another call
        about = (asked.instance_id, asked.workflow_id, item.call_id or "", item.key)
        key = ItemKey("|".join((job.held.session.account.pbx, operation.node, operation.name, *about)))

        async def act() -> list[ItemLine]:
            return await self._act(job, item, ask)

        places = operation.effect is Effect.DIAL and not isinstance(ask, CallParams)
        with job.held.watch.keeper.placing() if places else nullcontext():
            lines = await self._journal.once(key, operation.effect, act, _LINES, places=places)
        return [line.model_copy(update={"index": item.index}) for line in lines]

    async def _act(self, job: _Job, item: Item, ask: Params) -> list[ItemLine]:
        id_ = await self._which_call(job, item, ask) if isinstance(ask, CallParams) else None
        on = self._context(job, id_)
        try:
            with job.held.watch.keeper.using(id_):
                got = await cast("Awaitable[Result | list[Result]]", job.operation.run(on, ask))
        except CallEnded as ended:
            return [_hung_up(job.operation, item, ask, id_, ended)]
        except CallUnknown:
            if not await self._was_told(job, id_):
                raise
            return [_hung_up(job.operation, item, ask, id_, CallEnded(ENDED))]
        results = got if isinstance(got, list) else [got]
        if id_ is None and job.operation.effect is Effect.DIAL:
            await self._learn(job, results)
        return [_line(job.operation, item, result) for result in results]

    async def _was_told(self, job: _Job, id_: CallId | None) -> bool:
        """Whether an earlier life of the runner knew the call: then it has ended meanwhile."""
        first = await self._journal.event(EventId(f"{id_}:0"))
        return first is not None and first.pbx == job.held.session.account.pbx

    def _context(self, job: _Job, id_: CallId | None) -> Context:
        return self._sessions.context(
            job.held,
            job.request.login,
            find_call=lambda: job.held.session.call(id_ or CallId("")),
            call_id=id_ or CallId(""),
            sounds=job.held.watch.sounds(id_ or CallId("")),
            workflow_id=job.request.workflow_id,
            execution_id=job.request.execution_id,
            tool=job.request.tool,
        )

    async def _which_call(self, job: _Job, item: Item, ask: CallParams) -> CallId:
        """features.md 1.6. Raises CallUnknown when nothing says which call is meant."""
        pbx = job.held.session.account.pbx
        execution = job.request.execution_id
        # a model may fill in parameters of a tool; the call is its execution's, whatever it says
        match WhichCall.THIS_EXECUTION if job.request.tool else ask.call:
            case WhichCall.CALL_ID:
                id_ = CallId(ask.call_id.strip())
            case WhichCall.EXECUTION_ID:
                id_ = await self._only_call(job, ask.execution_id.strip())
            case WhichCall.THIS_EXECUTION:
                id_ = CallId(item.call_id) if item.call_id else await self._only_call(job, execution)
        if id_ and execution:
            self._journal.learn_execution(pbx, _execution(job.request, execution), id_)
        if not id_:
            raise CallUnknown("The parameter Call ID is empty.")
        return id_

    async def _learn(self, job: _Job, results: Sequence[Result]) -> None:
        """A call that the operation has placed is the execution's from now on, and is looked after."""
        for placed in (CallId(result.call_id) for result in results if isinstance(result, CallResult)):
            if placed:
                job.held.watch.keeper.placed(placed)
            if placed and job.request.execution_id:
                pbx = job.held.session.account.pbx
                execution = _execution(job.request, job.request.execution_id)
                self._journal.learn_execution(pbx, execution, placed)

    async def _only_call(self, job: _Job, execution: str) -> CallId:
        tied = _execution(job.request, execution)
        known = await self._journal.calls_of_execution(job.held.session.account.pbx, tied)
        up = {call.id for call in job.held.session.calls_now() if call.legs}
        live = [id_ for id_ in known if id_ in up]
        found = live or list(known)
        if len(found) == 1:
            return found[0]
        if not found:
            raise CallUnknown(
                f"No call is known of the execution '{execution}'.",
                hint="Start the workflow with a 3CX Call Receiver Trigger, or set Call to By Call ID.",
            )
        raise CallUnknown(
            f"The execution '{execution}' handles {len(found)} calls, so it does not say which is meant.",
            hint="Set Call to By Call ID.",
        )


def _execution(request: Request, number: str) -> str:
    """The execution's name among those of every n8n: each instance counts its own from 1."""
    return f"{request.instance_id}:{number}" if request.instance_id else number


def _check_rights(job: _Job) -> None:
    """No write is ever an AI tool (features.md 2). Raises DataChangesOff."""
    if job.operation.effect is Effect.WRITE and job.request.tool:
        raise DataChangesOff("An AI tool may not change data of the PBX.", hint=_BY_PERSON)


def _line(operation: Operation[Any, Any], item: Item, result: Result | WireItem) -> ItemLine:
    if isinstance(result, dict):
        return ItemLine(index=item.index, item=result, output=None)
    left = ((name, fits(result)) for name, fits in operation.outputs.items())
    output = next((fits if isinstance(fits, str) else name for name, fits in left if fits), None)
    told = result.model_dump(mode="json", by_alias=True)
    if result.binary:
        files = {
            name: FileField(id=file.id, file_name=file.file_name, mime_type=file.mime_type)
            for name, file in result.binary.items()
        }
        return BinaryLine(index=item.index, item=told, output=output, binary=files)
    return ItemLine(index=item.index, item=told, output=output)


def _hung_up(
    operation: Operation[Any, Any], item: Item, ask: Params, id_: CallId | None, ended: CallEnded
) -> ItemLine:
    """A hang-up is an outcome, not a failure (features.md 1.5). Raises `ended` only where the author wants it."""
    told = {"callId": id_, "hungUp": True, "reason": ended.message}
    if HUNG_UP in operation.outputs:
        return ItemLine(index=item.index, item=told, output=HUNG_UP)
    choice = ask.on_hang_up if isinstance(ask, CallParams) else OnHangUp.ERROR
    match choice:
        case OnHangUp.ERROR:
            raise ended
        case OnHangUp.CONTINUE:
            return ItemLine(index=item.index, item=told, output=None)
        case OnHangUp.END_BRANCH:
            return ItemLine(index=item.index, item=None, output=None)
