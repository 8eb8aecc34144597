"""Recordings (api.md 7.6): the list, the sound, the transcript."""

import io
import wave
from typing import Any

import pytest

from .conftest import CALL_LOG, Start

pytestmark = pytest.mark.proves("simulator.section-12")


async def _newest(client: Any, condition: str = "Id gt 0") -> dict[str, Any]:
    rows = await client.rows("Recordings", orderby="StartTime desc", top=1, filter=condition)
    return dict(rows[0])


def _seconds(duration: str) -> float:
    minutes, _, seconds = duration.removeprefix("PT").rpartition("M")
    return float(minutes or 0) * 60 + float(seconds.removesuffix("S") or 0)


async def test_the_newest_come_first_and_a_period_can_be_chosen(xapi: Start) -> None:
    client = await xapi()
    rows = await client.rows("Recordings", orderby="StartTime desc", top=50)
    starts = [row["StartTime"] for row in rows]
    assert starts == sorted(starts, reverse=True)
    first, last = starts[40], starts[10]
    chosen = await client.rows(
        "Recordings", filter=f"StartTime ge {first} and StartTime le {last}", count="true"
    )
    assert [row["Id"] for row in chosen] == [row["Id"] for row in rows[10:41]]


async def test_the_sound_is_a_wav_as_long_as_the_talk(xapi: Start) -> None:
    client = await xapi()
    row = next(row for row in await client.rows(CALL_LOG, top=200) if "RecordingUrl" in row)
    assert row["Recordings"][0]["Id"] == row["DstRecId"]
    status, sound = await client.ask("GET", f"Recordings/Pbx.DownloadRecording(recId={row['DstRecId']})")
    assert status == 200
    with wave.open(io.BytesIO(sound)) as read:
        assert (read.getframerate(), read.getnchannels(), read.getsampwidth()) == (8000, 1, 2)
        assert read.getnframes() / 8000 == pytest.approx(_seconds(row["TalkingDuration"]), abs=0.001)
        assert len(set(read.readframes(8000))) > 50


async def test_a_part_of_the_sound_can_be_asked_for(xapi: Start) -> None:
    client = await xapi()
    path = f"Recordings/Pbx.DownloadRecording(recId={(await _newest(client))['Id']})"
    _, whole = await client.ask("GET", path)
    status, part = await client.ask("GET", path, headers={"Range": "bytes=30-20000"})
    assert (status, part) == (206, whole[30:20001])
    assert (await client.ask("GET", path, headers={"Range": "bytes=-10"}))[1] == whole[-10:]
    assert (await client.ask("GET", path, headers={"Range": f"bytes={len(whole)}-"}))[0] == 416


async def test_the_download_may_lead_to_another_address(xapi: Start) -> None:
    client = await xapi(recording_download="redirect")
    row = await _newest(client)
    path = f"Recordings/Pbx.DownloadRecording(recId={row['Id']})"
    assert (await client.ask("GET", path, allow_redirects=False))[0] == 302
    status, sound = await client.ask("GET", path)
    assert (status, sound[:4]) == (200, b"RIFF")


async def test_the_address_of_a_recording_wants_a_token(xapi: Start) -> None:
    client = await xapi()
    url = f"{client.sim.url}/recording/{(await _newest(client))['RecordingUrl']}"
    async with client.session.get(url) as answer:
        assert answer.status == 401
    async with client.session.get(url, headers={"Authorization": f"Bearer {client.token}"}) as answer:
        assert (answer.status, (await answer.read())[:4]) == (200, b"RIFF")


async def test_a_recording_is_not_there_before_it_was_written(xapi: Start) -> None:
    client = await xapi(recording_final_s=40 * 86400)
    assert (
        await client.ask("GET", f"Recordings/Pbx.DownloadRecording(recId={(await _newest(client))['Id']})")
    )[0] == 404


async def test_a_transcription_can_be_asked_for(xapi: Start) -> None:
    client = await xapi()
    row = await _newest(client, "IsTranscribed eq false")
    assert row["CanBeTranscribed"] is True
    assert "Transcription" not in row
    assert (await client.ask("POST", "Recordings/Pbx.TranscribeRecordings", json={"ids": [row["Id"]]}))[
        0
    ] == 204
    done = await _newest(client, f"Id eq {row['Id']}")
    assert done["IsTranscribed"] is True
    assert (
        done["FromCallerNumber"] in done["Transcription"]
        or done.get("FromDisplayName", "?") in done["Transcription"]
    )
    assert done["Summary"]
    assert 1 <= done["SentimentScore"] <= 5


async def test_a_deleted_recording_is_gone_everywhere(xapi: Start) -> None:
    client = await xapi()
    number = (await _newest(client))["Id"]
    await client.ask("POST", "Recordings/Pbx.BulkRecordingsDelete", json={"ids": [number]})
    assert (await client.ask("GET", f"Recordings/Pbx.DownloadRecording(recId={number})"))[0] == 404
    assert await client.rows("Recordings", filter=f"Id eq {number}") == []
    assert await client.rows(CALL_LOG, filter=f"DstRecId eq {number}") == []
