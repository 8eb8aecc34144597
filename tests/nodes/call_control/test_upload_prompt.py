"""Upload Prompt: a binary becomes a prompt of the list; what is no audio does not."""

from typing import Any

import pytest

from tests.readings import ANSWERED

from .conftest import SHIPPED, Workflow, samples

pytestmark = ANSWERED


async def listed(workflow: Workflow, search: str) -> list[str]:
    url = f"{workflow.runner.api.address}/v1/options/prompts"
    async with workflow.http.get(url, params={"search": search}, headers=workflow.headers) as answer:
        return [choice["value"] for choice in (await answer.json())["results"]]


@pytest.mark.proves("control.uploadPrompt")
async def test_a_binary_becomes_a_prompt_of_the_list(workflow: Workflow) -> None:
    wav = SHIPPED / "fr/goodbye.wav"
    file = await workflow.upload(wav.read_bytes(), "au-revoir.wav")
    line = await workflow.run("uploadPrompt", None, promptName="team/bye", audioFile=file)
    assert line["item"]["prompt"] == "team/bye.wav"
    assert await listed(workflow, "team/") == ["team/bye.wav"]
    call = await workflow.call()
    await call.run("playAudio", audioFile={"mode": "list", "value": "team/bye.wav"})
    await call.hears(samples(wav))


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("text", b"this is no audio", "audioUnreadable"),
        ("", b"", "badParameter"),
        ("../key", SHIPPED.joinpath("en/welcome.wav").read_bytes(), "badParameter"),
    ],
)
async def test_what_cannot_be_a_prompt_is_refused(
    workflow: Workflow, name: str, content: bytes, error: str
) -> None:
    before = await listed(workflow, "")
    file: Any = await workflow.upload(content, "x.wav")
    line = await workflow.run("uploadPrompt", None, promptName=name, audioFile=file)
    assert line["error"]["errorId"] == error
    assert await listed(workflow, "") == before


@pytest.mark.proves("control.playAudio")
async def test_the_prompts_that_ship_are_in_the_list(workflow: Workflow) -> None:
    shipped = {path.relative_to(SHIPPED).as_posix() for path in SHIPPED.rglob("*.wav")}
    assert shipped
    assert set(await listed(workflow, "")) == shipped
