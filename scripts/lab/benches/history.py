"""history: 100,000 rows of call log through Get Call History, beside a bare loop of `requests` and the SDK from PyPI."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from lab.bench_network import far_away
from lab.benches.figures import BenchFailed, Punctuality, median
from lab.bootstrap import ROOT
from lab.n8n_rest import Json
from lab.simulator import Simulator

ROWS = 100_000


def history(rtt_ms: float, runs: int) -> Json:
    """`rows, ratio, sdk_ratio, peak_mb_above_start, rtt_ms` and the medians in seconds."""
    with tempfile.TemporaryDirectory(prefix="threecx-bench-") as name:
        folder = Path(name)
        simulator = Simulator(folder, more=("--history", str(ROWS)))
        simulator.start()
        try:
            if not rtt_ms:
                return _figures(simulator, simulator.url, folder, runs)
            with far_away(simulator, rtt_ms, folder) as url:
                return _figures(simulator, url, folder, runs)
        finally:
            simulator.stop()


def _figures(simulator: Simulator, url: str, folder: Path, runs: int) -> Json:
    """The three ways take turns, so that a slow moment of the machine meets them all; between turns the simulator is
    asked something trivial."""
    punctuality = Punctuality(simulator)
    found: dict[str, list[dict[str, float]]] = {"bare": [], "ours": [], "sdk": []}
    _read("bare", url, folder / "state")
    for turn in range(runs):
        for kind, seen in found.items():
            seen.append(_read(kind, url, folder / f"state-{kind}-{turn}"))
            punctuality.look()
    punctuality.demand()
    seconds = {kind: median([one["seconds"] for one in seen]) for kind, seen in found.items()}
    return {
        "rows": ROWS,
        "ratio": round(seconds["ours"] / seconds["bare"], 2),
        "sdk_ratio": round(seconds["ours"] / seconds["sdk"], 2),
        "peak_mb_above_start": round(max(one["peak_mb"] for one in found["ours"]), 1),
        **{f"{kind}_s": round(value, 2) for kind, value in seconds.items()},
    }


def _read(kind: str, url: str, folder: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "lab.benches.history_reader", kind, url, str(folder)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "scripts")}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        raise BenchFailed(f"Reading the call log ({kind}) failed: {done.stderr[-500:]}")
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    if found["rows"] != ROWS:
        raise BenchFailed(f"{kind} has read {found['rows']:.0f} rows instead of {ROWS}")
    return found
