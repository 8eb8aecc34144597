"""An answer's lines: what is ready travels together, and nothing waits for what is not."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from threecx_pbx.clock import SystemClock
from threecx_runner.api.lines import LinesResponse
from threecx_runner.api.wire import ItemLine, Line


class Client:
    """The far side of one answer."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.came = asyncio.Event()

    async def receive(self) -> dict[str, Any]:
        await asyncio.get_running_loop().create_future()  # stays connected
        return {}

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.body":
            self.bodies.append(message["body"])
            self.came.set()

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in b"".join(self.bodies).splitlines()]


def answer(lines: AsyncIterator[Line]) -> LinesResponse:
    return LinesResponse(lines, [0], 60.0, SystemClock())


def item(number: int) -> ItemLine:
    return ItemLine(index=0, item={"number": number}, output=None)


async def test_a_thousand_lines_that_are_ready_travel_in_few_messages_and_in_order() -> None:
    async def ready() -> AsyncIterator[Line]:
        for number in range(1000):
            yield item(number)

    client = Client()
    await answer(ready())({}, client.receive, client.send)

    assert [line["item"]["number"] for line in client.lines[:-1]] == list(range(1000))
    assert client.lines[-1] == {"end": True}
    assert len(client.bodies) < 20


async def test_a_line_does_not_wait_for_the_next_one() -> None:
    go_on = asyncio.Event()

    async def slow() -> AsyncIterator[Line]:
        yield item(1)
        await go_on.wait()
        yield item(2)

    client = Client()
    answering = asyncio.create_task(answer(slow())({}, client.receive, client.send))
    await asyncio.wait_for(client.came.wait(), 5)
    assert [line["item"]["number"] for line in client.lines] == [1]

    go_on.set()
    await answering
    assert [line.get("end") for line in client.lines] == [None, None, True]


async def test_a_reader_who_is_slow_is_not_run_away_from() -> None:
    made = 0

    async def many() -> AsyncIterator[Line]:
        nonlocal made
        for number in range(10_000):
            made += 1
            yield item(number)

    client = Client()
    first = asyncio.Event()

    async def stuck(message: Any) -> None:
        if message["type"] == "http.response.body":
            first.set()
            await asyncio.get_running_loop().create_future()

    answering = asyncio.create_task(answer(many())({}, client.receive, stuck))
    await asyncio.wait_for(first.wait(), 5)
    for _ in range(100):
        await asyncio.sleep(0)
    assert made < 500
    answering.cancel()
    with pytest.raises(asyncio.CancelledError):
        await answering


async def test_what_was_ready_before_a_failure_arrives_and_the_end_line_does_not() -> None:
    async def broken() -> AsyncIterator[Line]:
        yield item(1)
        raise ValueError("broken")

    client = Client()
    with pytest.raises(ValueError, match="broken"):
        await answer(broken())({}, client.receive, client.send)

    assert [line["item"]["number"] for line in client.lines] == [1]
