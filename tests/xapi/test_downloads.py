"""The sound of a recording over a link that breaks, and one that the PBX has not written yet."""

import hashlib
from contextlib import AsyncExitStack
from datetime import timedelta

import pytest
from aiohttp import web

from threecx_pbx.clock import SystemClock
from threecx_pbx.errors import NotA3cx, PbxUnreachable, RecordUnknown
from threecx_pbx.reports.recordings import audio
from threecx_pbx.xapi.client import Xapi

from .conftest import asking

SOUND = b"".join(number.to_bytes(4, "big") for number in range(250_000))


class Quick(SystemClock):
    """Whose pauses take no time."""

    async def sleep(self, seconds: float) -> None:
        await super().sleep(min(seconds, 0.001))


class Archive:
    """Breaks off after `piece` bytes of each answer; knows ranges or does not."""

    def __init__(self, piece: int, *, ranges: bool = True, late: int = 0) -> None:
        self.piece = piece
        self.ranges = ranges
        self.late = late
        """So many times the recording is not there yet."""
        self.asked: list[str] = []

    async def answer(self, request: web.Request) -> web.StreamResponse:
        wanted = request.headers.get("Range", "")
        self.asked.append(wanted)
        if len(self.asked) <= self.late:
            return web.Response(status=404)
        begin = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and self.ranges else 0
        answer = web.StreamResponse(status=206 if wanted and self.ranges else 200)
        answer.content_length = len(SOUND) - begin
        await answer.prepare(request)
        await answer.write(SOUND[begin : begin + self.piece])
        if begin + self.piece < len(SOUND):
            assert request.transport is not None
            request.transport.close()
        return answer


async def heard(xapi: Xapi, wait: timedelta = timedelta(0)) -> bytes:
    return b"".join([chunk async for chunk in audio(xapi, 7, Quick(), wait)])


def same(sound: bytes) -> bool:
    """Compared by digest: a million bytes are no message for a person."""
    return hashlib.sha256(sound).digest() == hashlib.sha256(SOUND).digest()


@pytest.mark.proves("data.downloadRecording")
async def test_a_download_that_is_cut_goes_on_where_it_broke_off(stack: AsyncExitStack) -> None:
    archive = Archive(300_000)

    assert same(await heard(await asking(archive.answer, Quick(), stack)))
    begins = [int(one.removeprefix("bytes=").rstrip("-")) for one in archive.asked[1:]]
    assert begins == sorted(begins)
    assert 0 < begins[0] <= 300_000


async def test_a_pbx_that_knows_no_ranges_sends_all_again_and_nothing_comes_twice(
    stack: AsyncExitStack,
) -> None:
    archive = Archive(400_000, ranges=False)
    xapi = await asking(archive.answer, Quick(), stack)
    reading = audio(xapi, 7, Quick(), timedelta(0))
    found = await anext(reading)
    archive.piece = len(SOUND)

    found += b"".join([chunk async for chunk in reading])

    assert same(found)


async def test_a_link_that_gives_nothing_any_more_is_given_up(stack: AsyncExitStack) -> None:
    archive = Archive(0)

    with pytest.raises(PbxUnreachable):
        await heard(await asking(archive.answer, Quick(), stack))
    assert len(archive.asked) == 5


@pytest.mark.parametrize(
    ("body", "kind", "error"),
    [
        (b"", "audio/wav", RecordUnknown),
        (b'{"value": null}', "application/json", NotA3cx),
        (b'{"value": null}', "audio/wav", NotA3cx),
        (b"<html>Log in</html>", "application/octet-stream", NotA3cx),
    ],
)
async def test_what_is_no_sound_is_no_recording(
    stack: AsyncExitStack, body: bytes, kind: str, error: type[Exception]
) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=body, content_type=kind)

    with pytest.raises(error, match="recording 7"):
        await heard(await asking(answer, Quick(), stack))


async def test_a_recording_that_is_still_written_is_waited_for(stack: AsyncExitStack) -> None:
    archive = Archive(len(SOUND), late=3)

    assert same(await heard(await asking(archive.answer, Quick(), stack), timedelta(minutes=1)))
    assert len(archive.asked) == 4


async def test_a_recording_that_never_comes_is_an_error(stack: AsyncExitStack) -> None:
    archive = Archive(len(SOUND), late=1000)

    with pytest.raises(RecordUnknown):
        await heard(await asking(archive.answer, Quick(), stack))
