"""options: a PBX with 5,000 extensions, searched in the dropdown as somebody types; a runner in a process of its own."""

import base64
import itertools
import json
import os
import tempfile
import time
from pathlib import Path

import requests

from lab.benches.figures import BenchFailed, Punctuality, percentile, rounded
from lab.n8n_rest import Json
from lab.programs import console_script
from lab.service import Service
from lab.simulator import CLIENT_ID, CLIENT_SECRET, Simulator

ENTRIES = 5000


def options(samples: int) -> Json:
    """`entries, p95_ms`: warm, over HTTP, each search with another text."""
    with tempfile.TemporaryDirectory(prefix="threecx-bench-") as name:
        folder = Path(name)
        simulator = Simulator(folder)
        simulator.start()
        log = folder / "runner.log"
        command = [str(console_script("threecx-runner")), "serve", "--listen", "127.0.0.1:0"]
        runner = Service(
            "threecx-runner", [*command, "--state-dir", str(folder / "state")], env=dict(os.environ), log=log
        )
        try:
            _hire(simulator.url)
            address = runner.wait_ready(lambda: _address(log), within_s=30)
            return _searched(address, simulator, samples)
        finally:
            runner.stop()
            simulator.stop()


def _address(log: Path) -> str | None:
    """What the runner has printed."""
    found = [line for line in log.read_text().splitlines() if "http://127.0.0.1:" in line]
    if not found:
        return None
    port = found[0].split("http://127.0.0.1:", 1)[1]
    return "http://127.0.0.1:" + "".join(itertools.takewhile(str.isdigit, port))


def _hire(url: str) -> None:
    """Makes the users over the PBX's own API."""
    session = requests.Session()
    form = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "grant_type": "client_credentials"}
    token = session.post(f"{url}/connect/token", data=form, timeout=30).json()["access_token"]
    session.headers["Authorization"] = f"Bearer {token}"
    have = session.get(f"{url}/xapi/v1/Users", params={"$count": "true", "$top": "1"}, timeout=30).json()
    for number in range(ENTRIES - int(have["@odata.count"])):
        user = {"Number": str(20_000 + number), "FirstName": f"Person{number}", "LastName": "Example"}
        session.post(f"{url}/xapi/v1/Users", json=user, timeout=30).raise_for_status()


def _searched(address: str, pbx: Simulator, samples: int) -> Json:
    login = {"serverUrl": pbx.url, "clientId": CLIENT_ID, "clientSecret": CLIENT_SECRET}
    session = requests.Session()
    session.headers["X-3CX-Login"] = base64.b64encode(json.dumps(login).encode()).decode()

    def search(text: str) -> int:
        answer = session.get(f"{address}/v1/options/people", params={"search": text}, timeout=120)
        answer.raise_for_status()
        return len(answer.json()["results"])

    search("")
    punctuality, took = Punctuality(pbx), list[float]()
    for number in range(samples):
        began = time.monotonic()
        if not search(("", "2", "person", f"person{number}", "example")[number % 5]):
            raise BenchFailed("A search that must match has found nothing")
        took.append((time.monotonic() - began) * 1000)
        punctuality.look()
    punctuality.demand()
    return {"entries": ENTRIES, "p95_ms": rounded(percentile(took, 0.95)), "samples": samples}
