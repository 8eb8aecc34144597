"""scripts/test: what CI runs. First the fast tests, then the same promises end to end on a real n8n."""

import os
import shutil
import subprocess
import sys
from typing import Annotated

import typer

from lab.bootstrap import ROOT, stop
from lab.commands import CommandFailed, ToolMissing, run
from lab.n8n_install import N8N_1, get_n8n
from lab.package import NpmPackage
from lab.steps import Steps

_SOME_FAILED, _NONE_COLLECTED = 1, 5
"""pytest's exit statuses."""
_FAST = "not n8n and not packaging and not profiles and not long"
_N8N = "(n8n or packaging) and not profiles and not long"
_PROFILES = "profiles and not n8n and not long"
_LONG = "long and not n8n and not packaging"
_LONG_N8N = "n8n or packaging"
# tests wait for sockets and sound more than they compute; those on n8n share one n8n
_SPREAD = {
    mark: ["-n", "4", "--dist", how]
    for mark, how in ((_FAST, "loadfile"), (_PROFILES, "load"), (_LONG, "load"))
}


def run_tests(
    context: typer.Context,
    fast: Annotated[bool, typer.Option("--fast", help="Without n8n: at most 8 minutes.")] = False,
    long: Annotated[bool, typer.Option("--long", help="Everything, soak tests included.")] = False,
) -> None:
    """Runs the tests; further arguments go to pytest (for example a path, or -k)."""
    steps = Steps()
    try:
        env = _prepare(steps, with_n8n=not fast)
    except (CommandFailed, ToolMissing) as error:
        stop(str(error))
    marks = [_FAST] if fast else [_FAST, _PROFILES, *((_LONG, _LONG_N8N) if long else (_N8N,))]
    results = [_pytest(marked, [*_SPREAD.get(marked, []), *context.args], env) for marked in marks]
    sys.exit(max(results))


def _prepare(steps: Steps, *, with_n8n: bool) -> dict[str, str]:
    """The tools that tests use, as the environment for pytest: Node first in PATH."""
    package = NpmPackage.of_checkout(steps)
    package.build()
    if with_n8n:
        package.tarball()
        get_n8n(steps)
        get_n8n(steps, N8N_1)
        _get_chromium(steps)
    return package.node.environment()


def _get_chromium(steps: Steps) -> None:
    """Debian's, where we may install it; without a browser its tests say why they did not run."""
    if shutil.which("chromium") or not shutil.which("apt-get") or os.geteuid() != 0:
        return
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        with steps.step("Installing Debian's Chromium for the editor tests"):
            run(["apt-get", "update", "-qq"], cwd=ROOT, env=quiet)
            run(
                ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"],
                cwd=ROOT,
                env=quiet,
            )
    except CommandFailed as error:
        steps.say(f"Chromium could not be installed: {error}")


def _pytest(marked: str, more: list[str], env: dict[str, str]) -> int:
    """pytest's exit status; "no test collected" (5) counts as success, a path may hold tests of one kind only.

    What failed is tried once more, one test after another: sound and care have real seconds in them, and on a machine
    that is busy with something else those run late. Both runs are printed; a fault fails in both.
    """
    print(f"— pytest -m '{marked}'", file=sys.stderr, flush=True)
    status = _run_pytest(["-m", marked, *more], env)
    if status == _SOME_FAILED:
        print("— what failed is tried once more, by itself", file=sys.stderr, flush=True)
        status = _run_pytest(["-m", marked, "--last-failed", "--last-failed-no-failures", "none"], env)
    return 0 if status == _NONE_COLLECTED else status


def _run_pytest(options: list[str], env: dict[str, str]) -> int:
    command = [sys.executable, "-m", "pytest", "--tb=short", *options]
    return subprocess.run(command, cwd=ROOT, env=env, check=False).returncode


def main() -> None:
    """Entry of scripts/test."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(run_tests)
    app()
