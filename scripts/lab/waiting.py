"""Waiting for a condition with a bound and a sentence; and ports that nobody uses."""

import socket
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
_POLL_S = 0.05


class NeverCame(Exception):
    """What was waited for did not happen in time; the text says what, how long, and what was seen instead."""


def wait_for(look: Callable[[], T | None], what: str, *, within_s: float, every_s: float = _POLL_S) -> T:
    """The first result of `look` that is neither None nor False.

    Raises:
        NeverCame: after `within_s` seconds.
    """
    end = time.monotonic() + within_s
    while True:
        seen = look()
        if seen is not None and seen is not False:
            return seen
        if time.monotonic() > end:
            raise NeverCame(f"{what}: not within {within_s:g} s")
        time.sleep(every_s)


def free_port(wish: int = 0) -> int:
    """A loopback port that is free now: the wished one when it is, else any."""
    for port in (wish, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise NeverCame("no free port on 127.0.0.1")
