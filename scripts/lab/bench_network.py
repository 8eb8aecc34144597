"""The simulator as if it were far away: `lab.delay` in front of it, as a process."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lab.bootstrap import ROOT
from lab.service import Service
from lab.simulator import Simulator


@contextmanager
def far_away(simulator: Simulator, rtt_ms: float, folder: Path) -> Iterator[str]:
    """The Server URL behind `rtt_ms` of round trip."""
    scheme, _, address = simulator.url.partition("://")
    log = folder / "delay.log"
    command = [sys.executable, "-m", "lab.delay", address, str(rtt_ms)]
    proxy = Service("delay", command, env={**os.environ, "PYTHONPATH": str(ROOT / "scripts")}, log=log)
    try:
        port = proxy.wait_ready(lambda: log.read_text().strip() or None, within_s=20)
        yield f"{scheme}://127.0.0.1:{port}"
    finally:
        proxy.stop()
