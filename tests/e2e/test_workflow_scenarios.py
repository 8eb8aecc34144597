"""A user's workflow against callers from a file, as docs/simulator/workflow-tests.md tells it."""

import subprocess
from pathlib import Path

import pytest

from lab.bootstrap import ROOT
from lab.hearing import PROMPTS
from lab.programs import clean_environment, console_script
from lab.simulator import Simulator
from lab.stack import template

from .conftest import BY_URL, Activate

_PAGE = ROOT / "docs/simulator/workflow-tests.md"


@pytest.fixture
def callers(tmp_path: Path) -> Path:
    """The file of the docs page, with the prompts that it names beside it."""
    (block,) = [block for block in _PAGE.read_text().split("```")[1::2] if block.startswith("yaml\n")]
    file = tmp_path / "smart_ivr.yaml"
    file.write_text(block.removeprefix("yaml\n"))
    for prompt in ("welcome.wav", "main-menu.wav"):
        (tmp_path / prompt).write_bytes((PROMPTS / prompt).read_bytes())
    return file


def _play(pbx: Simulator, file: Path) -> "subprocess.CompletedProcess[str]":
    command = [str(console_script("threecx-simulator")), "play", str(file), "--control", pbx.control_url]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=180, check=False, env=clean_environment({})
    )


@BY_URL
@pytest.mark.proves("simulator.workflow-tests")
def test_the_callers_of_the_docs_meet_what_is_expected_of_the_template(
    pbx: Simulator, activate: Activate, callers: Path
) -> None:
    activate(template("smart_ivr"))

    played = _play(pbx, callers)

    assert played.returncode == 0, played.stdout + played.stderr
    assert [line.split()[0] for line in played.stdout.splitlines()[-5:]] == ["met"] * 5


@BY_URL
@pytest.mark.proves("simulator.workflow-tests")
def test_a_workflow_that_puts_callers_through_to_somebody_else_fails_its_scenario(
    pbx: Simulator, activate: Activate, callers: Path
) -> None:
    workflow = template("smart_ivr")
    sales = next(node for node in workflow["nodes"] if node["name"] == "Transfer to Sales")
    sales["parameters"]["target"]["value"] = "100"
    activate(workflow)
    callers.write_text(callers.read_text().replace("connected 101}", "connected 100}"))

    played = _play(pbx, callers)

    assert played.returncode == 1, played.stdout + played.stderr
    disappointed = [line for line in played.stdout.splitlines() if line.startswith("NOT MET")]
    assert len(disappointed) == 1
    assert "connected_to 101" in disappointed[0]
