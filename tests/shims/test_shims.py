"""The TypeScript runtime of the nodes, as built, against a small real HTTP server and the contract files (node --test)."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def _outcome(done: subprocess.CompletedProcess[str]) -> tuple[int, str]:
    return done.returncode, "" if done.returncode == 0 else done.stdout + done.stderr


@pytest.mark.parametrize(
    "part",
    [
        pytest.param(
            "execute",
            marks=pytest.mark.proves(
                "control.outputs",
                "control.items.parallel",
                "control.includeInput",
                "trouble.connection-refused",
            ),
        ),
        pytest.param("editor"),
        pytest.param("login", marks=pytest.mark.proves("credential.origin", "credential.test")),
        pytest.param("task", marks=pytest.mark.proves("behaviour.task-runner")),
        pytest.param("n8n1"),
        pytest.param("trigger", marks=pytest.mark.proves("behaviour.webhook-signature")),
    ],
)
def test_the_built_shims_keep_the_contract(part: str) -> None:
    node = shutil.which("node")
    assert node, "node is not in PATH: scripts/test puts it there"
    built = ROOT / "dist/nodes/n8n/runtime/execute.js"
    assert built.is_file(), "dist/ is not built: run npm run build, or scripts/test"

    done = subprocess.run(
        [node, "--test", "--test-reporter=spec", str(Path(__file__).with_name(f"{part}.test.mjs"))],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert _outcome(done) == (0, "")
