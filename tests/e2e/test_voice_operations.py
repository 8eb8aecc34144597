"""Each voice operation once on a real n8n, with what n8n brings along: binaries, several outputs, a call that is placed."""

import functools
import http.server
import secrets
import shutil
import threading
import wave
from collections.abc import Iterator

import pytest

from lab.hearing import PROMPTS, heard_prompts
from lab.n8n_rest import Json
from lab.simulator import Simulator
from lab.stack import Stack

from .conftest import Activate
from .workflows import chain, control, download, manual, receiver

_LONG_S = 90
"""Of 16-bit sound: more than fits into one piece on n8n's task broker."""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A web server with the shipped prompts, and with a long one."""
    folder = tmp_path_factory.mktemp("web")
    shutil.copytree(PROMPTS, folder, dirs_exist_ok=True)
    with wave.open(str(folder / "long.wav"), "wb") as long:
        long.setparams((1, 2, 8000, 0, "NONE", ""))
        long.writeframes(secrets.token_bytes(_LONG_S * 16_000))
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def audio(mode: str, value: str) -> Json:
    return {"__rl": True, "mode": mode, "value": value}


def ran(stack: Stack, activate: Activate, name: str, *nodes: Json) -> tuple[Json, list[str]]:
    """What each node gave, and the prompts that the caller heard."""
    workflow = activate(chain(name, receiver(idleAudio="silence"), *nodes))
    call = stack.simulator.call("+4930111030")
    execution = stack.rest.next_execution(workflow, set(), within_s=60)
    assert execution.status == "success", execution.error
    stack.simulator.hang_up(call)
    heard = heard_prompts(stack.simulator.heard_wav(call))
    return {node["name"]: execution.items(node["name"]) for node in nodes}, heard


@pytest.mark.proves("control.holdCall", "control.resumeCall", "control.stopAudio")
def test_hold_background_and_stop(stack: Stack, pbx: Simulator, activate: Activate) -> None:
    got, heard = ran(
        stack,
        activate,
        "Hold",
        control("Hold", "holdCall"),
        control("Resume", "resumeCall"),
        control(
            "Music", "playAudio", resource="audio", audioFile=audio("list", "en/apology.wav"), background=True
        ),
        control("Play", "playAudio", resource="audio", audioFile=audio("list", "en/welcome.wav")),
        control("Stop", "stopAudio", resource="audio"),
    )
    assert got["Hold"][0]["held"] is True
    assert got["Resume"][0]["wasHeld"] is True
    assert got["Music"][0]["status"] == "background"
    assert got["Play"][0]["status"] == "completed"
    assert got["Stop"][0]["promptStopped"] is False
    assert "welcome" in heard


@pytest.mark.proves("control.playAudio", "behaviour.task-runner")
def test_a_binary_field_is_heard(stack: Stack, pbx: Simulator, activate: Activate, files: str) -> None:
    play = control("Play", "playAudio", resource="audio", audioFile=audio("binary", "data"))

    got, heard = ran(stack, activate, "Play a file", download(f"{files}/goodbye.wav"), play)

    assert got["Play"][0]["status"] == "completed"
    assert heard == ["goodbye"]


@pytest.mark.proves("control.uploadPrompt", "control.playAudio", "behaviour.task-runner")
def test_a_downloaded_file_becomes_a_prompt(
    stack: Stack, pbx: Simulator, activate: Activate, files: str
) -> None:
    asked = {"resource": "audio", "audioFile": audio("binary", "data")}
    upload = control("Upload", "uploadPrompt", promptName="downloaded/bye", **asked)
    play = control("Play", "playAudio", resource="audio", audioFile=audio("list", "={{ $json.prompt }}"))

    got, heard = ran(stack, activate, "Upload", download(f"{files}/goodbye.wav"), upload, play)

    assert got["Upload"][0]["prompt"] == "downloaded/bye.wav"
    assert got["Play"][0]["status"] == "completed"
    assert heard == ["goodbye"]


@pytest.mark.proves("control.uploadPrompt")
def test_a_long_file_becomes_a_prompt_whole(stack: Stack, credential: Json, files: str) -> None:
    asked = {"resource": "audio", "audioFile": audio("binary", "data")}
    upload = control("Upload", "uploadPrompt", promptName="downloaded/long", **asked)
    nodes = (manual(), download(f"{files}/long.wav"), upload)
    workflow = stack.add_workflow(chain("Upload a long file", *nodes), credential)

    execution = stack.rest.ended(stack.rest.run(workflow, "Start")["executionId"])

    assert execution.status == "success", execution.error
    with wave.open(str(stack.runner.state / "prompts" / "downloaded" / "long.wav")) as saved:
        assert saved.getnframes() / saved.getframerate() == pytest.approx(_LONG_S, abs=0.1)


@pytest.mark.proves("control.sayText")
@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed here")
def test_a_text_is_said(stack: Stack, pbx: Simulator, activate: Activate) -> None:
    say = control(
        "Say", "sayText", resource="audio", text="Good morning", options={"language": "en", "speed": 1.2}
    )
    got, _ = ran(stack, activate, "Say", say)
    assert got["Say"][0]["status"] == "completed"


@pytest.mark.proves("control.makeCall", "control.outputs")
def test_a_call_is_placed_and_ended(stack: Stack, pbx: Simulator, activate: Activate) -> None:
    make = control("Call", "makeCall", target=audio("number", "102"), callFrom="routePoint", timeout=10)
    got, _ = ran(stack, activate, "Make a call", make, control("End", "hangupCall"))
    assert got["Call"][0]["outcome"] == "answered"
    assert got["End"][0]["callId"] == got["Call"][0]["callId"]


@pytest.mark.proves("control.divertCall")
def test_a_connected_call_that_is_diverted_says_what_to_do_instead(
    stack: Stack, pbx: Simulator, activate: Activate
) -> None:
    divert = control("Divert", "divertCall", target=audio("number", "101"), timeout=10)
    workflow = activate(chain("Divert", receiver(), divert))
    call = stack.simulator.call("+4930111031")
    execution = stack.rest.next_execution(workflow, set())
    stack.simulator.hang_up(call)
    assert execution.status == "error"
    assert "Transfer" in str(execution.error_of("Divert"))
