"""The npm package: what n8n's linter and scanner say of it, and what is in it."""

import json
import os
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
DEFAULT_LINT = "import { config } from '@n8n/node-cli/eslint';\n\nexport default config;\n"


def _run(*argv: str | Path, cwd: Path = ROOT) -> tuple[int, str]:
    program = shutil.which(str(argv[0]))
    assert program, f"{argv[0]} is not in PATH: scripts/test puts it there"
    done = subprocess.run(
        [program, *map(str, argv[1:])],
        cwd=cwd,
        env={**os.environ, "CI": "1"},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def package() -> dict[str, Any]:
    return dict(json.loads((ROOT / "package.json").read_text("utf-8")))


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packed tarball, unpacked beside the project's node_modules, as an installed package stands."""
    folder = tmp_path_factory.mktemp("package")
    status, told = _run("npm", "pack", "--ignore-scripts", "--pack-destination", folder)
    assert status == 0, told
    [tarball] = folder.glob("*.tgz")
    with tarfile.open(tarball) as packed:
        packed.extractall(folder, filter="data")
    return folder / "package"


@pytest.mark.proves("install.strict-lint")
def test_n8ns_strict_lint_finds_nothing_with_its_default_configuration(package: dict[str, Any]) -> None:
    status, told = _run("npx", "--no-install", "n8n-node", "lint")

    assert status == 0, told
    assert " problem" not in told
    assert package["n8n"]["strict"] is True
    assert (ROOT / "eslint.config.mjs").read_text("utf-8") == DEFAULT_LINT


@pytest.mark.proves("install.strict-lint")
def test_no_source_switches_a_lint_rule_off() -> None:
    sources = [*ROOT.glob("nodes/n8n/**/*.ts"), *ROOT.glob("credentials/*.ts")]

    assert [str(path) for path in sources if "eslint-disable" in path.read_text("utf-8")] == []


@pytest.mark.proves("install.strict-lint")
def test_n8ns_scanner_finds_nothing_in_the_packed_javascript(unpacked: Path) -> None:
    assert _run("node", ROOT / "tests/shims/scan.mjs", unpacked) == (0, "")


def test_the_package_needs_no_other_package_at_run_time(package: dict[str, Any]) -> None:
    assert package.get("dependencies", {}) == {}
    assert package["peerDependencies"] == {"n8n-workflow": "*"}


def test_the_lockfile_names_no_registry() -> None:
    assert '"resolved"' not in (ROOT / "package-lock.json").read_text("utf-8")


def test_the_tarball_holds_what_n8n_loads_and_nothing_else(unpacked: Path, package: dict[str, Any]) -> None:
    files = {path.relative_to(unpacked).as_posix() for path in unpacked.rglob("*") if path.is_file()}

    assert {*package["n8n"]["nodes"], *package["n8n"]["credentials"]} <= files
    assert {path.split("/")[0] for path in files} <= {
        "dist",
        "templates",
        "package.json",
        "README.md",
        "LICENSE",
    }
    assert {Path(path).suffix for path in files} <= {".js", ".json", ".svg", ".md", ""}


def test_python_and_npm_package_have_the_same_version(package: dict[str, Any]) -> None:
    assert f'version = "{package["version"]}"' in (ROOT / "pyproject.toml").read_text("utf-8")


def test_the_hand_written_runtime_stays_small() -> None:
    files = (ROOT / "nodes/n8n/runtime").glob("*.ts")

    assert sum(len(path.read_text("utf-8").splitlines()) for path in files) <= 530
