"""The sound of recorded calls: a few downloads at a time, in the order of the calls."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any, cast

import pytest
from aiohttp import web

from tests.xapi.conftest import asking
from threecx_nodes.shared.logged import CallRow
from threecx_nodes.shared.sounding import AT_ONCE, with_sound
from threecx_pbx.clock import SystemClock
from threecx_pbx.errors import Forbidden
from threecx_runner.sdk import Attached, Context, WireItem


class Archive:
    """Answers downloads in groups: each waits until as many as may be at once have come."""

    def __init__(self) -> None:
        self.group = asyncio.Barrier(AT_ONCE)
        self.now = self.most = 0
        self.gone: set[str] = set()
        self.refused: set[str] = set()
        self.ill: dict[str, list[web.Response]] = {}

    async def answer(self, request: web.Request) -> web.StreamResponse:
        id_ = request.path.split("recId=")[1].rstrip(")")
        if id_ in self.gone | self.refused:
            return web.Response(status=404 if id_ in self.gone else 403)
        if self.ill.get(id_):
            return self.ill[id_].pop(0)
        self.now += 1
        self.most = max(self.most, self.now)
        async with asyncio.timeout(10):
            await self.group.wait()
        self.now -= 1
        return web.Response(body=f"sound {id_}".encode())


class Kept:
    """Files in memory."""

    def __init__(self) -> None:
        self.content: dict[str, bytes] = {}

    async def save(self, chunks: AsyncIterator[bytes], name: str, mime_type: str) -> Attached:
        self.content[name] = b"".join([chunk async for chunk in chunks])
        return Attached(name, name, mime_type)


def row(number: int, *recordings: int) -> WireItem:
    listed = [
        {"recordingId": one, "url": "", "transcription": "", "summary": "", "sentiment": None}
        for one in recordings
    ]
    blank: dict[str, Any] = dict.fromkeys(
        ("toNumber", "toName", "answeredBy", "answeredByName", "queue", "status"), ""
    )
    return {
        **blank,
        "callHistoryId": str(number),
        "startTime": None,
        "direction": "inbound",
        "fromNumber": "",
        "fromName": "",
        "answered": True,
        "ringingSeconds": 1,
        "talkingSeconds": 1,
        "durationSeconds": 2,
        "segments": [],
        "recordings": listed,
    }


async def heard(archive: Archive, rows: list[WireItem]) -> list[CallRow]:
    async def portions() -> AsyncIterator[list[WireItem]]:
        yield rows

    async with AsyncExitStack() as stack:
        clock = SystemClock()
        reports = await asking(archive.answer, clock, stack)
        nobody = cast("Any", None)
        on = Context(
            session=nobody,
            clock=clock,
            find_call=nobody,
            guard=nobody,
            sounds=nobody,
            files=Kept(),
            reports=reports,
        )
        return [one async for one in with_sound(on, portions())]


@pytest.mark.proves("data.getCallHistory.includeRecordings")
async def test_four_recordings_are_fetched_at_once_and_the_calls_keep_their_order() -> None:
    archive = Archive()
    rows = [row(number, number) if number % 3 else row(number) for number in range(18)]

    made = await heard(archive, rows)

    assert [one.call_history_id for one in made] == [str(number) for number in range(18)]
    assert archive.most == AT_ONCE
    for one in made:
        wanted = [f"recording-{link.recording_id}.wav" for link in one.recordings or []]
        assert [file.file_name for file in one.binary.values()] == wanted


async def test_a_call_with_several_recordings_has_a_field_for_each() -> None:
    (made,) = await heard(Archive(), [row(1)])
    archive = Archive()
    archive.group = asyncio.Barrier(1)
    (several,) = await heard(archive, [row(1, 7, 8)])

    assert dict(made.binary) == {}
    assert list(several.binary) == ["recording", "recording1"]


async def test_a_recording_that_was_deleted_since_costs_neither_its_call_nor_the_others() -> None:
    archive = Archive()
    archive.group = asyncio.Barrier(1)
    archive.gone = {"2"}

    made = await heard(archive, [row(1, 1), row(2, 2), row(3, 3)])

    assert [len(one.binary) for one in made] == [1, 0, 1]
    assert [link.missing for one in made for link in one.recordings or []] == [
        "",
        "3CX has nothing there when asked to download recording 2.",
        "",
    ]


@pytest.mark.parametrize("status", [400, 500])
async def test_a_recording_that_fails_for_good_says_so_in_its_item_and_costs_no_other(status: int) -> None:
    archive = Archive()
    archive.group = asyncio.Barrier(1)
    archive.ill["2"] = [web.Response(status=status)]

    made = await heard(archive, [row(1, 1), row(2, 2, 3)])

    assert [list(one.binary) for one in made] == [["recording"], ["recording1"]]
    first, second = made[1].recordings or []
    assert "download recording 2" in first.missing
    assert not second.missing


@pytest.mark.parametrize("status", [429, 503])
async def test_a_pbx_that_limits_downloads_is_waited_for(status: int) -> None:
    archive = Archive()
    archive.group = asyncio.Barrier(1)
    archive.ill["2"] = [web.Response(status=status, headers={"Retry-After": "0"}) for _ in range(2)]

    made = await heard(archive, [row(1, 1), row(2, 2)])

    assert [list(one.binary) for one in made] == [["recording"], ["recording"]]


async def test_a_right_that_is_missing_fails_the_operation() -> None:
    archive = Archive()
    archive.refused = {"1"}

    with pytest.raises(Forbidden, match="System Owner"):
        await heard(archive, [row(1, 1)])
