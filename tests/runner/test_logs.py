"""Logs go to stderr, one structured line per fact, and hold no secret at any level."""

import json
import subprocess
import sys

import pytest

_PROGRAM = """
import logging, sys
import structlog
from threecx_credentials.threecx_call_control_api import Login
from threecx_runner.logs import start_logging
from threecx_runner.settings import LogLevel

start_logging(LogLevel(sys.argv[1]))
log = structlog.get_logger("threecx_runner.x")
log.debug("quiet", number=1)
log.info("said", login=Login(client_id="8001", client_secret="a-canary-secret"))
logging.getLogger("websockets.client").debug("Authorization: Bearer a-canary-secret")
logging.getLogger("sqlalchemy.engine.Engine").info("INSERT a-canary-secret")
def deep(secret):
    raise RuntimeError("broken")
try:
    deep("a-canary-secret")
except RuntimeError:
    log.exception("failed")
"""


def lines(level: str) -> list[dict[str, object]]:
    command = [sys.executable, "-c", _PROGRAM, level]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # our own text
    assert done.stdout == ""
    assert "a-canary-secret" not in done.stderr.replace('deep("a-canary-secret")', "")
    return [json.loads(line) for line in done.stderr.splitlines()]


@pytest.mark.proves("behaviour.secrets-nowhere", "behaviour.log-level")
def test_at_debug_everything_of_ours_is_told_and_no_secret() -> None:
    told = lines("debug")
    assert [line["event"] for line in told] == ["quiet", "said", "failed"]
    assert "RuntimeError: broken" in str(told[2]["exception"])


def test_a_higher_level_is_quieter() -> None:
    assert [line["event"] for line in lines("info")] == ["said", "failed"]
    assert [line["event"] for line in lines("error")] == ["failed"]
