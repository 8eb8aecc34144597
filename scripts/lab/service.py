"""A program that runs beside the script, as a real process with a log file, and is ended with everything it started."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from lab.waiting import NeverCame, wait_for

T = TypeVar("T")


class ServiceDied(Exception):
    """A program ended by itself; the text has the end of its log."""


class Service:
    """One running program. It has a process group of its own: a Ctrl-C in the terminal reaches only the script, which ends it."""

    def __init__(self, name: str, argv: Sequence[str | Path], *, env: Mapping[str, str], log: Path) -> None:
        self.name = name
        self.log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                argv,
                env=dict(env),
                cwd=log.parent,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """The process, for measurements."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the program still runs."""
        return self._process.poll() is None

    def wait_ready(self, look: Callable[[], T | None], *, within_s: float) -> T:
        """The first answer of `look`.

        Raises:
            ServiceDied: the program ended before.
            NeverCame: it runs but was not ready in time.
        """

        def look_alive() -> T | None:
            if not self.alive:
                raise ServiceDied(f"{self.name} ended by itself. The end of its log:\n{self.last_words()}")
            return look()

        try:
            return wait_for(look_alive, f"{self.name} ready", within_s=within_s)
        except NeverCame as error:
            raise NeverCame(f"{error}. The end of its log:\n{self.last_words()}") from error

    def last_words(self, lines: int = 20) -> str:
        """The end of the log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def stop(self, within_s: float = 15) -> None:
        """Asks the program to end; what is still there after `within_s` is killed."""
        if self.alive:
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(within_s)
        self.kill()

    def kill(self) -> None:
        """kill -9 for the program and its children, as a power cut would do."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
