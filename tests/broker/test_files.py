"""Binaries over a task broker: in pieces, each its own task."""

import base64
import secrets
from typing import Any

import pytest

from .conftest import Connect, FakeBroker, Runner

UNKNOWN = f"f_{'0' * 32}"


async def _told(runner: Runner, task: str, file: dict[str, Any]) -> dict[str, Any]:
    await runner.start(task, {"file": file})
    done = await runner.said("runner:taskdone", taskId=task)
    return dict(done["data"]["result"])


async def _refused(runner: Runner, task: str, file: dict[str, Any]) -> str:
    await runner.start(task, {"file": file})
    failed = await runner.said("runner:taskerror", taskId=task)
    return str(failed["error"]["errorId"])


@pytest.mark.proves("behaviour.task-runner")
async def test_a_file_that_came_in_pieces_is_read_in_pieces(n8n: FakeBroker, connect: Connect) -> None:
    content = secrets.token_bytes(1_300_000)
    async with connect(n8n):
        runner = await n8n.runner()
        begun = await _told(runner, "begin", {"name": "call.wav", "mimeType": "audio/wav", "data": ""})
        for at in range(0, len(content), 500_000):
            part = base64.b64encode(content[at : at + 500_000]).decode()
            assert await _told(runner, f"give {at}", {"id": begun["id"], "data": part}) == begun
        parts = [
            await _told(runner, f"take {at}", {"id": begun["id"], "offset": at, "size": 600_000})
            for at in range(0, len(content), 600_000)
        ]

    assert b"".join(base64.b64decode(part["data"]) for part in parts) == content


async def test_the_pieces_are_as_the_contract_has_them(
    n8n: FakeBroker, connect: Connect, task: dict[str, Any]
) -> None:
    golden = task["files"]
    async with connect(n8n):
        runner = await n8n.runner()
        begun = await _told(runner, "begin", golden["begin"]["settings"]["file"])
        more = {**golden["goOn"]["settings"]["file"], **begun}
        gone_on = await _told(runner, "go on", more)
        read = await _told(runner, "read", {**golden["read"]["settings"]["file"], **begun})

    assert begun.keys() == gone_on.keys() == golden["begin"]["result"].keys()
    assert read == golden["read"]["result"]


@pytest.mark.parametrize(
    ("file", "error_id"),
    [
        ({"id": UNKNOWN}, "fileUnknown"),
        ({"id": "f_../../journal"}, "fileUnknown"),
        ({"id": UNKNOWN, "data": "UklGRg=="}, "fileUnknown"),
        ({"data": "no base64: a"}, "badParameter"),
        ({"data": base64.b64encode(bytes(2**20 + 1)).decode()}, "badParameter"),
        ({"id": UNKNOWN, "offset": -1}, "badParameter"),
    ],
    ids=["unknown", "a path", "unknown, to go on with", "no base64", "too large a piece", "before its begin"],
)
async def test_what_is_no_piece_of_a_file_is_refused(
    n8n: FakeBroker, connect: Connect, file: dict[str, Any], error_id: str
) -> None:
    async with connect(n8n):
        assert await _refused(await n8n.runner(), "t1", file) == error_id
