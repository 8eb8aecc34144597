"""Our npm package: its tools, its lint, its build and the tarball, each made again only when what it is made from has changed."""

import hashlib
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from lab.bootstrap import ROOT
from lab.commands import run
from lab.node import Node, get_node
from lab.steps import Steps

_BUILD = ROOT / "build"
_MANIFEST = ("package.json", "package-lock.json", ".npmrc")
_SOURCES = ("nodes/n8n/**/*", "credentials/*.ts", "templates/*.json", "tsconfig.json", "README.md", "LICENSE")


@dataclass(frozen=True)
class NpmPackage:
    """The npm package of this checkout."""

    node: Node
    steps: Steps

    @classmethod
    def of_checkout(cls, steps: Steps) -> "NpmPackage":
        """With the lab's own Node."""
        return cls(get_node(steps), steps)

    def tools(self) -> None:
        """`node_modules` as package-lock.json says (20 s)."""

        def install() -> None:
            with self.steps.step("Installing n8n's own build tools from npm"):
                flags = ["--ignore-scripts", "--no-audit", "--no-fund"]
                run([self.node.npm, "ci", *flags], cwd=ROOT, env=self.node.environment())

        _when_stale(ROOT / "node_modules" / ".made-from", _MANIFEST, install)

    def build(self) -> None:
        """`dist/` from the TypeScript shims, by n8n's own build."""
        self.tools()

        def build() -> None:
            with self.steps.step("Building the n8n package"):
                run([self.node.npm, "run", "build"], cwd=ROOT, env=self.node.environment())

        _when_stale(ROOT / "dist" / ".made-from", (*_MANIFEST, *_SOURCES), build)

    def tarball(self) -> Path:
        """The file that `npm publish` would send."""
        self.build()
        folder = _BUILD / "package"

        def pack() -> None:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            run([self.node.npm, "pack", "--pack-destination", folder], cwd=ROOT, env=self.node.environment())

        _when_stale(folder / ".made-from", (*_MANIFEST, *_SOURCES), pack)
        return next(folder.glob("*.tgz"))

    def lint(self) -> str:
        """What n8n's strict lint says; raises CommandFailed with its findings."""
        self.tools()
        return run([self.node.npm, "run", "lint"], cwd=ROOT, env=self.node.environment())


def _when_stale(stamp: Path, inputs: Iterable[str], make: Callable[[], None]) -> None:
    """Calls `make` unless the stamp says that it was done with the same inputs; two scripts at once do it once."""
    _BUILD.mkdir(exist_ok=True)
    with FileLock(_BUILD / f"{stamp.parent.name}.lock"):
        recipe = _digest(inputs)
        if stamp.is_file() and stamp.read_text() == recipe:
            return
        make()
        stamp.write_text(recipe)


def _digest(patterns: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for pattern in patterns:
        for path in sorted(ROOT.glob(pattern)):
            if path.is_file():
                digest.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return digest.hexdigest()
