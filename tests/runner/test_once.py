"""Operations that must not happen twice."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import pytest
from pydantic import TypeAdapter

from threecx_pbx.clock import ManualClock
from threecx_pbx.errors import CallEnded
from threecx_runner.errors import DialInterrupted
from threecx_runner.journal import ItemKey, Journal
from threecx_runner.sdk import Effect
from threecx_runner.state_folder import Cipher

pytestmark = pytest.mark.parametrize("journal_url", ["sqlite", "postgresql"], indirect=True)

KEY = ItemKey("pbx|callControl.answerCall|42:node:0:0")
FORM = TypeAdapter(list[int])


@dataclass
class Deed:
    """Counts how often it is done; waits while it is held."""

    done: int = 0
    cancelled: int = 0
    free: asyncio.Event = field(default_factory=asyncio.Event)
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    failure: Exception | None = None

    async def __call__(self) -> list[int]:
        self.begun.set()
        try:
            await self.free.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        self.done += 1
        if self.failure:
            raise self.failure
        return [self.done]


@pytest.fixture
def deed() -> Deed:
    made = Deed()
    made.free.set()
    return made


async def test_a_success_is_replayed_for_an_hour_and_then_done_again(
    journal: Journal, deed: Deed, clock: ManualClock
) -> None:
    assert await journal.once(KEY, Effect.CALL, deed, FORM) == [1]
    await clock.advance(3599)
    assert await journal.once(KEY, Effect.CALL, deed, FORM) == [1]
    await clock.advance(2)
    assert await journal.once(KEY, Effect.CALL, deed, FORM) == [2]


async def test_a_success_is_replayed_by_a_runner_that_was_restarted(
    journal_url: str, cipher: Cipher, deed: Deed, clock: ManualClock
) -> None:
    for _ in range(2):
        async with Journal.open(journal_url, cipher, clock) as journal:
            assert await journal.once(KEY, Effect.DIAL, deed, FORM) == [1]
    assert deed.done == 1


async def test_a_dial_that_was_cut_off_with_the_runner_is_not_done_again_for_an_hour(
    journal_url: str, cipher: Cipher, deed: Deed, clock: ManualClock
) -> None:
    endless = Deed()
    async with Journal.open(journal_url, cipher, clock) as journal:
        cut_off = asyncio.ensure_future(journal.once(KEY, Effect.DIAL, endless, FORM, places=True))
        await endless.begun.wait()
    async with Journal.open(journal_url, cipher, clock) as journal:
        for _ in range(2):
            with pytest.raises(DialInterrupted):
                await journal.once(KEY, Effect.DIAL, deed, FORM, places=True)
        assert deed.done == 0
        await clock.advance(3601)
        assert await journal.once(KEY, Effect.DIAL, deed, FORM, places=True) == [1]
    cut_off.cancel()
    await asyncio.wait({cut_off})


async def test_a_dial_that_failed_is_done_again_by_a_runner_that_was_restarted(
    journal_url: str, cipher: Cipher, deed: Deed, clock: ManualClock
) -> None:
    deed.failure = CallEnded("The call was not answered.")
    async with Journal.open(journal_url, cipher, clock) as journal:
        with pytest.raises(CallEnded):
            await journal.once(KEY, Effect.DIAL, deed, FORM, places=True)
    deed.failure = None
    async with Journal.open(journal_url, cipher, clock) as journal:
        assert await journal.once(KEY, Effect.DIAL, deed, FORM, places=True) == [2]


async def test_a_failure_runs_again(journal: Journal, deed: Deed) -> None:
    deed.failure = CallEnded("The caller has hung up.")
    for _ in range(2):
        with pytest.raises(CallEnded):
            await journal.once(KEY, Effect.CALL, deed, FORM)
    deed.failure = None
    assert await journal.once(KEY, Effect.CALL, deed, FORM) == [3]


async def test_a_read_is_never_replayed(journal: Journal, deed: Deed) -> None:
    assert [await journal.once(KEY, Effect.READ, deed, FORM) for _ in range(2)] == [[1], [2]]


async def test_a_running_twin_is_joined(journal: Journal, deed: Deed) -> None:
    deed.free.clear()
    twins = [asyncio.ensure_future(journal.once(KEY, Effect.CALL, deed, FORM)) for _ in range(3)]
    await deed.begun.wait()
    deed.free.set()
    assert await asyncio.gather(*twins) == [[1], [1], [1]]


async def test_it_goes_on_while_one_of_two_still_waits(
    journal: Journal, deed: Deed, cancel: Callable[["asyncio.Future[list[int]]"], Awaitable[None]]
) -> None:
    deed.free.clear()
    one, two = (asyncio.ensure_future(journal.once(KEY, Effect.CALL, deed, FORM)) for _ in range(2))
    await deed.begun.wait()
    await cancel(one)
    deed.free.set()
    assert await two == [1]


@pytest.mark.proves("behaviour.cancellation")
async def test_it_is_cancelled_with_the_last_who_waits_and_then_runs_anew(
    journal: Journal, deed: Deed, cancel: Callable[["asyncio.Future[list[int]]"], Awaitable[None]]
) -> None:
    deed.free.clear()
    only = asyncio.ensure_future(journal.once(KEY, Effect.CALL, deed, FORM))
    await deed.begun.wait()
    await cancel(only)
    assert (deed.cancelled, deed.done) == (1, 0)
    deed.free.set()
    assert await journal.once(KEY, Effect.CALL, deed, FORM) == [1]


@pytest.fixture
def cancel() -> Callable[["asyncio.Future[list[int]]"], Awaitable[None]]:
    async def stop(task: "asyncio.Future[list[int]]") -> None:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    return stop
