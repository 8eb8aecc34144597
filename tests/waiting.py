"""Waiting for what nobody tells of: sound that is being played, the runner's own state after its timers."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

import pytest

T = TypeVar("T")


async def eventually(
    look: Callable[[], T], what: str = "it", *, every: float = 0.01, within: float = 20
) -> T:
    """What `look` gives as soon as it gives something; asked every so many seconds, since it shares our processor."""
    try:
        async with asyncio.timeout(within):
            while not (found := look()):  # noqa: ASYNC110 - bounded, and the only one
                await asyncio.sleep(every)
    except TimeoutError:
        pytest.fail(f"{what} did not happen")
    return found
