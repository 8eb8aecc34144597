"""Pages ahead of need: order, ends, and PBXs that page badly."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from threecx_pbx.errors import PbxFailed
from threecx_pbx.xapi.paging import Page, Row, pages


class Pbx:
    """Rows behind `fetch`; `cap` is a limit of its own below the one that is asked."""

    def __init__(self, count: int, cap: int = 10_000, *, names_next: bool = False) -> None:
        self.rows = [{"Id": number} for number in range(count)]
        self.cap = cap
        self.names_next = names_next
        self.asked: list[tuple[int, int]] = []
        self.in_flight = self.most_in_flight = 0

    async def fetch(self, skip: int, top: int) -> Page[Row]:
        self.asked.append((skip, top))
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            await asyncio.sleep(0)
        finally:
            self.in_flight -= 1
        found = self.rows[skip : skip + min(top, self.cap)]
        return Page(found, self.names_next and skip + len(found) < len(self.rows), hash((skip, len(found))))


async def read(pbx: Any, size: int = 10, limit: int | None = None) -> list[int]:
    return [row["Id"] async for page in pages(pbx.fetch, size, limit) for row in page]


@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 20, 95, 100])
async def test_all_rows_come_once_and_in_order(count: int) -> None:
    assert await read(Pbx(count)) == list(range(count))


async def test_two_pages_are_in_flight_and_never_more() -> None:
    pbx = Pbx(100)

    await read(pbx)

    assert pbx.most_in_flight == 2


async def test_pages_go_on_coming_while_the_reader_is_busy_and_wait_for_him_after_four() -> None:
    pbx = Pbx(100)
    reading = pages(pbx.fetch, 10)

    await anext(reading)
    for _ in range(50):  # turns of the loop, in which nobody reads
        await asyncio.sleep(0)
    assert pbx.asked == [(skip, 10) for skip in (0, 10, 20, 30, 40)]

    await anext(reading)
    for _ in range(50):
        await asyncio.sleep(0)
    assert pbx.asked[-1] == (50, 10)
    await reading.aclose()


async def test_a_page_that_overtook_the_one_before_it_is_read_again_since_rows_may_have_come_between() -> (
    None
):
    class Overtaking(Pbx):
        late: asyncio.Event | None = None

        async def fetch(self, skip: int, top: int) -> Page[Row]:
            if skip == 20 and self.late is None:
                self.late = asyncio.Event()
                await self.late.wait()
                self.rows.insert(0, {"Id": 1000})
            found = await super().fetch(skip, top)
            if skip == 30 and self.late is not None:
                self.late.set()
            return found

    pbx = Overtaking(60)

    assert await read(pbx) == list(range(60))
    assert pbx.asked.count((30, 10)) == 2


async def test_nothing_is_asked_beyond_the_page_that_ends_the_list() -> None:
    pbx = Pbx(35)
    reading = pages(pbx.fetch, 10)

    await anext(reading)
    for _ in range(50):
        await asyncio.sleep(0)
    await reading.aclose()

    assert pbx.asked[-1][0] <= 40


async def test_a_short_list_costs_one_request() -> None:
    pbx = Pbx(5)

    await read(pbx)

    assert pbx.asked == [(0, 10)]


@pytest.mark.parametrize(("limit", "asked"), [(5, [(0, 5)]), (10, [(0, 10)]), (15, [(0, 10), (10, 5)])])
async def test_no_more_is_asked_than_the_limit(limit: int, asked: list[tuple[int, int]]) -> None:
    pbx = Pbx(100)

    assert await read(pbx, limit=limit) == list(range(limit))
    assert pbx.asked == asked


async def test_a_server_with_a_smaller_page_of_its_own_that_names_the_next_is_read_whole() -> None:
    assert await read(Pbx(50, cap=7, names_next=True)) == list(range(50))


async def test_rows_that_went_away_while_paging_cost_none_of_the_others() -> None:
    pbx = Pbx(60)

    async def shrinking(skip: int, top: int) -> Page[Row]:
        page = await pbx.fetch(skip, top)
        return Page(page.rows[:-1], False, page.print) if skip == 20 else page

    found = [row["Id"] async for page in pages(shrinking, 10) for row in page]

    assert set(found) == set(range(60))


class Growing(Pbx):
    """`grows` new rows come to the front after each page."""

    def __init__(self, count: int, grows: int, *, alike: bool = False) -> None:
        super().__init__(count)
        self.grows = grows
        self.alike = alike

    async def fetch(self, skip: int, top: int) -> Page[Row]:
        page = await super().fetch(skip, top)
        newest = len(self.rows)
        self.rows = [{"Id": newest + at} for at in range(self.grows)] + self.rows
        return Page([{"Id": 7} for _ in page.rows], page.more, skip) if self.alike else page


@pytest.mark.parametrize("grows", [1, 2, 3])
@pytest.mark.parametrize("limit", [None, 5, 12, 25, 31])
async def test_rows_that_new_ones_push_into_the_next_page_come_once(grows: int, limit: int | None) -> None:
    pbx = Growing(60, grows)

    assert await read(pbx, limit=limit) == list(range(60 if limit is None else limit))


async def test_rows_that_are_equal_and_yet_others_all_come() -> None:
    assert await read(Growing(35, 0, alike=True)) == [7] * 35


async def test_a_row_that_is_no_record_of_its_own_may_come_again() -> None:
    pbx = Pbx(0)
    pbx.rows = [{"Id": number // 2} for number in range(1, 31)]

    found = [row async for page in pages(pbx.fetch, 10, told_apart=False) for row in page]

    assert found == pbx.rows


async def test_a_page_that_repeats_forever_is_an_error_and_no_endless_loop() -> None:
    rows: Sequence[Row] = [{"Id": number} for number in range(10)]

    async def same(skip: int, top: int) -> Page[Row]:
        return Page(list(rows), True, 7)

    reading = pages(same, 10)
    await anext(reading)
    with pytest.raises(PbxFailed, match="again and again"):
        await anext(reading)


async def test_an_error_of_a_page_is_raised_where_it_is_needed() -> None:
    pbx = Pbx(100)

    async def failing(skip: int, top: int) -> Page[Row]:
        if skip == 30:
            raise PbxFailed("The PBX failed.")
        return await pbx.fetch(skip, top)

    found: list[int] = []

    async def reading() -> None:
        async for page in pages(failing, 10):
            found.extend(row["Id"] for row in page)

    with pytest.raises(PbxFailed):
        await reading()
    assert found == list(range(30))


async def test_a_reader_who_stops_leaves_no_request_behind() -> None:
    pbx = Pbx(100)
    reading = pages(pbx.fetch, 10)

    async for _ in reading:
        break
    await reading.aclose()

    assert pbx.in_flight == 0
