"""A copy of the descriptors that a test may spoil."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from codegen.findings import Faulty
from codegen.main import made

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Copy:
    """A folder with node_descriptors/ and package.json; the Python models stay the real ones."""

    root: Path

    def edit(self, file: str, change: Callable[[dict[str, Any]], Any]) -> None:
        """Reads a JSON file below node_descriptors/, lets `change` alter it, writes it."""
        path = self.root / "node_descriptors" / file
        content = json.loads(path.read_text("utf-8"))
        change(content)
        path.write_text(json.dumps(content), "utf-8")

    def generate(self) -> dict[Path, str]:
        """All generated files. Raises Faulty."""
        return made(self.root)

    def faults(self) -> list[str]:
        """What the generator says, line by line; empty when all is well."""
        try:
            self.generate()
        except Faulty as faulty:
            return [str(finding) for finding in faulty.findings]
        return []


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    """The project's own descriptors, in a folder of their own."""
    shutil.copytree(ROOT / "node_descriptors", tmp_path / "node_descriptors")
    shutil.copy(ROOT / "package.json", tmp_path)
    return Copy(tmp_path)
