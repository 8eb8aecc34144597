"""Play Audio: the caller hears it from wherever it comes, as often as asked, until a key or something newer ends it."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.readings import ANSWERED, RINGING
from tests.waiting import eventually

from .conftest import SHIPPED, Workflow, samples

WELCOME = {"mode": "list", "value": "en/welcome"}
MENU = {"mode": "list", "value": "en/main-menu"}


def _steepest(heard: bytes) -> float:
    """The largest step from one sample to the next, against the loudest sample: a click is a step that speech has not."""
    samples_ = np.frombuffer(heard, "<i2").astype(np.float64)
    return float(np.abs(np.diff(samples_)).max() / np.abs(samples_).max())


def _steepest_of_prompt() -> float:
    """What the prompt itself has, and a little more."""
    whole = samples(SHIPPED / "en/main-menu.wav")
    return 1.1 * float(np.abs(np.diff(whole)).max() / np.abs(whole).max())


WAV = SHIPPED / "de/goodbye.wav"


@pytest.mark.proves("control.playAudio")
async def test_a_prompt_of_the_list_is_heard_whole(workflow: Workflow) -> None:
    call = await workflow.call()
    line = await call.run("playAudio", audioFile=WELCOME)
    expected = samples(SHIPPED / "en/welcome.wav")
    assert line["output"] is None
    assert line["item"]["status"] == "completed"
    assert line["item"]["secondsHeard"] == pytest.approx(len(expected) / 8000, abs=0.1)
    await call.hears(expected)


@pytest.mark.proves("control.playAudio")
@ANSWERED
@pytest.mark.parametrize("mode", ["path", "absolute", "binary"])
async def test_a_file_is_heard_from_the_prompt_folder_and_from_the_item(
    workflow: Workflow, mode: str
) -> None:
    own = workflow.state / "prompts/bye.wav"
    shutil.copy(WAV, own)
    sources = {
        "path": {"mode": "path", "value": "bye.wav"},
        "absolute": {"mode": "path", "value": str(own)},
        "binary": await workflow.upload(WAV.read_bytes(), "bye.wav"),
    }
    call = await workflow.call()
    line = await call.run("playAudio", audioFile=sources[mode])
    assert line["item"]["status"] == "completed", line
    await call.hears(samples(WAV))


@pytest.mark.proves("control.playAudio")
@ANSWERED
@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed here")
async def test_a_text_is_spoken(workflow: Workflow) -> None:
    call = await workflow.call()
    line = await call.run("playAudio", audioFile={"mode": "text", "value": "Hello"})
    assert line["item"]["status"] == "completed"
    assert line["item"]["secondsHeard"] > 0.2


@pytest.fixture
def own_prompts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one prompt, away from the runner's state."""
    folder = tmp_path_factory.mktemp("own")
    shutil.copy(WAV, folder / "ours.wav")
    return folder


@pytest.fixture
def environment(request: pytest.FixtureRequest) -> dict[str, str]:
    if "own_prompts" in request.fixturenames:
        return {"N8N_3CX_PROMPTS": str(request.getfixturevalue("own_prompts"))}
    return {"N8N_3CX_ALLOW_PRIVATE_URLS": "true"} if "site" in request.fixturenames else {}


@pytest.fixture
async def site() -> AsyncIterator[str]:
    """A web server in one's own network, which has the prompt."""

    async def get(_: web.Request) -> web.FileResponse:
        return web.FileResponse(WAV)

    app = web.Application()
    app.router.add_get("/bye.wav", get)
    async with TestServer(app) as server:
        yield f"http://127.0.0.1:{server.port}/bye.wav"


@pytest.mark.proves("behaviour.env.N8N_3CX_PROMPTS")
@ANSWERED
@pytest.mark.parametrize("mode", ["list", "path"])
async def test_the_prompt_folder_is_where_the_environment_says(
    own_prompts: Path, workflow: Workflow, mode: str
) -> None:
    call = await workflow.call()
    line = await call.run("playAudio", audioFile={"mode": mode, "value": "ours.wav"})
    assert line["item"]["status"] == "completed", line
    await call.hears(samples(WAV))


@pytest.mark.proves("behaviour.env.N8N_3CX_ALLOW_PRIVATE_URLS")
@ANSWERED
async def test_an_address_of_ones_own_network_is_fetched_when_the_environment_allows_it(
    site: str, workflow: Workflow
) -> None:
    call = await workflow.call()
    line = await call.run("playAudio", audioFile={"mode": "url", "value": site})
    assert line["item"]["status"] == "completed", line
    await call.hears(samples(WAV))


@pytest.fixture
async def slow_site() -> AsyncIterator[tuple[str, asyncio.Event]]:
    """A web server that never answers, and the moment at which it is asked."""
    asked, over = asyncio.Event(), asyncio.Event()

    async def get(_: web.Request) -> web.Response:
        asked.set()
        await over.wait()
        return web.Response(status=404)

    app = web.Application()
    app.router.add_get("/bye.wav", get)
    async with TestServer(app) as server:
        yield f"http://127.0.0.1:{server.port}/bye.wav", asked
        over.set()


@pytest.mark.proves("care.hang-up-outcome")
@pytest.mark.parametrize("environment", [{"N8N_3CX_ALLOW_PRIVATE_URLS": "true"}])
@pytest.mark.parametrize(
    ("operation", "field", "output"),
    [
        ("playAudio", "audioFile", None),
        ("holdCall", "music", None),
        ("menu", "prompt", "hungUp"),
        ("menu", "invalidPrompt", "hungUp"),
        ("collectDTMF", "prompt", "hungUp"),
        ("collectDTMF", "invalidPrompt", "hungUp"),
    ],
)
async def test_a_caller_who_hangs_up_while_a_sound_is_fetched_ends_the_operation_at_once(
    slow_site: tuple[str, asyncio.Event], workflow: Workflow, operation: str, field: str, output: str | None
) -> None:
    url, asked = slow_site
    call = await workflow.call()
    more = {"prompt": WELCOME, "choices": {"rows": [{"key": "1"}]}} if operation == "menu" else {}
    slow = {field: {"mode": "url", "value": url}}
    waiting = asyncio.create_task(call.run(operation, **(more | slow)))
    await asked.wait()
    call.hang_up()
    async with asyncio.timeout(2):
        assert (await waiting)["output"] == output
    assert not waiting.result().get("error")


@pytest.mark.proves("control.playAudio.repeat")
@ANSWERED
async def test_it_is_heard_as_often_as_asked(workflow: Workflow) -> None:
    call = await workflow.call()
    line = await call.run("playAudio", audioFile={"mode": "list", "value": "en/please-hold"}, repeat=2)
    once = len(samples(SHIPPED / "en/please-hold.wav")) / 8000
    assert line["item"]["secondsHeard"] == pytest.approx(2 * once, abs=0.2)


@pytest.mark.proves("control.playAudio.interruptible")
async def test_a_key_ends_it_without_a_click_and_counts_for_the_next_reader(workflow: Workflow) -> None:
    call = await workflow.call()
    playing = asyncio.create_task(call.run("playAudio", audioFile=MENU))
    await call.heard_sound()
    call.press("3")
    line = await playing
    assert (line["item"]["status"], line["item"]["key"]) == ("interrupted", "3")
    assert line["item"]["secondsHeard"] < 5
    await eventually(lambda: not workflow.sim.control.heard(call.report).spans[-1].sound)
    assert _steepest(call.heard) < _steepest_of_prompt()
    collected = await call.run("collectDTMF")
    assert collected["item"]["dtmfInput"] == "3"


@ANSWERED
async def test_only_the_wanted_keys_end_it(workflow: Workflow) -> None:
    call = await workflow.call()
    playing = asyncio.create_task(call.run("playAudio", audioFile=WELCOME, interruptKeys="#"))
    await call.heard_sound()
    call.press("3")
    assert (await playing)["item"]["status"] == "completed"


@ANSWERED
async def test_no_key_ends_it_when_it_is_not_interruptible(workflow: Workflow) -> None:
    call = await workflow.call()
    call.press("3")
    line = await call.run("playAudio", audioFile=WELCOME, interruptible=False)
    assert line["item"]["status"] == "completed"


@ANSWERED
async def test_the_newest_prompt_wins_and_the_older_one_says_so(workflow: Workflow) -> None:
    call = await workflow.call()
    older = asyncio.create_task(call.run("playAudio", audioFile=MENU))
    await call.heard_sound()
    newer = await call.run("playAudio", audioFile=WELCOME)
    assert newer["item"]["status"] == "completed"
    assert (await older)["error"]["errorId"] == "superseded"
    await call.hears(samples(SHIPPED / "en/welcome.wav"))


async def test_a_caller_who_hangs_up_ends_the_branch_quietly(workflow: Workflow) -> None:
    call = await workflow.call()
    playing = asyncio.create_task(call.run("playAudio", audioFile=MENU))
    await call.heard_sound()
    call.hang_up()
    assert await playing == {"index": 0, "item": None, "output": None}


@RINGING
async def test_a_call_that_still_rings_must_be_answered_first(workflow: Workflow) -> None:
    call = await workflow.call(answered=False)
    line = await call.run("playAudio", audioFile=WELCOME)
    assert line["error"]["errorId"] == "notConnected"
    assert "Answer" in line["error"]["hint"]


@pytest.mark.proves("receiver.autoAnswer")
@pytest.mark.parametrize("receiver", [{"autoAnswer": True}])
async def test_the_first_operation_waits_until_the_receiver_has_answered(workflow: Workflow) -> None:
    call = await workflow.call(answered=False)
    line = await call.run("playAudio", audioFile=WELCOME)
    assert line["item"]["status"] == "completed"
    await call.hears(samples(SHIPPED / "en/welcome.wav"))


@ANSWERED
async def test_a_call_that_has_been_put_through_has_no_audio_here(workflow: Workflow) -> None:
    call = await workflow.call()
    await call.run("transferCall", target="101")
    line = await call.run("playAudio", audioFile=WELCOME)
    assert line["error"]["errorId"] == "notOwnLeg"
    assert "only at the client's own route point, and this call is at 101" in line["error"]["message"]


@ANSWERED
@pytest.mark.parametrize(
    ("audio", "error"),
    [
        ({"mode": "list", "value": "nowhere"}, "audioMissing"),
        ({"mode": "list", "value": "Good morning. " * 30}, "audioMissing"),
        ({"mode": "path", "value": "a" * 5000}, "audioMissing"),
        ({"mode": "path", "value": "/" + "a" * 5000}, "audioRefused"),
        ({"mode": "path", "value": "../../key"}, "audioRefused"),
        ({"mode": "path", "value": "/etc/passwd"}, "audioRefused"),
        ({"mode": "url", "value": "http://127.0.0.1:1/a.wav"}, "audioRefused"),
        ({"mode": "url", "value": "http://192.168.0.1/a.wav"}, "audioRefused"),
        ({"mode": "binary", "value": "f_0123"}, "fileUnknown"),
        ({"mode": "list", "value": ""}, "badParameter"),
        ({"mode": "tape", "value": "1"}, "badParameter"),
        ({"mode": "path", "value": "empty.wav"}, "audioUnreadable"),
        ({"mode": "path", "value": "text.wav"}, "audioUnreadable"),
    ],
)
async def test_audio_that_cannot_be_played_says_why_and_what_to_do(
    workflow: Workflow, audio: dict[str, str], error: str
) -> None:
    (workflow.state / "prompts/empty.wav").touch()
    (workflow.state / "prompts/text.wav").write_text("this is not audio")
    call = await workflow.call()
    line = await call.run("playAudio", audioFile=audio)
    assert line["error"]["errorId"] == error
    assert line["error"]["hint"]
    assert len(line["error"]["message"]) < 200
    assert workflow.sim.control.report(call.report).state == "connected"
