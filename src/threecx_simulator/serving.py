"""A simulator as a process: addresses printed, scenarios played, recordings written, until somebody stops it."""

import asyncio
import json
import signal
import sys
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from threecx_simulator.collecting import collect_in_pauses
from threecx_simulator.company.life import Life
from threecx_simulator.control.model import CallReport
from threecx_simulator.scenarios.judge import Verdict
from threecx_simulator.scenarios.model import Scenario
from threecx_simulator.scenarios.play import Player
from threecx_simulator.simulator import Simulator
from threecx_simulator.trace.record import Recorder
from threecx_simulator.trace.replay import Frame, replay

_LOOPBACK = {"127.0.0.1", "::1", "localhost"}


@dataclass(frozen=True, slots=True)
class Job:
    """What to do besides serving."""

    scenarios: list[Scenario]
    record: Path | None
    frames: list[Frame]
    until_done: bool
    as_json: bool
    live: float = 0.0
    """Calls a second that happen by themselves."""
    seed: int = 0
    ca_file: Path | None = None
    """Where the certificate of the simulator's authority is wanted as well."""


async def run(simulator: Simulator, job: Job) -> int:
    """Serve until SIGTERM or Ctrl-C, or until the scenarios are over; the exit code."""
    stopped = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stopped.set)
    async with AsyncExitStack() as stack:
        try:
            await stack.enter_async_context(simulator)
        except OSError as taken:
            sys.stderr.write(f"Cannot listen: {taken}\n")
            return 1
        try:
            _write_files(simulator, job, stack)
        except OSError as locked:
            sys.stderr.write(f"Cannot write: {locked}\n")
            return 1
        collecting = asyncio.create_task(collect_in_pauses(simulator.desk), name="garbage")
        stack.push_async_callback(_cancel, collecting)
        _announce(simulator, job)
        if job.live:
            await stack.enter_async_context(
                Life(
                    simulator.control,
                    simulator.board.pbx,
                    simulator.company,
                    simulator.clock,
                    job.live,
                    job.seed,
                )
            )
        playing = asyncio.create_task(_play(simulator, job), name="scenarios")
        stack.push_async_callback(_cancel, playing)
        stopping = asyncio.create_task(stopped.wait(), name="signals")
        stack.push_async_callback(_cancel, stopping)
        await asyncio.wait({playing, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if playing.done() and not stopped.is_set() and not job.until_done:
            playing.result()
            await stopping
        return int(
            playing.done() and not playing.cancelled() and not all(one.met for one in playing.result())
        )


async def _play(simulator: Simulator, job: Job) -> list[Verdict]:
    async with Player(simulator.control, simulator.clock, job.scenarios) as player:
        await replay(job.frames, simulator.board, simulator.clock)
        verdicts = await player.done()
        for call in player.calls:
            _tell(simulator.control.report(call), job.as_json)
    for one in verdicts:
        if job.as_json:
            say(json.dumps({"call": one.call, "expected": one.expectation, "met": one.met, "why": one.why}))
        else:
            say(f"{'met' if one.met else 'NOT MET'}  {one.call}: {one.expectation} ({one.why})")
    return verdicts


def _tell(call: CallReport, as_json: bool) -> None:
    """What happened to a scripted caller."""
    if as_json:
        say(json.dumps({"call": call.id, "timeline": [[one.seconds, one.what] for one in call.timeline]}))
        return
    say(f"{call.id}  {call.from_} calls {call.to}")
    for one in call.timeline:
        say(f"{one.seconds:6.1f} s  {one.what}")


async def _cancel(task: asyncio.Task[object]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def _write_files(simulator: Simulator, job: Job, stack: AsyncExitStack) -> None:
    if job.ca_file and simulator.ca_file:
        job.ca_file.write_bytes(simulator.ca_file.read_bytes())
    if job.record:
        file = stack.enter_context(job.record.open("w", encoding="utf-8"))
        Recorder(simulator.board, simulator.gate, file)


def _announce(simulator: Simulator, job: Job) -> None:
    for url in (simulator.url, simulator.control_url):
        if url.split("//")[1].rpartition(":")[0].strip("[]") not in _LOOPBACK:
            sys.stderr.write(f"Mind: {url} is reachable from other machines.\n")
    ca_file = str(job.ca_file or simulator.ca_file) if simulator.ca_file else None
    if job.as_json:
        say(json.dumps({"url": simulator.url, "control": simulator.control_url, "caFile": ca_file}))
        return
    say(f"PBX      {simulator.url}")
    say(f"Control  {simulator.control_url}/docs")
    say(f"Phone    {simulator.control_url}/phone")
    if ca_file:
        say(f"CA file  {ca_file}")


def say(line: str) -> None:
    """A line on standard output, at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
