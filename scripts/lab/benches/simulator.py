"""`scripts/bench simulator`: can the simulator keep up with what is measured on it? Each run in a process of its own."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import requests

from lab.benches.figures import BenchFailed
from lab.programs import clean_environment, console_script

_RUNS = ((1024, 100), (256, 20))  # calls, frame in ms; both directions, TLS
_SECONDS = 15.0
_TRIES = 4
_IN_TIME_MS = 50.0  # lateness of the load generator from which a run says more about the machine
_SETTLING = 2.0  # seconds after two handshakes for each call, which are not what is measured
_FRAMES = 2000  # a second, to _SOCKETS sockets
_SOCKETS = 10
_ROWS = 100_000
_TICKS = os.sysconf("SC_CLK_TCK")
_LOGIN = {"client_id": "8001", "client_secret": "simulator-secret", "grant_type": "client_credentials"}


class Pbx:
    """A simulator process and what it uses."""

    def __init__(self, process: "subprocess.Popen[str]", addresses: dict[str, str]) -> None:
        self.pid = process.pid
        self.url, self.control = addresses["url"], addresses["control"]
        self.ca_file = addresses["caFile"] or ""
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.verify = self.ca_file or True
        token = self.session.post(f"{self.url}/connect/token", data=_LOGIN, timeout=10).json()["access_token"]
        self.token = str(token)
        self.session.headers["Authorization"] = f"Bearer {token}"

    def cores(self) -> float:
        """Processor seconds used so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def peak_mb(self) -> float:
        """The most memory that was resident so far."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """The control API."""
        answer = requests.request(method, self.control + path, json=body, timeout=30)
        answer.raise_for_status()
        return answer.json() if answer.content else None


@contextmanager
def pbx(*options: str) -> Iterator[Pbx]:
    """A simulator with these options, on free ports."""
    ports = ["--listen", "127.0.0.1:0", "--control", "127.0.0.1:0", "--json", "--keep-audio", "0"]
    command = [str(console_script("threecx-simulator")), "serve", *ports, *options]
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=log, text=True, env=clean_environment({})
        )
        try:
            line = _stdout(process).readline()
            if not line:
                log.seek(0)
                raise BenchFailed(f"The simulator did not start: {log.read().strip()}")
            yield Pbx(process, json.loads(line))
        finally:
            process.terminate()
            process.wait(10)
            _stdout(process).close()


def _stdout(process: "subprocess.Popen[str]") -> IO[str]:
    assert process.stdout is not None
    return process.stdout


def _say(process: "subprocess.Popen[str]", line: str) -> None:
    assert process.stdin is not None
    process.stdin.write(line + "\n")
    process.stdin.flush()


def simulator() -> dict[str, Any]:
    """All figures."""
    return {
        "runs": [_punctual(calls, frame_ms) for calls, frame_ms in _RUNS],
        **_frames(),
        **_rows(),
    }


def _punctual(calls: int, frame_ms: int) -> dict[str, Any]:
    """The best of a few runs; when the machine itself stood still in each of them, it says so."""
    runs = []
    for _ in range(_TRIES):
        runs.append(_streams(calls, frame_ms))
        if max(runs[-1]["load_late_ms"], runs[-1]["worst_late_ms"]) <= _IN_TIME_MS:
            break
    best = min(runs, key=lambda run: max(run["load_late_ms"], run["worst_late_ms"]))
    stalled = best["load_late_ms"]
    if stalled <= _IN_TIME_MS:
        return best
    return best | {"late": f"The machine itself stood still for {stalled:.0f} ms: no figure for this run."}


def _streams(calls: int, frame_ms: int) -> dict[str, Any]:
    with pbx("--tls", "--frame-ms", str(frame_ms)) as simulated:
        for number in range(calls):
            simulated.ask("POST", "/calls", {"from": f"+4930{number:06d}", "to": "+4930555001"})
        load = Path(__file__).with_name("stream_load.py")
        arguments = [simulated.url, simulated.ca_file or "-", simulated.token, str(frame_ms), str(_SECONDS)]
        process = subprocess.Popen(
            [sys.executable, str(load), *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        with process:
            if _stdout(process).readline().strip() != "ready":
                raise BenchFailed(f"The load of {calls} calls could not be opened")
            time.sleep(_SETTLING)
            simulated.ask("POST", "/streams/reset")
            used = simulated.cores()
            _say(process, "go")
            measured = _stdout(process).readline()
            used = simulated.cores() - used
            heard = simulated.ask("GET", "/streams")
            process.communicate("enough\n")
        if process.returncode or (heard["postsOpen"], heard["getsOpen"]) != (calls, calls):
            raise BenchFailed(f"Of {calls} calls {heard['postsOpen']} POSTs and {heard['getsOpen']} GETs ran")
        load_figures = json.loads(measured)
        return {
            "calls": calls,
            "frame_ms": frame_ms,
            "tls": True,
            "worst_late_ms": round(heard["worstLateMs"], 1),
            "cpu_cores": round(used / _SECONDS, 3),
            "underruns": heard["underruns"],
            **{name: round(value, 3) for name, value in load_figures.items()},
        }


def _frames() -> dict[str, Any]:
    """Ringing legs whose Upsert repeats make the frames; the sockets are read by a program of their own."""
    legs, every_ms = 100, 100 * 1000 // _FRAMES
    options = ("--profile", "manual", "--set", f"upsert_repeat_ms={every_ms}")
    with pbx(*options) as simulated:
        reader = Path(__file__).with_name("socket_load.py")
        arguments = [simulated.url, simulated.token, str(_SOCKETS), str(_SECONDS)]
        command = [sys.executable, str(reader), *arguments]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        with process:
            if _stdout(process).readline().strip() != "ready":
                raise BenchFailed("The sockets could not be opened")
            for number in range(legs):
                simulated.ask("POST", "/calls", {"from": f"+4930{number:06d}", "to": "+4930555001"})
            used = simulated.cores()
            measured, _ = process.communicate("go\n")
        figures = json.loads(measured)
        return {
            "frames_per_second": round(figures["slowest_per_second"]),
            "sockets": _SOCKETS,
            "frames_cpu_cores": round((simulated.cores() - used) / _SECONDS, 3),
            "frames_missing": figures["missing"],
        }


def _rows() -> dict[str, Any]:
    """The call log, page by page."""
    period = "periodFrom=2020-01-01T00:00:00Z,periodTo=2030-01-01T00:00:00Z"
    rest = (
        "sourceType=0,sourceFilter='',destinationType=0,destinationFilter='',callsType=0,callTimeFilterType=0"
    )
    times = "callTimeFilterFrom='0:00:0',callTimeFilterTo='0:00:0',hidePcalls=true"
    report = f"/xapi/v1/ReportCallLogData/Pbx.GetCallLogData({period},{rest},{times})"
    with pbx("--history", str(_ROWS)) as simulated:
        rows, page, began = 0, 1000, time.monotonic()
        idle = simulated.peak_mb()
        while page == 1000:
            options = {"$top": "1000", "$skip": str(rows)}
            answer = simulated.session.get(simulated.url + report, params=options, timeout=60)
            answer.raise_for_status()
            page = len(answer.json()["value"])
            rows += page
        return {
            "rows": rows,
            "rows_seconds": round(time.monotonic() - began, 1),
            "rows_peak_mb": round(simulated.peak_mb() - idle, 1),
        }
