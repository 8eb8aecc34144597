"""The promises: each has an id in tests/requirements.json, and a test that proves it bears `@pytest.mark.proves(id)`."""

import ast
import json
from collections.abc import Iterator
from pathlib import Path

from lab.bootstrap import ROOT

TESTS = ROOT / "tests"
UNPROVEN = TESTS / "unproven.txt"


def promised() -> list[str]:
    """Every id, in the order of the file."""
    return [row["id"] for row in json.loads((TESTS / "requirements.json").read_text())]


def proven() -> dict[str, list[Path]]:
    """Id → the test files that claim to prove it; read from the source, nothing is imported."""
    found: dict[str, list[Path]] = {}
    for path in sorted(TESTS.rglob("test_*.py")):
        for identifier in _claims(ast.parse(path.read_text(), str(path))):
            found.setdefault(identifier, []).append(path.relative_to(ROOT))
    return found


def unproven() -> list[str]:
    """The promises without a test, in the order of the file."""
    done = proven()
    return [identifier for identifier in promised() if identifier not in done]


def findings() -> list[str]:
    """One sentence for each thing that is wrong; empty when all is well."""
    known = set(promised())
    wrong = [
        f"{paths[0]} proves {identifier!r}, which tests/requirements.json does not promise"
        for identifier, paths in proven().items()
        if identifier not in known
    ]
    if listed() != unproven():
        wrong.append(
            "tests/unproven.txt is not the list of the unproven promises; write it with: scripts/check --unproven"
        )
    return wrong


def listed() -> list[str]:
    """What tests/unproven.txt says."""
    return UNPROVEN.read_text().split() if UNPROVEN.exists() else []


def write_unproven() -> int:
    """Writes tests/unproven.txt; the number of promises in it."""
    left = unproven()
    UNPROVEN.write_text("".join(f"{identifier}\n" for identifier in left))
    return len(left)


def _claims(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "proves":
            yield from (
                part.value
                for part in node.args
                if isinstance(part, ast.Constant) and isinstance(part.value, str)
            )
