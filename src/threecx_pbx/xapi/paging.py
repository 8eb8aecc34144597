"""A collection as a stream of pages: two in flight, so that the next page is there when the last one is used up."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import takewhile
from typing import Any, Generic, TypeVar

from threecx_pbx.errors import PbxFailed

Row = dict[str, Any]

AHEAD = 2
"""Reports are heavy: one at a time, and two pages of it (issue 6)."""
KEPT = 2
"""Pages that may lie here unread: a reader who is slower than the PBX holds no more of its rows."""


R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Page(Generic[R]):
    """Rows from one request, whether the PBX has named a next one, and a print of the body to tell pages apart."""

    rows: list[R]
    more: bool
    print: int


Fetch = Callable[[int, int], Awaitable[Page[R]]]
"""(skip, top) → the page."""


async def pages(
    fetch: Fetch[R], size: int, limit: int | None = None, *, told_apart: bool = True
) -> AsyncGenerator[list[R], None]:
    """All pages, in order, at most `limit` rows.

    A page that is short although rows follow (a server's own limit, a row that went away) is gone on from where it
    ended. Rows that are pushed into the next page by new ones before them come once, unless two rows may be equal and
    yet be others (not `told_apart`). A page that came before the one in front of it is asked for again. Raises PbxFailed when the PBX gives the same page again and again.
    """
    flight = _Flight(fetch, size, limit, told_apart=told_apart)
    try:
        while (rows := await flight.next()) is not None:
            if rows:
                yield rows
    finally:
        await flight.drop()


@dataclass(frozen=True, slots=True)
class _Asked(Generic[R]):
    """A page that was asked for: where it ends, and how many rows it may have."""

    end: int
    top: int
    task: "asyncio.Task[Page[R]]"


class _Flight(Generic[R]):
    def __init__(self, fetch: Fetch[R], size: int, limit: int | None, *, told_apart: bool) -> None:
        self._fetch = fetch
        self._size = size
        self._limit = limit
        self._told_apart = told_apart
        self._at = 0
        self._given = self._pushed = 0
        self._before: list[R] = []
        self._print: int | None = None
        self._waiting: list[_Asked[R]] = []
        self._over = False
        self._ahead = 1
        self._overtook = False

    async def next(self) -> list[R] | None:
        """None after the last page."""
        if self._over or self._top(self._at) == 0:
            return None
        self._request()
        asked = self._waiting[0].top
        page = await self._waiting[0].task
        del self._waiting[0]
        if page.rows and page.print == self._print:
            raise PbxFailed(
                "The PBX gives the same page of rows again and again, so the rest cannot be read.",
                hint="Ask for a shorter time or set a limit, and report the PBX's version.",
            )
        self._print = page.print
        self._at += len(page.rows)
        fresh = self._fresh(page.rows[:asked])
        if len(page.rows) < asked:
            await self._short(page)
        else:
            if self._overtook:  # what came in between would be in neither page
                await self.drop()
            self._request()
            await asyncio.sleep(0)  # the request goes out before these rows keep the loop busy
        return fresh

    def _fresh(self, rows: list[R]) -> list[R]:
        """Without what has come already, and no more than the limit."""
        again = _again(self._before, rows) if self._told_apart else 0
        fresh = rows[again:] if self._limit is None else rows[again:][: self._limit - self._given]
        self._pushed += again
        self._given += len(fresh)
        self._before = (self._before + fresh)[-self._size :]
        return fresh

    def _top(self, skip: int) -> int:
        if self._limit is None or (self._pushed and self._given < self._limit):
            return self._size
        return max(0, min(self._size, self._limit - skip))

    def _request(self) -> None:
        """As many as may be in flight and be kept; the first page comes alone, since it is often the only one."""
        skip = self._waiting[-1].end if self._waiting else self._at
        while self._room() and (top := self._top(skip)):
            task = asyncio.ensure_future(self._fetch(skip, top))
            self._waiting.append(_Asked(skip + top, top, task))
            task.add_done_callback(self._arrived)
            skip += top

    def _room(self) -> bool:
        arrived = [one.task for one in self._waiting if one.task.done()]
        flying = len(self._waiting) - len(arrived)
        going_on = all(_rows_of(task) for task in arrived)
        return going_on and flying < self._ahead and len(self._waiting) < AHEAD + KEPT

    def _arrived(self, task: "asyncio.Task[Page[R]]") -> None:
        """A full page has one after it, which is asked for although nobody wants it yet."""
        waited_for = any(one.task is task for one in self._waiting)
        before = takewhile(lambda one: one.task is not task, self._waiting)
        if waited_for and _rows_of(task):
            self._overtook |= any(not one.task.done() for one in before)
        if waited_for and _rows_of(task) >= self._size:
            self._ahead = AHEAD
            self._request()

    async def _short(self, page: Page[R]) -> None:
        """The last one, unless the PBX names a next one or the page after it, asked for already, has rows."""
        following = bool(page.rows) and (page.more or await self._follows())
        await self.drop()
        self._over = not following

    async def _follows(self) -> bool:
        return bool(self._waiting) and bool((await self._waiting[0].task).rows)

    async def drop(self) -> None:
        """Ends what nobody waits for."""
        for one in self._waiting:
            one.task.cancel()
        for one in self._waiting:
            # its outcome, whatever it is, concerns nobody any more
            with suppress(asyncio.CancelledError, Exception):
                await one.task
        self._waiting.clear()
        self._overtook = False


def _again(before: list[R], rows: list[R]) -> int:
    """How many rows at the begin are the last ones that came before: as many as are new in front of both."""
    places = [at for at, row in enumerate(before) if row == rows[0]] if rows else []
    if len(places) != 1:
        return 0
    pushed = before[places[0] :][: len(rows)]
    return len(pushed) if rows[: len(pushed)] == pushed else 0


def _rows_of(task: "asyncio.Task[Page[Any]]") -> int:
    """How many have come; none of one that failed."""
    return 0 if task.cancelled() or task.exception() else len(task.result().rows)
