"""Sounds from every source, decoded once, and what is refused."""

import asyncio
import io
import os
import shutil
import socket
import wave
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import av
import numpy as np
import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from threecx_pbx.errors import (
    AudioMissing,
    AudioRefused,
    AudioTooLong,
    AudioUnreachable,
    AudioUnreadable,
    BadParameter,
    SpeechMissing,
    ThreeCxError,
)
from threecx_pbx.media import (
    Bytes,
    FetchPolicy,
    Pcm,
    Prompt,
    PromptPath,
    SoundLibrary,
    Spoken,
    Url,
)
from threecx_pbx.media.fetching import Fetcher
from threecx_pbx.media.levels import loudness, samples_of

FORMATS = {
    "wav": "pcm_s16le",
    "mp3": "libmp3lame",
    "ogg": "libopus",
    "flac": "flac",
    "m4a": "aac",
    "opus": "libopus",
}


def encoded(kind: str, seconds: float = 2.0, rate: int = 48_000) -> bytes:
    """A stereo tone as such a file."""
    file = io.BytesIO()
    with av.open(file, mode="w", format={"m4a": "ipod"}.get(kind, kind)) as container:
        stream = container.add_stream(FORMATS[kind], rate=rate, layout="stereo")
        assert isinstance(stream, av.AudioStream)
        wave_ = 0.1 * np.sin(2 * np.pi * 440 * np.arange(int(seconds * rate)) / rate)
        both = np.repeat((wave_ * 32767).astype("<i2"), 2).reshape(1, -1)
        for at in range(0, both.shape[1], 2 * 1024):
            frame = av.AudioFrame.from_ndarray(both[:, at : at + 2 * 1024], format="s16", layout="stereo")
            frame.sample_rate = rate
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return file.getvalue()


def wav(seconds: float, rate: int = 8000, amplitude: int = 0) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(amplitude.to_bytes(2, "little") * int(seconds * rate))
    return file.getvalue()


@pytest.fixture(scope="module")
def pool() -> Iterator[Executor]:
    with ThreadPoolExecutor(2) as made:
        yield made


@pytest.fixture
async def library(tmp_path: Path, pool: Executor) -> AsyncIterator[SoundLibrary]:
    (tmp_path / "own").mkdir()
    shipped = tmp_path / "shipped" / "en"
    shipped.mkdir(parents=True)
    (shipped / "welcome.wav").write_bytes(encoded("wav"))
    made = SoundLibrary([tmp_path / "own", tmp_path / "shipped"], pool)
    yield made
    await made.close()


@pytest.mark.parametrize("kind", FORMATS)
async def test_any_usual_file_becomes_a_sound_of_the_one_loudness(library: SoundLibrary, kind: str) -> None:
    sound = await library.load(Bytes(encoded(kind), f"tone.{kind}"))
    assert abs(sound.duration - timedelta(seconds=2)) < timedelta(milliseconds=120)
    assert loudness(samples_of(sound.data)) == pytest.approx(-19, abs=0.3)


@pytest.mark.parametrize("name", ["en/welcome", "en/welcome.wav"])
async def test_a_prompt_of_the_list_is_found_with_and_without_its_ending(
    library: SoundLibrary, name: str
) -> None:
    assert (await library.load(Prompt(name))).duration == timedelta(seconds=2)


async def test_a_path_is_relative_to_the_folder_or_absolute_inside_it(
    library: SoundLibrary, tmp_path: Path
) -> None:
    (tmp_path / "own" / "a b.wav").write_bytes(encoded("wav", 1.0))
    assert await library.load(PromptPath("a b.wav")) == await library.load(
        PromptPath(str(tmp_path / "own" / "a b.wav"))
    )


@pytest.mark.parametrize("path", ["../secret.wav", "/etc/passwd", "link.wav", "en/../../secret.wav"])
async def test_nothing_outside_the_prompt_folders_is_read(
    library: SoundLibrary, tmp_path: Path, path: str
) -> None:
    (tmp_path / "secret.wav").write_bytes(encoded("wav"))
    (tmp_path / "own" / "link.wav").symlink_to(tmp_path / "secret.wav")
    for source in (PromptPath(path), Prompt(path)):
        with pytest.raises((AudioRefused, AudioMissing)) as refused:
            await library.load(source)
    assert isinstance(refused.value, AudioRefused) or path == "link.wav"


@pytest.mark.parametrize(
    ("source", "error"),
    [
        (PromptPath("nothing.wav"), AudioMissing),
        (Prompt("nothing"), AudioMissing),
        (PromptPath(""), BadParameter),
        (PromptPath("a\0b"), AudioRefused),
        (Bytes(b""), AudioUnreadable),
        (Bytes(b"<html>not found</html>" * 50), AudioUnreadable),
        (Bytes(b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n"), AudioUnreadable),
        (Bytes(b"ffconcat version 1.0\nfile /etc/hostname\n"), AudioUnreadable),
        (Bytes(encoded("flac")[:60]), AudioUnreadable),
        (Bytes(wav(0)), AudioUnreadable),
        (Spoken("   "), BadParameter),
        (Spoken("x" * 6000), AudioTooLong),
        (Spoken("hello", language="../x"), BadParameter),
        (Url("file:///etc/passwd"), AudioRefused),
        (Url("http://127.0.0.1/x.wav"), AudioRefused),
        (Url("http://[::1]/x.wav"), AudioRefused),
        (Url("http://[::ffff:10.0.0.1]/x.wav"), AudioRefused),
        (Url("http://localhost/x.wav"), AudioRefused),
        (Url("http://169.254.169.254/latest"), AudioRefused),
        (Url("http://[bad"), AudioRefused),
    ],
)
async def test_what_is_no_sound_or_not_allowed_is_one_sentence_with_a_remedy(
    library: SoundLibrary, source: Prompt | PromptPath | Bytes | Spoken | Url, error: type[ThreeCxError]
) -> None:
    with pytest.raises(error) as refused:
        await library.load(source)
    assert refused.value.message.endswith(".")
    assert "\n" not in refused.value.message


async def test_an_hour_is_too_long_and_the_loop_runs_on_while_it_is_found_out(library: SoundLibrary) -> None:
    hour = wav(3600, amplitude=900)
    worst, running = 0.0, True

    async def watch() -> None:
        nonlocal worst
        loop = asyncio.get_running_loop()
        while running:
            began = loop.time()
            await asyncio.sleep(0.001)
            worst = max(worst, loop.time() - began)

    watching = asyncio.create_task(watch())
    with pytest.raises(AudioTooLong, match="20 minutes"):
        await library.load(Bytes(hour, "hour.wav"))
    running = False
    await watching
    # a machine that does other things meanwhile makes it late too: a bound that only a held interpreter breaks
    assert worst < 0.25


async def test_many_who_ask_at_once_share_one_decoding(tmp_path: Path) -> None:
    class Counting(ThreadPoolExecutor):
        asked = 0

        def submit(self, fn, /, *args, **kwargs):  # type: ignore[no-untyped-def]
            Counting.asked += 1
            return super().submit(fn, *args, **kwargs)

    (tmp_path / "a.wav").write_bytes(encoded("wav"))
    with Counting(2) as pool:
        library = SoundLibrary([tmp_path], pool)
        sounds = await asyncio.gather(*(library.load(Prompt("a")) for _ in range(10)))
        assert len({id(sound) for sound in sounds}) == 1
        # each asks where the file is and whether it changed; one reads it
        assert Counting.asked == 21
        await library.close()


async def test_a_changed_file_is_heard_as_it_is_now(library: SoundLibrary, tmp_path: Path) -> None:
    file = tmp_path / "own" / "a.wav"
    file.write_bytes(encoded("wav", 1.0))
    assert (await library.load(Prompt("a"))).duration == timedelta(seconds=1)
    file.write_bytes(encoded("wav", 3.0))
    os.utime(file, ns=(1, 1))
    assert (await library.load(Prompt("a"))).duration == timedelta(seconds=3)


async def test_an_uploaded_prompt_stands_in_the_list_and_takes_the_place_of_a_shipped_one(
    library: SoundLibrary,
) -> None:
    assert [(each.name, each.own) for each in await library.prompts()] == [("en/welcome.wav", False)]
    saved = await library.save("en/welcome.mp3", encoded("mp3", 1.0))
    assert (saved.name, saved.own) == ("en/welcome.wav", True)
    assert [(each.name, each.own) for each in await library.prompts()] == [("en/welcome.wav", True)]
    assert (await library.load(Prompt("en/welcome"))).duration < timedelta(seconds=1.2)


@pytest.mark.parametrize("name", ["", "../x", "/abs", "a/../../b", ".hidden", "a\0b", "x" * 300])
async def test_a_prompt_cannot_be_saved_elsewhere(library: SoundLibrary, name: str, tmp_path: Path) -> None:
    with pytest.raises((BadParameter, AudioRefused)):
        await library.save(name, encoded("wav"))
    assert list((tmp_path / "own").rglob("*")) == []


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")
async def test_text_is_spoken_and_faster_when_asked(library: SoundLibrary) -> None:
    slow = await library.load(Spoken("Good morning, how can I help you?", speed=0.8))
    fast = await library.load(Spoken("Good morning, how can I help you?", speed=1.6))
    assert timedelta(seconds=1) < fast.duration < slow.duration
    with pytest.raises(BadParameter, match="no voice"):
        await library.load(Spoken("hello", language="xx-none"))


async def test_without_espeak_the_sentence_says_what_to_install(
    library: SoundLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(SpeechMissing, match="espeak-ng is not installed"):
        await library.load(Spoken("hello"))


class Web:
    """A web server of files on loopback."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.port = 0
        self.release = asyncio.Event()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.path)
        match request.path:
            case "/tone.wav":
                return web.Response(body=encoded("wav"))
            case "/moved":
                raise web.HTTPFound("/tone.wav")
            case "/inside":
                raise web.HTTPFound("http://10.1.2.3/tone.wav")
            case "/round":
                raise web.HTTPFound("/round")
            case "/huge":
                return web.Response(body=bytes(3_000_000))
            case "/hangs":
                await self.release.wait()
        raise web.HTTPNotFound


@pytest.fixture
async def site() -> AsyncIterator[Web]:
    site = Web()
    app = web.Application()
    app.router.add_get("/{path:.*}", site.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    listener = web.TCPSite(runner, "127.0.0.1", 0)
    await listener.start()
    site.port = runner.addresses[0][1]
    yield site
    site.release.set()
    await runner.cleanup()


@pytest.fixture
async def downloads(tmp_path: Path, pool: Executor) -> AsyncIterator[SoundLibrary]:
    made = SoundLibrary([tmp_path], pool, FetchPolicy(allow_private=True, max_bytes=1_000_000, within_s=0.5))
    yield made
    await made.close()


async def test_a_url_is_fetched_once_for_many_callers(downloads: SoundLibrary, site: Web) -> None:
    for path in ("/tone.wav", "/tone.wav", "/moved"):
        sound: Pcm = await downloads.load(Url(f"http://127.0.0.1:{site.port}{path}"))
        assert sound.duration == timedelta(seconds=2)
    assert site.asked == ["/tone.wav", "/moved", "/tone.wav"]


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("/hangs?token=abc", AudioUnreachable),
        ("/huge", AudioTooLong),
        ("/nothing", AudioUnreachable),
        ("/round", AudioUnreachable),
    ],
)
async def test_a_url_that_hangs_or_is_too_large_ends_with_a_sentence_that_quotes_no_more_than_the_host(
    downloads: SoundLibrary, site: Web, path: str, error: type[ThreeCxError]
) -> None:
    with pytest.raises(error) as failed:
        await downloads.load(Url(f"http://127.0.0.1:{site.port}{path}"))
    assert "abc" not in failed.value.message


class Names(AbstractResolver):
    """A name of the web that leads to the test's own server."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [ResolveResult(hostname=host, host="127.0.0.1", port=port, family=family, proto=0, flags=0)]

    async def close(self) -> None:
        pass


async def test_a_redirect_into_the_private_network_is_refused(site: Web) -> None:
    fetcher = Fetcher(FetchPolicy(allow_private=False, within_s=2), Names())
    assert len(await fetcher.fetch(f"http://files.example.com:{site.port}/moved")) > 1000
    with pytest.raises(AudioRefused, match="private address"):
        await fetcher.fetch(f"http://files.example.com:{site.port}/inside")
    await fetcher.close()
