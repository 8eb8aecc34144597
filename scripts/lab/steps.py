"""Progress for the person who waits: one line per step, with its time; on stderr, so that stdout stays for results."""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from rich.console import Console
from rich.markup import escape


@dataclass
class Steps:
    """Shows a spinner on a terminal; in a log each finished step is one line."""

    console: Console = field(default_factory=lambda: Console(stderr=True, highlight=False))

    @contextlib.contextmanager
    def step(self, doing: str) -> Iterator[None]:
        """Names what is being done while it is done, then how long it took; an exception passes through."""
        began = time.monotonic()
        text = escape(doing)
        if not self.console.is_terminal:
            self.console.print(f"  … {text}")
        with self.console.status(text):
            try:
                yield
            except BaseException:
                self.console.print(f"[red]  ✘[/] {text}")
                raise
        self.console.print(f"[green]  ✔[/] {text} [dim]{time.monotonic() - began:.1f} s[/]")

    def say(self, text: str) -> None:
        """A line between the steps; rich markup is understood."""
        self.console.print(text)
