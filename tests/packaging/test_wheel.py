"""The wheel as a newcomer gets it: in an empty environment of each Python that is here, away from the checkout."""

import base64
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from lab.bootstrap import ROOT
from lab.waiting import free_port, wait_for

pytestmark = pytest.mark.packaging

_MINORS = (11, 12, 13)


def _pythons() -> list[Path]:
    """One interpreter for each supported minor version that this machine has and that starts."""
    beside = Path(sys.base_prefix).parent
    found = []
    for minor in _MINORS:
        name = f"python3.{minor}"
        candidates = [*beside.glob(f"3.{minor}.*/bin/{name}"), Path(shutil.which(name) or "/nonexistent")]
        found += [path for path in candidates if _starts(path)][:1]
    return found


def _starts(python: Path) -> bool:
    return (
        python.exists()
        and subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode == 0
    )


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built by the standard front-end from a copy of what git tracks."""
    source = tmp_path_factory.mktemp("source")
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    for name in filter(None, tracked.decode().split("\0")):
        if (ROOT / name).is_file() and not name.startswith(("tests/", "docs/")):
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, source / name)
    out = tmp_path_factory.mktemp("wheel")
    done = subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--outdir", out, source],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return next(out.glob("*.whl"))


@pytest.fixture(params=_pythons(), ids=lambda path: path.name, scope="session")
def installed(request: pytest.FixtureRequest, wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` folder of an empty environment with nothing but the wheel and what it needs."""
    folder = tmp_path_factory.mktemp(request.param.name)
    subprocess.run([request.param, "-m", "venv", folder], check=True)
    done = subprocess.run(
        [folder / "bin" / "pip", "install", "-q", "--disable-pip-version-check", wheel],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return folder / "bin"


@contextmanager
def _running(command: list[str | Path], env: dict[str, str], cwd: Path) -> Iterator["subprocess.Popen[str]"]:
    with subprocess.Popen(
        command, env=env, cwd=cwd, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        try:
            yield process
        finally:
            process.terminate()
            process.wait(30)


@pytest.mark.timeout(300)
@pytest.mark.proves("install.one-liner")
def test_the_wheel_alone_serves_a_simulator_and_a_runner_that_knows_its_operations(
    installed: Path, tmp_path: Path
) -> None:
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "N8N_3CX_STATE_DIR": str(tmp_path / "state")}
    env |= {"N8N_3CX_RUNNER_LISTEN": "127.0.0.1:0", "PYTHONUNBUFFERED": "1"}
    simulate: list[str | Path] = [
        installed / "threecx-simulator",
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--control",
        "127.0.0.1:0",
        "--json",
    ]
    with _running(simulate, env, tmp_path) as simulator:
        assert simulator.stdout is not None
        pbx = json.loads(simulator.stdout.readline())
        port = free_port()
        serve: list[str | Path] = [installed / "threecx-runner", "serve", "--listen", f"127.0.0.1:{port}"]
        with _running(serve, env, tmp_path):
            runner = f"http://127.0.0.1:{port}"
            wait_for(lambda: _answers(runner), "the runner answers", within_s=60)
            login = {"serverUrl": pbx["url"], "clientId": "8001", "clientSecret": "simulator-secret"}
            headers = {"X-3CX-Login": base64.b64encode(json.dumps(login).encode()).decode()}
            items = [{"index": 0, "key": "1:a:0:0", "parameters": {"call": "callId", "callId": "c_none"}}]
            body = {"protocol": 1, "executionId": "1", "items": items}
            answered = requests.post(
                f"{runner}/v1/nodes/callControl/answerCall", json=body, headers=headers, timeout=30
            )
    first, last = [json.loads(line) for line in answered.text.splitlines()]
    assert first["error"]["errorId"] == "callUnknown"
    assert last == {"end": True}


def _answers(runner: str) -> bool:
    try:
        return requests.get(f"{runner}/healthz", timeout=1).ok
    except requests.ConnectionError:
        return False
