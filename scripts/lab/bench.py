"""scripts/bench NAME: sets up what the bench needs, shows progress on stderr, and prints one JSON object as its last line."""

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from lab.bench_network import far_away
from lab.benches.event_latency import event_latency
from lab.benches.figures import BenchFailed, SimulatorLate
from lab.benches.history import history
from lab.benches.many_items import many_items
from lab.benches.operation_latency import operation_latency
from lab.benches.options import options
from lab.benches.simulator import simulator
from lab.benches.task_runner import task_runner
from lab.benches.voice_figures import VOICE_BENCHES, Wanted, voice_figures
from lab.bootstrap import stop
from lab.commands import CommandFailed, ToolMissing
from lab.n8n_rest import Json
from lab.service import ServiceDied
from lab.stack import CREDENTIAL, Stack
from lab.steps import Steps
from lab.waiting import NeverCame


class Name(StrEnum):
    """The benches."""

    OPERATION_LATENCY = "operation-latency"
    EVENT_LATENCY = "event-latency"
    CALLS = "calls"
    INTERRUPT = "interrupt"
    PACING = "pacing"
    SIMULATOR = "simulator"
    HISTORY = "history"
    OPTIONS = "options"
    TASK_RUNNER = "task-runner"


def bench(
    name: Annotated[Name, typer.Argument(help="What to measure.")],
    as_json: Annotated[bool, typer.Option("--json", help="One line, nothing else, on stdout.")] = False,
    rtt: Annotated[
        float, typer.Option("--rtt", min=0, help="Round trip to the PBX in ms, by a delaying proxy.")
    ] = 0,
    samples: Annotated[int, typer.Option("--samples", min=3, help="How many calls.")] = 40,
    items: Annotated[
        int, typer.Option("--items", min=1, max=500, help="operation-latency: items of one execution.")
    ] = 1,
    calls: Annotated[int, typer.Option("--calls", min=1, help="calls: how many at once.")] = 128,
    seconds: Annotated[float, typer.Option("--seconds", min=1, help="calls: how long it is measured.")] = 20,
    knee: Annotated[
        bool, typer.Option("--knee", help="calls: more and more, until a figure breaks.")
    ] = False,
) -> None:
    """Measures on real processes: n8n, runner and simulator."""
    try:
        wanted = Wanted(calls, samples, seconds, rtt, knee)
        voice = name.value in VOICE_BENCHES
        figures = voice_figures(name.value, wanted, Steps()) if voice else _measure(name, rtt, samples, items)
    except SimulatorLate as error:
        figures = {"late": str(error)}
    except (BenchFailed, CommandFailed, ToolMissing, ServiceDied, NeverCame) as error:
        stop(str(error))
    line = {"bench": name.value, "rtt_ms": rtt, "load_before": round(_LOAD_BEFORE, 2), **figures}
    print(
        json.dumps(line) if as_json else "\n".join(f"{key}: {value}" for key, value in line.items()),
        flush=True,
    )


_ITEMS_COST = 4
"""With many items fewer runs say as much."""
_LOAD_BEFORE = os.getloadavg()[0]


def _measure(name: Name, rtt_ms: float, samples: int, items: int) -> Json:
    steps = Steps()
    if name is Name.SIMULATOR:
        with steps.step("simulator: 1,024 and 256 calls, 2,000 frames a second, 100,000 rows"):
            return simulator()
    if name is Name.HISTORY:
        with steps.step("history: 100,000 rows, three ways, three times"):
            return history(rtt_ms, runs=3)
    if name is Name.OPTIONS:
        with steps.step("options: 5,000 extensions are made, then searched"):
            return options(max(samples, 100))
    manual = name is Name.OPERATION_LATENCY
    with tempfile.TemporaryDirectory(prefix="threecx-bench-") as folder:
        stack = Stack.in_folder(Path(folder), steps, profile="manual" if manual else "auto", tls=manual)
        with stack, _pbx(stack, rtt_ms) as url:
            stack.pbx_url = url
            return _on_n8n(name, stack, samples, items)


def _on_n8n(name: Name, stack: Stack, samples: int, items: int) -> Json:
    if name is Name.TASK_RUNNER:
        with stack.steps.step(f"task-runner: {samples} operations each way"):
            return task_runner(stack, samples)
    credential = stack.rest.add_credential("Bench", CREDENTIAL, stack.login())
    if name is Name.EVENT_LATENCY:
        with stack.steps.step(f"event-latency: {samples} calls"):
            return event_latency(stack, credential, samples)
    if items == 1:
        with stack.steps.step(f"operation-latency: {samples} calls each way"):
            return operation_latency(stack, credential, stack.pbx_url, samples)
    rounds = max(3, samples // _ITEMS_COST)
    with stack.steps.step(f"operation-latency: {rounds} times {items} calls each way"):
        return many_items(stack, credential, stack.pbx_url, items, rounds)


@contextmanager
def _pbx(stack: Stack, rtt_ms: float) -> Iterator[str]:
    """The simulator's address, as far away as asked."""
    if not rtt_ms:
        yield stack.simulator.url
        return
    with far_away(stack.simulator, rtt_ms, stack.simulator.folder) as url:
        yield url


def main() -> None:
    """Entry of scripts/bench."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(bench)
    app()
