"""n8n itself, one pinned version from npm, kept in the user's cache folder.

Install scripts are off because several of n8n's optional parts fetch binaries from elsewhere and one of them ends the whole
install; n8n runs without them. The two native modules it needs are built afterwards: sqlite3 from source (hence the C++
compiler), isolated-vm, which brings its binary along.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from lab.cache import made_once
from lab.commands import demand, run
from lab.node import VERSION as NODE_VERSION
from lab.node import Node, get_node
from lab.steps import Steps

VERSION = "2.41.1"  # 2.41.3 names a dependency that npm cannot find
N8N_1 = "1.123.81"
_ELSEWHERE = {"xlsx": "0.18.5"}
"""n8n 1 takes these from hosts that are no registries; npm has them as well."""
_COMPILER = {"g++": "apt-get install build-essential", "make": "apt-get install build-essential"}


@dataclass(frozen=True)
class N8nInstall:
    """The program, and the Node that its native modules were built for."""

    program: Path
    node: Node


def get_n8n(steps: Steps, version: str = VERSION) -> N8nInstall:
    """From the cache, else installed (4 to 5 minutes, 3 GB; n8n 1 a little less).

    Raises:
        ToolMissing: npm or the C++ compiler is not there.
        CommandFailed: npm could not do it.
    """
    node = get_node(steps)
    home = made_once(
        f"n8n-{version}-node-{NODE_VERSION}", lambda folder: _install(folder, node, steps, version), steps
    )
    return N8nInstall(home / "node_modules" / ".bin" / "n8n", node)


def _install(folder: Path, node: Node, steps: Steps, version: str) -> None:
    demand(_COMPILER)
    overrides = {"overrides": _ELSEWHERE} if version == N8N_1 else {}
    (folder / "package.json").write_text(json.dumps({"name": "n8n-lab", "private": True, **overrides}))
    env = node.environment()
    with steps.step(f"Installing n8n {version} from npm (about 3 minutes, 3 GB, once)"):
        flags = ["--ignore-scripts", "--no-audit", "--no-fund"]
        run([node.npm, "install", f"n8n@{version}", *flags], cwd=folder, env=env)
    with steps.step("Building its SQLite module (about a minute, once)"):
        from_source = {**env, "npm_config_build_from_source": "true"}
        run([node.npm, "rebuild", "sqlite3"], cwd=folder, env=from_source)
        run([node.npm, "rebuild", "isolated-vm"], cwd=folder, env=env)
        run([node.executable, "-e", 'require("sqlite3"); require("isolated-vm")'], cwd=folder, env=env)
