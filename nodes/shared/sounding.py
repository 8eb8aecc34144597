"""The sound of recorded calls as binary fields, a few downloads at a time."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import suppress
from datetime import timedelta

from threecx_pbx.errors import RecordUnknown
from threecx_pbx.reports.recordings import audio
from threecx_runner.sdk import Attached, Context, WireItem

from .logged import CallRow

AT_ONCE = 4
"""Downloads at the same time: the PBX has calls to serve beside them."""
_WINDOW = 64
"""Rows that may wait for the sound of the one before them."""


async def with_sound(on: Context, portions: AsyncIterator[list[WireItem]]) -> AsyncGenerator[CallRow, None]:
    """The rows in their order, each with one binary field for each recording that the PBX still has.

    Raises Forbidden, PbxUnreachable, TooLarge, …
    """
    room = asyncio.Semaphore(AT_ONCE)
    waiting: deque[asyncio.Task[CallRow]] = deque()
    try:
        async for portion in portions:
            for row in portion:
                waiting.append(asyncio.create_task(_heard(on, row, room), name="recordings of a call"))
                while len(waiting) > _WINDOW:
                    yield await waiting.popleft()
        while waiting:
            yield await waiting.popleft()
    finally:
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)


async def _heard(on: Context, wire: WireItem, room: asyncio.Semaphore) -> CallRow:
    row = CallRow.model_validate(wire)
    for at, one in enumerate(row.recordings or []):
        # the call log remembers recordings that were deleted since; their link stands in the item all the same
        with suppress(RecordUnknown):
            async with room:
                row.with_binary(f"recording{at or ''}", await _sound(on, one.recording_id))
    return row


async def _sound(on: Context, id_: int) -> Attached:
    chunks = audio(on.reports, id_, on.clock, timedelta(0))
    return await on.files.save(chunks, f"recording-{id_}.wav", "audio/wav")
