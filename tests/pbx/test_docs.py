"""docs/python.md: each program is run as it stands there, and prints what the page says."""

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from threecx_simulator import PROFILES, Simulator

PAGE = Path(__file__).resolve().parents[2] / "docs" / "python.md"
WITHIN = 60
_PAIR = re.compile(r"```python\n(.*?)```\n+```text\n(.*?)```", re.DOTALL)
PROGRAMS = _PAIR.findall(PAGE.read_text(encoding="utf-8"))


def as_printed(expected: str) -> re.Pattern[str]:
    """Three dots stand for anything, also for lines."""
    return re.compile(".*?".join(re.escape(part) for part in expected.strip().split("...")), re.DOTALL)


@pytest.fixture
async def sim() -> AsyncIterator[Simulator]:
    async with Simulator(profile=PROFILES["auto"], history=500) as made:
        yield made


def test_the_page_has_its_programs_and_each_says_what_it_prints() -> None:
    assert len(PROGRAMS) == PAGE.read_text(encoding="utf-8").count("```python") == 4


@pytest.mark.proves("docs.python")
@pytest.mark.parametrize(("program", "printed"), PROGRAMS, ids=["read", "call log", "errors", "call"])
async def test_a_program_of_the_page_prints_what_the_page_says(
    sim: Simulator, program: str, printed: str
) -> None:
    where = {"THREECX_URL": sim.url, "THREECX_CLIENT": "8001", "THREECX_SECRET": "simulator-secret"}
    running = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        program,
        env={**os.environ, **where, "PYTHONUNBUFFERED": "1"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert running.stdout is not None
    assert running.stderr is not None
    lines: list[str] = []
    call = ""
    try:
        async with asyncio.timeout(WITHIN):
            async for line in running.stdout:
                lines.append(line.decode())
                if line == b"ready\n":
                    call = sim.control.call("+49301234567", "+4930555001")
                if line.startswith(b"from "):
                    sim.control.press(call, "5")
            complaint = (await running.stderr.read()).decode()
            assert await running.wait() == 0, complaint
    finally:
        if running.returncode is None:
            running.kill()
            await running.wait()
    told = "".join(lines).strip()
    assert as_printed(printed).fullmatch(told), told
