"""The runner as people start it: a process of its own, with nobody behind it but itself."""

import base64
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import Case
from schemathesis.core.result import Ok

from threecx_runner.api.wire import Problem

COMMAND = Path(sys.executable).with_name("threecx-runner")
LOGIN = {"serverUrl": "http://127.0.0.1:9", "clientId": "8001", "clientSecret": "a-canary-secret"}
HEADER = {"X-3CX-Login": base64.b64encode(json.dumps(LOGIN).encode()).decode()}


@dataclass
class Running:
    """A started runner."""

    process: "subprocess.Popen[str]"
    address: str
    folder: Path
    log: Path

    def get(self, path: str, **options: Any) -> requests.Response:
        return requests.get(self.address + path, timeout=10, **options)


@contextmanager
def running(folder: Path, *options: str) -> Iterator[Running]:
    log = folder.with_suffix(".log")
    command = [str(COMMAND), "serve", "--state-dir", str(folder), "--listen", "127.0.0.1:0", *options]
    with log.open("w") as stderr:
        process = subprocess.Popen(command, stderr=stderr, text=True)  # our own command
    try:
        yield Running(process, address_in(log, process), folder, log)
    finally:
        process.kill()
        process.wait(10)


def address_in(log: Path, process: "subprocess.Popen[str]") -> str:
    """Where it listens, once it says so."""
    with log.open() as lines:
        while process.poll() is None:
            if found := re.search(r'"address": "(http[^"]+)"', lines.readline()):
                return found[1]
    raise AssertionError(log.read_text())


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("runner") / "state", "--log-level", "debug") as started:
        yield started


def test_it_lives_and_is_ready(runner: Running) -> None:
    assert runner.get("/healthz").text == "ok"
    assert runner.get("/readyz").json() == {"ready": True, "troubles": []}


def test_the_account_of_a_pbx_out_of_reach_says_so(runner: Running) -> None:
    answer = runner.get("/v1/account", headers=HEADER).json()
    assert answer["errorId"] == "pbxUnreachable"
    assert "Server URL" in answer["hint"]


def test_an_unknown_operation_says_how_to_update(runner: Running, contract: Any) -> None:
    url = f"{runner.address}/v1/nodes/callControl/flyAway"
    answer = requests.post(url, json=contract("request")["body"], headers=HEADER, timeout=10)
    assert (answer.status_code, answer.json()["errorId"]) == (404, "operationUnknown")


def test_a_second_runner_in_the_same_folder_says_what_to_do(runner: Running) -> None:
    done = subprocess.run(  # our own command
        [COMMAND, "serve", "--state-dir", runner.folder, "--listen", "127.0.0.1:0"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert str(runner.folder) in done.stderr
    assert "--state-dir" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_address_in_use_is_one_sentence(runner: Running, tmp_path: Path) -> None:
    taken = runner.address.removeprefix("http://")
    done = subprocess.run(  # our own command
        [COMMAND, "serve", "--state-dir", tmp_path, "--listen", taken],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert f"The address {taken} cannot be listened on: Address already in use." in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.proves("behaviour.shutdown")
def test_sigterm_ends_it_with_status_zero_and_leaves_the_folder_to_the_next(tmp_path: Path) -> None:
    for _ in range(2):
        with running(tmp_path / "state") as started:
            started.process.send_signal(signal.SIGTERM)
            assert started.process.wait(10) == 0
            assert "Traceback" not in started.log.read_text()


def test_a_killed_runners_folder_can_be_used_again(tmp_path: Path) -> None:
    with running(tmp_path / "state") as started:
        os.kill(started.process.pid, signal.SIGKILL)
        started.process.wait(10)
    with running(tmp_path / "state") as again:
        assert again.get("/healthz").text == "ok"


def operations(runner: Running) -> list[Any]:
    schema = schemathesis.openapi.from_url(f"{runner.address}/openapi.json")
    return [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]


def test_whatever_is_asked_is_answered_or_refused_in_our_words(runner: Running) -> None:
    token = (runner.folder / "token").read_text()
    asked = operations(runner)
    assert len(asked) >= 14
    for operation in asked:

        @given(case=operation.as_strategy())
        @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
        def ask(case: "Case[Any]") -> None:
            response = case.call(headers=HEADER | {"Authorization": f"Bearer {token}"}, timeout=60)
            if response.status_code >= 400:
                problem = Problem.model_validate_json(response.content)
                assert problem.http_status == response.status_code
                assert problem.error_id != "internalError", runner.log.read_text()[-2000:]

        ask()


def test_the_log_at_debug_and_the_folder_hold_no_secret(runner: Running) -> None:
    runner.get("/v1/account", headers=HEADER)
    written = runner.log.read_bytes() + b"".join(
        path.read_bytes() for path in runner.folder.rglob("*") if path.is_file() and path.name != "token"
    )
    assert b"a-canary-secret" not in written
    assert HEADER["X-3CX-Login"].encode() not in written
    assert (runner.folder / "token").read_bytes() not in written
