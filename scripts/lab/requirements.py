"""The promises: each has an id in requirements.json, and a test that proves it bears `@pytest.mark.proves(id)`."""

import ast
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Promises:
    """Those of one folder of tests, which holds requirements.json and, beside it, unproven.txt."""

    tests: Path

    def promised(self) -> list[str]:
        """Every id, in the order of the file."""
        return [row["id"] for row in json.loads((self.tests / "requirements.json").read_text())]

    def proven(self) -> dict[str, list[Path]]:
        """Id → the test files that claim to prove it; read from the source, nothing is imported."""
        found: dict[str, list[Path]] = {}
        for path in sorted(self.tests.rglob("test_*.py")):
            for identifier in _claims(ast.parse(path.read_text(), str(path))):
                found.setdefault(identifier, []).append(path.relative_to(self.tests))
        return found

    def unproven(self) -> list[str]:
        """The promises without a test, in the order of the file."""
        done = self.proven()
        return [identifier for identifier in self.promised() if identifier not in done]

    def findings(self) -> list[str]:
        """One sentence for each thing that is wrong; empty when all is well."""
        known = set(self.promised())
        wrong = [
            f"tests/{paths[0]} proves {identifier!r}, which tests/requirements.json does not promise"
            for identifier, paths in self.proven().items()
            if identifier not in known
        ]
        if self._listed() != self.unproven():
            wrong.append("tests/unproven.txt is stale; write it anew with: scripts/check --unproven")
        return wrong

    def write_unproven(self) -> None:
        """Writes unproven.txt."""
        self._list.write_text("".join(f"{identifier}\n" for identifier in self.unproven()))

    @property
    def _list(self) -> Path:
        return self.tests / "unproven.txt"

    def _listed(self) -> list[str]:
        return self._list.read_text().split() if self._list.exists() else []


def _claims(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "proves":
            for part in node.args:
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    yield part.value
