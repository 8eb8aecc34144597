"""Gets any script from "some Python" into the project's own environment; only the standard library, and old syntax.

`in_environment()` makes `.venv` from pyproject.toml when it is missing or stale and then replaces this process by the same
script inside it. Whatever the machine lacks is named in one sentence with the command that adds it.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parents[2]
_VENV = ROOT / ".venv"
_PYTHON = _VENV / "bin" / "python"
_STAMP = _VENV / "made-from"
_OLDEST, _TOO_NEW = (3, 11), (3, 14)
_NAMES = ("python3.13", "python3.12", "python3.11")
_MARK = "THREECX_SCRIPT_ENVIRONMENT"


def in_environment() -> None:
    """Returns inside the environment with everything of pyproject.toml; else makes it and starts the script again in it."""
    if os.environ.get(_MARK) == _recipe() and Path(sys.prefix) == _VENV:
        del os.environ[_MARK]
        return
    with _locked(ROOT / "build" / "environment.lock"):
        if not _fresh():
            _make(_python())
    os.environ[_MARK] = _recipe()
    sys.stdout.flush()
    os.execv(_PYTHON, [str(_PYTHON), *sys.argv])  # noqa: S606 - no shell is wanted


def stop(sentence: str) -> NoReturn:
    """Ends the script with one sentence for the person who started it."""
    sys.exit(f"{Path(sys.argv[0]).name}: {sentence}")


def _python() -> str:
    """A Python that pyproject.toml allows: this one, else the first found in PATH."""
    if _OLDEST <= sys.version_info[:2] < _TOO_NEW:
        return sys.executable
    for name in _NAMES:
        found = shutil.which(name)
        if found and subprocess.run([found, "-c", ""], check=False).returncode == 0:
            return found
    stop(
        "needs Python 3.11, 3.12 or 3.13; this is {}.{}. On Debian: apt-get install python3.".format(
            *sys.version_info
        )
    )


def _recipe() -> str:
    """What the environment was made from: the two files, and the folder that the editable install points to."""
    digest = hashlib.sha256(str(ROOT).encode())
    for name in ("pyproject.toml", "setup.py"):
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def _fresh() -> bool:
    if not _STAMP.is_file() or _STAMP.read_text() != _recipe():
        return False
    return subprocess.run([_PYTHON, "-c", ""], check=False, stderr=subprocess.DEVNULL).returncode == 0


def _make(python: str) -> None:
    """Takes a minute on a new machine, seconds when pip's cache has the packages."""
    _say("Making the Python environment .venv (about a minute the first time) …")
    if not _works():
        made = subprocess.run([python, "-m", "venv", "--clear", _VENV], check=False)
        if made.returncode:
            stop("Python's venv module is missing. On Debian: apt-get install python3-venv.")
    install = [
        str(_PYTHON),
        "-m",
        "pip",
        "install",
        "-q",
        "--disable-pip-version-check",
        "-e",
        f"{ROOT}[dev]",
    ]
    done = subprocess.run(install, check=False, capture_output=True, text=True)  # setuptools warns at length
    if done.returncode:
        _say(done.stdout + done.stderr)
        stop("pip could not install the packages that pyproject.toml names; its own words are above.")
    _STAMP.write_text(_recipe())


def _works() -> bool:
    if not _PYTHON.exists():
        return False
    return (
        subprocess.run([_PYTHON, "-m", "pip", "--version"], check=False, capture_output=True).returncode == 0
    )


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Two scripts at once: the second waits until the first has made the environment."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
