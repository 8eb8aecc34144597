"""Each voice operation once on a real n8n, with what n8n brings along: binaries, several outputs, a call that is placed."""

import functools
import http.server
import shutil
import threading
from collections.abc import Iterator

import pytest

from lab.hearing import PROMPTS, heard_prompts
from lab.n8n_rest import Json
from lab.simulator import Simulator
from lab.stack import Stack

from .conftest import Activate
from .workflows import chain, control, receiver


@pytest.fixture(scope="module")
def files() -> Iterator[str]:
    """A web server with the shipped prompts."""
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(PROMPTS))
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


@pytest.mark.proves("control.uploadPrompt", "control.playAudio", "control.includeInput")
def test_a_downloaded_file_is_played_and_becomes_a_prompt(
    stack: Stack, pbx: Simulator, activate: Activate, files: str
) -> None:
    response = {"response": {"responseFormat": "file", "outputPropertyName": "data"}}
    download = {
        "id": "b9a0f1de-3a8b-4a44-9a59-0c7f1f7c1f01",
        "name": "Download",
        "type": "n8n-nodes-base.httpRequest",
        "typeVersion": 4.2,
        "position": [0, 0],
        "parameters": {"url": f"{files}/goodbye.wav", "options": {"response": response}},
    }
    upload = control(
        "Upload",
        "uploadPrompt",
        resource="audio",
        promptName="downloaded/bye",
        audioFile=audio("binary", "data"),
    )
    play = control(
        "Play", "playAudio", resource="audio", audioFile=audio("list", "={{ $json.prompt }}"), options={}
    )
    got, heard = ran(stack, activate, "Upload", download, upload, play)
    assert got["Upload"][0]["prompt"] == "downloaded/bye.wav"
    assert got["Play"][0]["status"] == "completed"
    assert heard == ["goodbye"]


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
