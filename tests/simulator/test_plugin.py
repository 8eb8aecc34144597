"""The pytest plugin, in a project of its own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest


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
    assert "2 passed" in done.stdout
