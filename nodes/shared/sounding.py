"""The sound of recorded calls as binary fields, a few downloads at a time."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator
from datetime import timedelta

from threecx_pbx.errors import (
    BadParameter,
    DependencyFailed,
    Impossible,
    PbxFailed,
    RateLimited,
    RecordUnknown,
    Unreachable,
)
from threecx_pbx.reports.recordings import audio
from threecx_runner.sdk import Attached, Context, WireItem

from .logged import CallRow, RecordingLink

AT_ONCE = 4
"""Downloads at the same time: the PBX has calls to serve beside them."""
_WINDOW = 64
"""Rows that may wait for the sound of the one before them."""


async def with_sound(on: Context, portions: AsyncIterator[list[WireItem]]) -> AsyncGenerator[CallRow, None]:
    """The rows in their order, each with one binary field for each recording that the PBX gives; why it gives
    one not stands in its link.

    Raises Forbidden, TooLarge, …
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
    links: list[RecordingLink] = []
    files: dict[str, Attached] = {}
    for at, one in enumerate(row.recordings or []):
        try:
            async with room:
                files[f"recording{at or ''}"] = await _sound(on, one.recording_id)
            links.append(one)
        except _OF_ONE as why:
            links.append(one.model_copy(update={"missing": why.message}))
    row = row.model_copy(update={"recordings": links}) if links else row
    for field, file in files.items():
        row.with_binary(field, file)
    return row


_OF_ONE = (BadParameter, DependencyFailed, Impossible, PbxFailed, RateLimited, RecordUnknown, Unreachable)
"""What keeps one recording away, such as that it was deleted since: its call is told all the same."""


async def _sound(on: Context, id_: int) -> Attached:
    chunks = audio(on.reports, id_, on.clock, timedelta(0))
    return await on.files.save(chunks, f"recording-{id_}.wav", "audio/wav")
