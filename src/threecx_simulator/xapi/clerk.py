"""Reads the archive in a thread of its own, one request after the other, so that calls and audio go on meanwhile."""

from asyncio import get_running_loop
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from threecx_simulator.xapi.archive import Archive

T = TypeVar("T")


class Clerk:
    """One reader with its own copy of the history, so that days once computed serve the next page too."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._history = archive.history.apart()
        self._desk = ThreadPoolExecutor(max_workers=1, thread_name_prefix="archive")

    async def read(self, work: Callable[[Archive], T]) -> T:
        """The result of `work` on the archive as of now."""
        snapshot = self._archive.for_reader(self._history)
        return await get_running_loop().run_in_executor(self._desk, work, snapshot)
