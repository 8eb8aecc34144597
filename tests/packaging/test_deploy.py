"""What deploy/ gives to an operator: a unit that systemd takes, whose command starts and ends as it says; variables that exist."""

import configparser
import os
import re
import shlex
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from lab.bootstrap import ROOT
from lab.n8n_install import get_n8n
from lab.programs import answers, clean_environment, console_script
from lab.steps import Steps
from lab.waiting import free_port, wait_for
from threecx_runner.settings import load_settings

pytestmark = pytest.mark.packaging

_DEPLOY = ROOT / "deploy"
_VARIABLE = re.compile(r"^#?([A-Z][A-Z0-9_]+)=(.*)$", re.MULTILINE)
_TOKEN = "a-token-of-more-than-sixteen-characters"


def _variables(example: str) -> dict[str, str]:
    """All that a file offers, also what is commented out."""
    return dict(_VARIABLE.findall((_DEPLOY / example).read_text("utf-8")))


@pytest.fixture
def unit() -> configparser.SectionProxy:
    """The service section, as it is committed."""
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment]
    parser.read(_DEPLOY / "threecx-runner.service", "utf-8")
    return parser["Service"]


@pytest.mark.proves("install.systemd")
@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed here")
def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path: Path, unit: configparser.SectionProxy) -> None:
    text = (_DEPLOY / "threecx-runner.service").read_text("utf-8")
    here = text.replace(shlex.split(unit["ExecStart"])[0], str(console_script("threecx-runner")))
    (tmp_path / "threecx-runner.service").write_text(here)

    verified = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", tmp_path / "threecx-runner.service"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (verified.returncode, verified.stdout + verified.stderr) == (0, "")


@pytest.mark.proves("install.systemd")
def test_the_units_command_serves_with_the_units_environment_and_ends_in_order(
    tmp_path: Path, unit: configparser.SectionProxy
) -> None:
    name, _, state = unit["Environment"].partition("=")
    program, *more = shlex.split(unit["ExecStart"])
    port = free_port()
    given = {name: state.replace("%S", str(tmp_path)), "N8N_3CX_RUNNER_LISTEN": f"127.0.0.1:{port}"}

    runner = subprocess.Popen(
        [console_script(Path(program).name), *more], env=clean_environment(given), stdout=subprocess.DEVNULL
    )
    try:
        wait_for(lambda: answers(f"http://127.0.0.1:{port}/readyz"), "the runner serves", within_s=30)
        runner.send_signal(signal.SIGTERM)
        status = runner.wait(float(unit["TimeoutStopSec"]))
    finally:
        runner.kill()

    assert status == 0
    assert unit["Restart"] == "always"
    assert os.listdir(tmp_path) == [unit["StateDirectory"]]


def test_every_variable_of_the_runners_example_is_one_that_the_runner_reads(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    given = {name: value or _TOKEN for name, value in _variables("runner.env.example").items()}
    for name, value in given.items():
        monkeypatch.setenv(name, value)

    settings = load_settings(state_dir=tmp_path)

    read = settings.model_fields_set
    assert len(read) == len(given) + 1
    assert settings.task_broker_uris == ("http://127.0.0.1:5679",)


def test_every_variable_of_n8ns_example_is_one_that_n8n_reads() -> None:
    modules = get_n8n(Steps()).program.parents[1]
    config = (modules / "@n8n/config/dist/configs/runners.config.js").read_text("utf-8")
    only_n8n_1 = {"N8N_RUNNERS_ENABLED"}

    assert {name for name in _variables("n8n.env.example") if name not in config} == only_n8n_1
