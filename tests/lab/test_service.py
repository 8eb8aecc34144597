"""Programs beside the script."""

import os
import socket
import sys
from pathlib import Path

import pytest

from lab.service import Service, ServiceDied
from lab.waiting import NeverCame, free_port, wait_for


def _python(code: str, log: Path) -> Service:
    return Service("probe", [sys.executable, "-c", code], env=os.environ, log=log)


def test_a_program_that_ends_at_once_is_reported_with_its_last_words(tmp_path: Path) -> None:
    service = _python("print('port 5678 is taken'); raise SystemExit(1)", tmp_path / "log")

    with pytest.raises(ServiceDied, match="port 5678 is taken"):
        service.wait_ready(lambda: None, within_s=20)


def test_stopping_ends_the_children_of_a_program_too(tmp_path: Path) -> None:
    child = "import subprocess, sys, time; p = subprocess.Popen(['sleep', '600']); print(p.pid, flush=True); time.sleep(600)"
    service = _python(child, tmp_path / "log")
    pid = int(service.wait_ready(lambda: service.last_words().strip() or None, within_s=20))

    service.stop()

    wait_for(lambda: _gone(pid), "the child is gone", within_s=10)
    assert not service.alive


def test_what_never_comes_is_said_with_its_bound() -> None:
    with pytest.raises(NeverCame, match=r"a call: not within 0\.1 s"):
        wait_for(lambda: None, "a call", within_s=0.1)


def test_a_wished_port_is_given_only_when_it_is_free() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        assert free_port(port) not in (port, 0)
    assert free_port(port) == port


def _gone(pid: int) -> bool:
    """Dead, or dead and not yet collected by its new parent."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True
