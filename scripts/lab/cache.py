"""The user's cache folder: what is dear to make (Node, n8n) is made there once and shared by every script and checkout."""

import contextlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from filelock import FileLock, Timeout
from platformdirs import user_cache_path

from lab.steps import Steps


def cache_folder() -> Path:
    """`~/.cache/n8n-nodes-3cx-call-control` or what XDG_CACHE_HOME says."""
    return user_cache_path("n8n-nodes-3cx-call-control", ensure_exists=True)


def made_once(name: str, make: Callable[[Path], None], steps: Steps) -> Path:
    """The folder `name` of the cache; `make` fills it when it is not there.

    Whole or absent: it is filled under another name and renamed, so an interrupted run leaves nothing that looks finished.
    """
    folder = cache_folder() / name
    if folder.is_dir():
        return folder
    with _alone(cache_folder() / f"{name}.lock", steps):
        if not folder.is_dir():
            unfinished = folder.with_name(f"{name}.unfinished")
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir()
            make(unfinished)
            unfinished.rename(folder)
    return folder


@contextlib.contextmanager
def _alone(path: Path, steps: Steps) -> Iterator[None]:
    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        with steps.step("Waiting for another script that is installing the same"):
            lock.acquire()
    try:
        yield
    finally:
        lock.release()
