"""A task's result as the frame that bears it, written in portions: an answer may have 100,000 lines, and callers listen meanwhile."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass

from threecx_runner.api.wire import EndLine, FileAnswer, Line
from threecx_runner.broker.frames import TaskId
from threecx_runner.broker.pieces import PieceAnswer

_TOGETHER = 64
"""Lines that are written without a pause, as over HTTP: two milliseconds."""


_MANY = 32
"""From a few megabytes on, joining them takes milliseconds; `bytes.join` lets go of the interpreter meanwhile."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What `startJob` gives to the node for an operation: the lines of outcome.json. They are used up by `done`."""

    lines: list[Line]


Result = Outcome | FileAnswer | PieceAnswer


async def done(task: TaskId, result: Result) -> bytes:
    """The frame `runner:taskdone`, its `data` as n8n wants it."""
    begin = f'{{"type":"runner:taskdone","taskId":{json.dumps(task)},"data":{{"result":'.encode()
    if not isinstance(result, Outcome):
        return b"".join((begin, result.model_dump_json(by_alias=True).encode(), b"}}"))
    parts = [begin, b'{"lines":[']
    for portion in _portions(result.lines):
        parts.append(portion)
        await asyncio.sleep(0)
    parts += [EndLine().model_dump_json().encode(), b"]}}}"]
    return b"".join(parts) if len(parts) < _MANY else await asyncio.to_thread(b"".join, parts)


def _portions(lines: list[Line]) -> Iterator[bytes]:
    """Each line is let go of when it is written: to free all of them at once takes as long as to write them."""
    lines.reverse()
    while lines:
        some = (lines.pop() for _ in range(min(_TOGETHER, len(lines))))
        yield b"".join(line.model_dump_json(by_alias=True).encode() + b"," for line in some)
