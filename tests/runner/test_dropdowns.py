"""Dropdowns are read once while somebody types, and tell how old they are."""

import asyncio
from collections.abc import Sequence

import pytest

from threecx_pbx.clock import ManualClock, settle
from threecx_pbx.errors import PbxUnreachable
from threecx_runner.dropdowns import Dropdowns
from threecx_runner.sdk import Choice

pytestmark = pytest.mark.proves("behaviour.caching")


class Pbx:
    """Has so many extensions; counts how often it was asked."""

    def __init__(self, count: int = 3) -> None:
        self.count = count
        self.asked = 0
        self.down = False
        self.hold: asyncio.Event | None = None

    async def read(self) -> Sequence[Choice]:
        self.asked += 1
        if self.hold:
            await self.hold.wait()
        if self.down:
            raise PbxUnreachable("The PBX cannot be reached.")
        return [
            Choice(name=f"{100 + number} Person{number}", value=str(100 + number))
            for number in range(self.count)
        ]


async def test_each_key_that_is_typed_costs_the_pbx_nothing() -> None:
    pbx, lists = Pbx(), Dropdowns(ManualClock())

    for typed in ("", "p", "pe", "PERSON1"):
        offered = await lists.search("extensions", pbx.read, typed)

    assert [one.value for one in offered.choices] == ["101"]
    assert pbx.asked == 1


async def test_two_who_open_it_at_once_share_one_reading() -> None:
    pbx, lists = Pbx(), Dropdowns(ManualClock())
    pbx.hold = asyncio.Event()
    opening = [asyncio.create_task(lists.search("extensions", pbx.read, "")) for _ in range(2)]
    await settle()
    pbx.hold.set()

    assert [len((await one).choices) for one in opening] == [3, 3]
    assert pbx.asked == 1


async def test_the_age_is_told_and_a_list_that_is_no_longer_fresh_is_read_again_behind() -> None:
    clock = ManualClock()
    pbx, lists = Pbx(), Dropdowns(clock)
    assert (await lists.search("extensions", pbx.read, "")).age_seconds == 0
    pbx.count = 4

    await clock.advance(30)
    shown = await lists.search("extensions", pbx.read, "")
    await settle()
    later = await lists.search("extensions", pbx.read, "")

    assert (len(shown.choices), shown.age_seconds) == (3, 30)
    assert (len(later.choices), later.age_seconds) == (4, 0)


async def test_after_a_minute_the_old_list_is_not_shown_any_more() -> None:
    clock = ManualClock()
    pbx, lists = Pbx(), Dropdowns(clock)
    await lists.search("extensions", pbx.read, "")
    pbx.count = 5

    await clock.advance(61)

    assert len((await lists.search("extensions", pbx.read, "")).choices) == 5


async def test_a_pbx_that_is_down_is_told_and_asked_again_the_next_time() -> None:
    pbx, lists = Pbx(), Dropdowns(ManualClock())
    pbx.down = True
    with pytest.raises(PbxUnreachable):
        await lists.search("extensions", pbx.read, "")
    pbx.down = False

    assert len((await lists.search("extensions", pbx.read, "")).choices) == 3


async def test_lists_of_two_logins_are_two() -> None:
    pbx, other, lists = Pbx(), Pbx(1), Dropdowns(ManualClock())

    mine = await lists.search(("8001", "extensions"), pbx.read, "")
    theirs = await lists.search(("8002", "extensions"), other.read, "")

    assert (len(mine.choices), len(theirs.choices)) == (3, 1)
