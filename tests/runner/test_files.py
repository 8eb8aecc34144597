"""Binaries on their way: many at a time."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from threecx_pbx.clock import ManualClock
from threecx_runner.files.store import Files


def suffixes(folder: Path) -> set[str]:
    return {path.suffix for path in folder.iterdir()}


def labelled(folder: Path) -> list[str]:
    return sorted(path.stem for path in folder.glob("*.json"))


async def said(text: str) -> AsyncIterator[bytes]:
    yield text.encode()


async def test_files_that_are_kept_at_the_same_time_do_not_disturb_each_other(tmp_path: Path) -> None:
    files = Files(tmp_path, ManualClock())
    kept = await asyncio.gather(*(files.put(said(f"{n}"), f"{n}.txt", "text/plain") for n in range(300)))
    texts = [await files.read(one, 0, 10) for one in kept]
    assert texts == [f"{n}".encode() for n in range(300)]
    assert suffixes(tmp_path) == {".blob", ".json"}


async def test_files_of_which_the_time_is_over_go_when_many_come_at_once(tmp_path: Path) -> None:
    clock = ManualClock()
    files = Files(tmp_path, clock)
    for n in range(100):
        await files.put(said(f"{n}"), "old.txt", "text/plain")
    await clock.advance(3601)
    new = await asyncio.gather(*(files.put(said("new"), "new.txt", "text/plain") for _ in range(30)))
    assert labelled(tmp_path) == sorted(new)
