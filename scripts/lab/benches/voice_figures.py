"""`scripts/bench calls | interrupt | pacing`: simulator, network and runner as processes; no n8n."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from lab.bench_network import far_away
from lab.benches.figures import BenchFailed, SimulatorLate, rounded
from lab.bootstrap import ROOT
from lab.simulator import Simulator
from lab.steps import Steps
from threecx_pbx.media.mouth import Mouth
from threecx_pbx.media.playout import Layer
from threecx_pbx.media.sound import Pcm
from threecx_pbx.media.speaking import SpeakStream

Json = dict[str, Any]
VOICE_BENCHES = ("calls", "interrupt", "pacing")

_LATE_PERCENT = 2.0
"""A simulator that is late more often than this hears what came in time as if it had come late."""
_BOUNDS = {"underruns_heard": 0, "p99_late_ms": 30, "runner_cpu_cores": 0.5, "kb_per_call": 100}


@dataclass(frozen=True)
class Wanted:
    """What to measure."""

    calls: int = 128
    samples: int = 40
    seconds: float = 20
    rtt_ms: float = 0
    knee: bool = False


def voice_figures(name: str, wanted: Wanted, steps: Steps) -> Json:
    """The figures of architecture section 9. Raises SimulatorLate, BenchFailed."""
    if name == "pacing":
        return _pacing(wanted, steps)
    if name == "interrupt":
        return _measured(name, wanted, steps, {"samples": wanted.samples}, keep_audio_s=60)
    if wanted.knee:
        return _knee(wanted, steps)
    return _calls(wanted, wanted.calls, steps)


def _calls(wanted: Wanted, count: int, steps: Steps) -> Json:
    return _measured("calls", wanted, steps, {"calls": count, "seconds": wanted.seconds}, keep_audio_s=0)


def _knee(wanted: Wanted, steps: Steps) -> Json:
    """More and more calls until a figure breaks; the last run that held."""
    held: Json = {}
    count = 256
    while True:
        try:
            got = _calls(wanted, count, steps)
        except SimulatorLate as error:
            return held | {"knee": held.get("calls", 0), "broke_at": count, "broke_by": str(error)}
        broken = [key for key, bound in _BOUNDS.items() if got[key] > bound]
        if broken:
            return held | {"knee": held.get("calls", 0), "broke_at": count, "broke_by": ", ".join(broken)}
        held, count = got, count + 256


def _pacing(wanted: Wanted, steps: Steps) -> Json:
    with steps.step("pacing: 60 minutes in memory"):
        hours = [_hour(ppm) for ppm in (-100.0, 0.0, 100.0)]
    real = _measured("pacing", wanted, steps, {"seconds": 60}, keep_audio_s=60)
    return {
        "minutes": 60,
        "max_ahead_ms": max(rounded(max(hour[0] for hour in hours)), real["max_ahead_ms"]),
        "drift_ms": rounded(max(hour[1] for hour in hours)),
        "underruns_heard": sum(hour[2] for hour in hours) + real["underruns_heard"],
        "simulator_late_ms": real["simulator_late_ms"],
        "simulator_late_percent": real["simulator_late_percent"],
    }


class _Pbx(SpeakStream):
    """A POST in memory, played by a clock that runs faster by so many millionths."""

    def __init__(self, ppm: float) -> None:
        self.ready = True
        self.rate = 16_000 * (1 + ppm * 1e-6)
        self.at = self.slipped = 0.0
        self.got = self.underruns = 0
        self.most_ahead = 0.0

    def write(self, block: bytes | memoryview) -> None:
        if self.got and self.ahead < 0:
            self.underruns += 1
            self.slipped -= self.ahead
        self.got += len(block)
        self.most_ahead = max(self.most_ahead, self.ahead)

    @property
    def ahead(self) -> float:
        """Seconds of sound that wait to be heard."""
        return self.got / self.rate - (self.at - self.slipped)


def _hour(ppm: float) -> tuple[float, float, int]:
    """Most ahead, how far the lead has moved within the hour (both ms), underruns."""
    began = datetime(2026, 1, 5, tzinfo=UTC)
    pbx, mouth = _Pbx(ppm), Mouth(began, lambda: None)
    mouth.playout.set_layer(Layer.BACKGROUND, Pcm(b"\1\0" * 80_000))
    mouth.drift.listen()
    mouth.attach(pbx, began)
    leads = []
    for tick in range(1, 50 * 3600):
        pbx.at = tick * 0.02
        mouth.listened(320, began + timedelta(seconds=pbx.at / (1 + ppm * 1e-6)))
        if tick % 3 == 0:
            mouth.tick(began + timedelta(seconds=pbx.at))
            leads.append(pbx.ahead)
    moved = abs(sum(leads[-3000:]) - sum(leads[:3000])) / 3000
    return pbx.most_ahead * 1000, moved * 1000, pbx.underruns


def _measured(name: str, wanted: Wanted, steps: Steps, how: Json, *, keep_audio_s: int) -> Json:
    with tempfile.TemporaryDirectory(prefix="threecx-bench-") as folder:
        home = Path(folder)
        simulator = Simulator(home, tls=True, more=("--keep-audio", str(keep_audio_s)))
        with steps.step(f"{name}: simulator"):
            simulator.start()
        try:
            with _network(simulator, wanted.rtt_ms, home) as url:
                where = {
                    "url": url,
                    "control": simulator.control_url,
                    "ca_file": simulator.ca_file,
                    "folder": folder,
                }
                with steps.step(f"{name}: {how}"):
                    figures = _worker(name, where | how)
        finally:
            simulator.stop()
    if figures["simulator_late_percent"] > _LATE_PERCENT:
        raise SimulatorLate(
            f"The simulator was itself late, {figures['simulator_late_ms']:.0f} ms at worst: {figures}"
        )
    return figures


@contextmanager
def _network(simulator: Simulator, rtt_ms: float, folder: Path) -> Iterator[str]:
    if not rtt_ms:
        yield simulator.url
        return
    with far_away(simulator, rtt_ms, folder) as url:
        yield url


def _worker(name: str, how: Json) -> Json:
    """The runner's process."""
    command = [sys.executable, "-m", "lab.benches.voice", name, json.dumps(how)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "scripts")}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0 or not done.stdout.strip():
        raise BenchFailed(f"{name}: the runner's process ended with status {done.returncode}.")
    return dict(json.loads(done.stdout.splitlines()[-1]))
