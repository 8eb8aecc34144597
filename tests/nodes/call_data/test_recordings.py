"""Recordings: list, sound, transcript."""

from typing import Any

import pytest

from .conftest import ALL_TIME, Data


async def test_recordings_come_newest_first(data: Data) -> None:
    found = await data.run("getRecordings", **ALL_TIME, limit=20)

    times = [one["startTime"] for one in found]
    assert len(found) == 20
    assert times == sorted(times, reverse=True)


@pytest.mark.proves("data.getRecordings")
async def test_filters_are_obeyed(data: Data) -> None:
    filters = {"extensions": "102", "callTypes": ["InboundExternal"], "transcribed": "yes"}

    found = await data.run("getRecordings", **ALL_TIME, returnAll=True, filters=filters)

    assert found
    for one in found:
        assert "102" in (one["fromDn"], one["toDn"], one["fromNumber"], one["toNumber"])
        assert one["kind"] == "InboundExternal"
        assert one["transcribed"]
        assert one["transcription"]


async def test_as_many_extensions_as_one_likes_are_a_filter(data: Data) -> None:
    many = {"extensions": ",".join(["102", *(str(number) for number in range(5000, 5400))])}

    few = await data.run("getRecordings", **ALL_TIME, returnAll=True, filters={"extensions": "102"})
    found = await data.run("getRecordings", **ALL_TIME, returnAll=True, filters=many)
    limited = await data.run("getRecordings", **ALL_TIME, limit=3, filters=many)

    assert found == few
    assert limited == few[:3]


@pytest.mark.proves("data.downloadRecording")
async def test_a_recording_is_downloaded_whole(data: Data) -> None:
    (first, *_) = await data.run("getRecordings", **ALL_TIME)

    (line,) = await data.lines("downloadRecording", recording=str(first["recordingId"]), outputField="sound")

    file = line["binary"]["sound"]
    assert (file["mimeType"], file["fileName"]) == ("audio/wav", first["fileName"])
    sound = await data.file(file["id"])
    assert sound[:4] == b"RIFF"
    # 8 kHz, 16 bit, mono
    assert len(sound) == pytest.approx(first["seconds"] * 16_000, rel=0.01)


@pytest.mark.parametrize("pbx_options", [{"recording_download": "redirect"}])
async def test_a_redirect_is_followed(data: Data) -> None:
    (first, *_) = await data.run("getRecordings", **ALL_TIME)

    (line,) = await data.lines("downloadRecording", recording=str(first["recordingId"]))

    assert (await data.file(line["binary"]["data"]["id"]))[:4] == b"RIFF"


@pytest.mark.parametrize("recording", ["1", {"mode": "id", "value": "x'1"}, ""])
async def test_a_recording_that_is_not_there_is_an_error(data: Data, recording: Any) -> None:
    error = await data.error("downloadRecording", recording=recording)

    assert error["errorId"] in ("recordUnknown", "badParameter")


@pytest.mark.proves("data.transcribeRecording")
async def test_a_transcript_is_asked_for_and_waited_for(data: Data) -> None:
    found = await data.run("getRecordings", **ALL_TIME, filters={"transcribed": "no"})

    (done,) = await data.run("transcribeRecording", recording=str(found[0]["recordingId"]), timeout=30)

    assert done["transcribed"]
    assert done["transcription"]
    assert done["summary"]
    assert 1 <= done["sentiment"] <= 5
