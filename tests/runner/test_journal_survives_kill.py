"""kill -9: what was awaited is there, and nothing is there by half."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

_CHILD = """
import asyncio, itertools, sys
from threecx_pbx.calls.model import PbxId
from threecx_pbx.clock import SystemClock
from threecx_runner.journal import Journal
from threecx_runner.outbox import delivery_of
from threecx_runner.state_folder import Cipher
from cryptography.fernet import Fernet

async def main(url):
    clock = SystemClock()
    async with Journal.open(url, Cipher(Fernet.generate_key()), clock) as journal:
        for n in itertools.count():
            due = [delivery_of("s", f"c:{n}.{m}", "c", {}, clock.now()) for m in range(20)]
            await journal.commit(PbxId("p"), [], [], [], due)
            print(n, flush=True)

asyncio.run(main(sys.argv[1]))
"""


@pytest.fixture
def child(journal_url: str) -> Iterator["subprocess.Popen[str]"]:
    with subprocess.Popen(  # our own text
        [sys.executable, "-c", _CHILD, journal_url], stdout=subprocess.PIPE, text=True
    ) as process:
        yield process
        process.kill()


@pytest.mark.proves("behaviour.recovery")
def test_a_killed_runner_has_all_that_it_awaited_and_no_half_commit(
    child: "subprocess.Popen[str]", journal_url: str, tmp_path: Path
) -> None:
    assert child.stdout is not None
    awaited = -1
    while awaited < 40:
        awaited = int(child.stdout.readline())
    os.kill(child.pid, signal.SIGKILL)
    awaited = max([awaited, *map(int, child.stdout.read().splitlines())])
    engine = create_engine(journal_url)
    with engine.connect() as on:
        rows = on.execute(text("SELECT event FROM deliveries")).scalars().all()
    engine.dispose()
    by_commit: dict[int, int] = {}
    for event in rows:
        number = int(event.removeprefix("c:").split(".")[0])
        by_commit[number] = by_commit.get(number, 0) + 1
    assert set(range(awaited + 1)) <= set(by_commit) <= set(range(awaited + 2))
    assert set(by_commit.values()) == {20}
