"""Runs a tool to its end; when it fails, its last words are in the error."""

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path


class CommandFailed(Exception):
    """A tool ended with another status than 0; the text is for the person who started the script."""


class ToolMissing(Exception):
    """The machine lacks a tool; the text says which and how to get it."""


def run(argv: Sequence[str | Path], *, cwd: Path, env: Mapping[str, str], within_s: float = 1800) -> str:
    """Stdout of a command that succeeded.

    Raises:
        CommandFailed: it did not, or took longer than `within_s`.
    """
    try:
        done = subprocess.run(
            argv, cwd=cwd, env=dict(env), text=True, capture_output=True, check=False, timeout=within_s
        )
    except subprocess.TimeoutExpired as error:
        raise CommandFailed(f"{_name(argv)} took longer than {within_s:.0f} s.") from error
    if done.returncode:
        words = "\n".join((done.stdout + done.stderr).strip().splitlines()[-25:])
        raise CommandFailed(f"{_name(argv)} ended with status {done.returncode}. Its last words:\n{words}")
    return done.stdout


def demand(tools: Mapping[str, str]) -> None:
    """Checks that each tool (name → how to get it) is in PATH.

    Raises:
        ToolMissing: naming all that are not.
    """
    absent = [f"{tool} ({remedy})" for tool, remedy in tools.items() if shutil.which(tool) is None]
    if absent:
        raise ToolMissing("This machine lacks " + ", ".join(absent) + ".")


def _name(argv: Sequence[str | Path]) -> str:
    return " ".join([Path(argv[0]).name, *(str(word) for word in argv[1:3])])
