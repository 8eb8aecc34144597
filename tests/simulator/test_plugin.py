"""The pytest plugin, in a project of its own."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from threecx_simulator.pytest_plugin import RunningPbx
from threecx_simulator.scenarios.judge import Verdict


@pytest.mark.proves("simulator.pytest-plugin")
def test_another_project_can_use_the_fixtures(tmp_path: Path) -> None:
    project = Path(__file__).parent / "project"
    (tmp_path / "conftest.py").write_text('pytest_plugins = ["threecx_simulator.pytest_plugin"]\n')
    shutil.copy(project / "example_of_a_test.py", tmp_path / "test_example.py")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-W",
        "error",
        "--strict-markers",
        "-p",
        "no:cacheprovider",
    ]
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "5 passed" in done.stdout


def test_a_disappointed_expectation_says_what_was_expected_and_what_happened(
    threecx_pbx: RunningPbx,
) -> None:
    caller = threecx_pbx.call("+49301234567", "+4930555001")
    with pytest.raises(
        AssertionError, match=r"Expected 'connected 101' within 0\.1 s; what happened: began, "
    ):
        caller.expect("connected 101", within=0.1)
    with pytest.raises(AssertionError, match="Expected the end of the call"):
        caller.expect_end(within=0.1)
    with pytest.raises(AssertionError, match="Expected a prompt"):
        caller.listen(within=0.1)
    with pytest.raises(
        AssertionError,
        match=r"^Expected tone:440:1 to have been heard; heard only silence; what happened: began",
    ):
        caller.expect_to_have_heard("tone:440:1")
    with pytest.raises(AssertionError, match=r"Nobody at \+4917 picked up within 0\.1 s: began, "):
        threecx_pbx.called("+4917", within=0.1)


def test_a_scenario_is_a_test_that_fails_with_what_was_not_met(
    threecx_scenario: Callable[[Path], list[Verdict]], tmp_path: Path
) -> None:
    file = tmp_path / "callers.yaml"
    text = """
people: {101: {answers_after: 0.1}}
calls:
  - caller: "+49"
    calls: "+4930555101"
    hangs_up_when: connected 101
    expects: [{connected_to: 101, within: 2}, {ended_by: 101}]
"""
    file.write_text(text)
    with pytest.raises(
        AssertionError, match=r"^Not met in .*callers.yaml: call-1: ended_by 101 \(ended by caller\)$"
    ):
        threecx_scenario(file)
    file.write_text(text.replace("{ended_by: 101}", "{ended_by: caller}"))
    assert [verdict.met for verdict in threecx_scenario(file)] == [True, True]


@pytest.mark.parametrize(
    ("marker", "complaint"),
    [
        ("profil='manual'", "threecx knows no profil; there are profile, seed, tls, speed, company_seed"),
        ("'manual'", "threecx takes its options by name, like profile='manual'"),
        ("upsert_repeat_ms='often'", "upsert_repeat_ms is a whole number from 0 to 86400000, not 'often'"),
        ("upsert_repeat_ms=-5", "upsert_repeat_ms is a whole number from 0 to 86400000, not -5"),
        ("route_point_answer='sometimes'", "route_point_answer is one of auto, manual, not 'sometimes'"),
        ("party_did='yes'", "party_did is one of True, False, not 'yes'"),
        ("speed=0", "speed is a number above 0, not 0"),
        ("seed='x'", "a seed is a whole number"),
        ("profile='manual', seed=3", "draws the whole profile, not manual"),
        ("people=0", "people is a whole number"),
    ],
)
def test_a_marker_that_would_change_nothing_or_cannot_be_is_refused(
    tmp_path: Path, marker: str, complaint: str
) -> None:
    (tmp_path / "conftest.py").write_text('pytest_plugins = ["threecx_simulator.pytest_plugin"]\n')
    (tmp_path / "test_it.py").write_text(
        f"import pytest\n\n@pytest.mark.threecx({marker})\ndef test_it(threecx_pbx): ...\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert complaint in done.stdout
    assert done.returncode == 1


def test_what_can_never_be_is_refused_at_once(threecx_pbx: RunningPbx) -> None:
    caller = threecx_pbx.call("+49301234567", "+4930555001")
    with pytest.raises(ValueError, match="'conected 101' is no line of a timeline"):
        caller.expect("conected 101")
    with pytest.raises(ValueError, match="'connected 177' never comes: there is no number 177"):
        caller.expect("connected 177")
    with pytest.raises(ValueError, match="'x' are no keys"):
        caller.press("x")
    with pytest.raises(ValueError, match="answers_afterr: there is no such field"):
        threecx_pbx.behave("101", answers_afterr=3)
    with pytest.raises(ValueError, match="answers_after: 'soon' is no number"):
        threecx_pbx.behave("101", answers_after="soon")
    with pytest.raises(ValueError, match="There is no number 177"):
        threecx_pbx.behave("177", busy=True)
    with pytest.raises(ValueError, match="needs a number to call"):
        threecx_pbx.call("+49301234567", "")


def test_a_recording_becomes_a_test(threecx_pbx: RunningPbx, tmp_path: Path) -> None:
    trace = tmp_path / "trace.jsonl"
    trace.write_text('{"at": 0, "frame": "upsert", "dn": "8001", "id": 7, "leg": {"status": "Ringing"}}\n')
    threecx_pbx.replay(trace)
    (call,) = threecx_pbx.calls()
    assert [(leg.id, leg.dn, leg.status) for leg in call.legs] == [(7, "8001", "Ringing")]


def test_a_profile_that_does_not_exist_is_named_with_those_that_do(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text('pytest_plugins = ["threecx_simulator.pytest_plugin"]\n')
    (tmp_path / "test_it.py").write_text(
        "import pytest\n\n@pytest.mark.threecx(profile='v21')\ndef test_it(threecx_pbx): ...\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert "There is no profile v21; there are auto, manual, v20_u7" in done.stdout
    assert "KeyError" not in done.stdout
