"""scripts/check: every rule of the project that a machine can check, one line for each, all of them even when one fails."""

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from lab.bootstrap import ROOT
from lab.commands import CommandFailed, ToolMissing, run
from lab.package import NpmPackage
from lab.requirements import Promises
from lab.steps import Steps

_PROMISES = Promises(ROOT / "tests")
_TYPING = ROOT / "build" / "typing"
_RENAMED = {"threecx_nodes": "nodes", "threecx_credentials": "credentials"}
_CODE = ("src", "nodes", "credentials", "scripts/lab", "scripts/codegen", "tests", "setup.py")


@dataclass(frozen=True)
class Rule:
    """One check. `look` gives what is wrong, "" when nothing is; `about` are the path endings that can break it."""

    name: str
    look: Callable[[Sequence[str]], str]
    about: tuple[str, ...]


def _places() -> list[str]:
    return [path for path in _CODE if (ROOT / path).exists()]


def _ruff(*argv: str) -> Callable[[Sequence[str]], str]:
    """ruff over the changed files, or over all."""

    def look(changed: Sequence[str]) -> str:
        files = [path for path in changed if path.endswith(".py")] or _places()
        return _words([sys.executable, "-m", "ruff", *argv, "--force-exclude", *files])

    return look


def _mypy(_changed: Sequence[str]) -> str:
    """Strict over everything; nodes/ and credentials/ are seen under their import names through links."""
    _TYPING.mkdir(parents=True, exist_ok=True)
    for name, folder in _RENAMED.items():
        link = _TYPING / name
        if not link.is_symlink():
            link.symlink_to(ROOT / folder, target_is_directory=True)
    places = [path for path in _places() if path not in _RENAMED.values()]
    env = {"MYPYPATH": f"src:{_TYPING.relative_to(ROOT)}:scripts"}
    return _words([sys.executable, "-m", "mypy", *places, *(str(_TYPING / name) for name in _RENAMED)], env)


def _imports(_changed: Sequence[str]) -> str:
    return _words([str(Path(sys.executable).with_name("lint-imports")), "--no-cache"])


def _generated(_changed: Sequence[str]) -> str:
    return _words([str(ROOT / "scripts" / "generate"), "--check"])


def _n8n_lint(_changed: Sequence[str]) -> str:
    try:
        NpmPackage.of_checkout(Steps()).lint()
    except (CommandFailed, ToolMissing) as error:
        return str(error)
    return ""


def _promises(_changed: Sequence[str]) -> str:
    return "\n".join(_PROMISES.findings())


_RULES = (
    Rule(
        "formatting (ruff format)", _ruff("format", "--check", "-q", "--output-format", "concise"), (".py",)
    ),
    Rule("lint (ruff)", _ruff("check", "-q", "--output-format", "concise"), (".py", "pyproject.toml")),
    Rule("types (mypy --strict)", _mypy, (".py", "pyproject.toml")),
    Rule("imports point one way (import-linter)", _imports, (".py", "pyproject.toml")),
    Rule("generated files are fresh", _generated, (".py", ".json", ".svg", ".ts", ".md")),
    Rule(
        "n8n's strict lint (n8n-node lint)", _n8n_lint, (".ts", "package.json", "package-lock.json", ".mjs")
    ),
    Rule("promises and their proofs", _promises, (".py", "requirements.json", "unproven.txt")),
)


def _words(argv: Sequence[str], env: dict[str, str] | None = None) -> str:
    """What a tool says when it is not content (the first 40 lines); "" when it is."""
    done = subprocess.run(
        argv, cwd=ROOT, env={**os.environ, **(env or {})}, capture_output=True, text=True, check=False
    )
    if not done.returncode:
        return ""
    lines = (done.stdout + done.stderr).strip().splitlines() or [f"status {done.returncode}"]
    return "\n".join([*lines[:40], f"… and {len(lines) - 40} more lines"] if len(lines) > 41 else lines)


def changed_files() -> list[str]:
    """What differs from the last commit; when nothing does, what the last commit changed. Deleted files are left out."""
    git = ["git", "-c", "core.quotePath=false"]
    open_work = run([*git, "diff", "--name-only", "HEAD"], cwd=ROOT, env=os.environ)
    open_work += run([*git, "ls-files", "--others", "--exclude-standard"], cwd=ROOT, env=os.environ)
    last = (
        "" if open_work else run([*git, "show", "--name-only", "--format=", "HEAD"], cwd=ROOT, env=os.environ)
    )
    return sorted({path for path in (open_work + last).splitlines() if (ROOT / path).is_file()})


def check(
    changed: Annotated[
        bool, typer.Option("--changed", help="Only what the changed files can have broken.")
    ] = False,
    unproven: Annotated[
        bool, typer.Option("--unproven", help="Write tests/unproven.txt anew, and nothing else.")
    ] = False,
) -> None:
    """Checks style, types, imports, generated files, n8n's lint and the promises."""
    if unproven:
        _PROMISES.write_unproven()
        return
    files = changed_files() if changed else []
    rules = [rule for rule in _RULES if not changed or any(path.endswith(rule.about) for path in files)]
    failed = [rule.name for rule in rules if not _passes(rule, files)]
    left = len(_PROMISES.unproven())
    print(f"Promises without a test: {left} of {len(_PROMISES.promised())}, listed in tests/unproven.txt.")
    if failed:
        sys.exit(f"Not in order: {', '.join(failed)}.")


def _passes(rule: Rule, files: Sequence[str]) -> bool:
    wrong = rule.look(files)
    print(f"{'✘' if wrong else '✔'} {rule.name}", flush=True)
    if wrong:
        print("    " + wrong.replace("\n", "\n    "), flush=True)
    return not wrong


def main() -> None:
    """Entry of scripts/check."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(check)
    app()
