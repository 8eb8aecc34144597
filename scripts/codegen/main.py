"""scripts/generate [--check]: writes the generated files, or says which of them are stale."""

import sys
from collections.abc import Mapping
from pathlib import Path

from codegen.findings import Faulty
from codegen.generated import generated
from codegen.load import load
from codegen.product import product
from codegen.rules import check

OWNED = (
    "nodes/n8n/ThreeCx*/**/*",
    "nodes/n8n/generated/*",
    "credentials/*.ts",
    "credentials/*.svg",
    "docs/operations/**/*",
    "docs/errors/*",
)
"""Where a file that nothing generates is left over."""


def main() -> None:
    """Exit status 1 when the descriptors are faulty or, with --check, when a file is stale."""
    run(Path(__file__).resolve().parents[2], check_only="--check" in sys.argv[1:])


def run(root: Path, *, check_only: bool) -> None:
    """Writes what is stale below `root`, or says so. Raises SystemExit with the reason."""
    try:
        wanted = made(root)
    except Faulty as faulty:
        sys.exit(f"{faulty}\n{len(faulty.findings)} faults; nothing generated")
    stale = _stale(root, wanted)
    if check_only:
        if stale:
            sys.exit(f"stale: {', '.join(map(str, stale))}\nrun: scripts/generate")
        return
    for path in stale:
        _write(root / path, wanted.get(path))
    print(f"{len(wanted)} generated files, {len(stale)} changed")


def made(root: Path) -> dict[Path, str]:
    """What the descriptors and models of `root` give. Raises Faulty."""
    joined = product(load(root / "node_descriptors"))
    findings = check(joined, root)
    if findings:
        raise Faulty(findings)
    return generated(joined, root)


def _stale(root: Path, wanted: Mapping[Path, str]) -> list[Path]:
    there = {found.relative_to(root) for pattern in OWNED for found in root.glob(pattern) if found.is_file()}
    differ = [path for path, content in wanted.items() if _read(root / path) != content]
    return sorted([*differ, *(there - wanted.keys())])


def _read(path: Path) -> str | None:
    return path.read_text("utf-8") if path.is_file() else None


def _write(path: Path, content: str | None) -> None:
    if content is None:
        path.unlink()
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, "utf-8")
