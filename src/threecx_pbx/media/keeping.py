"""Keeps one stream of a leg open for as long as its task lives."""

import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Protocol

from threecx_pbx.clock import Clock
from threecx_pbx.errors import AudioImpossible, PbxUnreachable, ThreeCxError
from threecx_pbx.media.wire import StreamEnd

log = logging.getLogger(__name__)

TRIES = 10
_SHORT = timedelta(seconds=1)


class Tokens(Protocol):
    """The login's one live token (api.md 1.2)."""

    async def current(self) -> str:
        """Raises ThreeCxError."""

    async def instead_of(self, refused: str) -> str:
        """Another than the one that the PBX refused. Raises ThreeCxError."""


def pause_before(tries: int) -> float:
    """Seconds before the next try: legs answer 404 or 424 for the first moments after Connected (api.md 4)."""
    return float(min(0.5, 0.05 * 2.0**tries))


async def keep_open(
    tokens: Tokens, clock: Clock, one: Callable[[str], Awaitable[StreamEnd]], lost: Callable[[], None]
) -> ThreeCxError:
    """Opens a stream with `one(token)`, again whenever it ends; returns why it cannot be had.

    `lost` is told whenever one ends: the leg may be gone.
    """
    tries = 0
    while True:
        began = clock.now()
        trouble = await _tried(tokens, one)
        if clock.now() - began > _SHORT:
            tries = 0
        elif tries == TRIES:
            return trouble
        else:
            tries += 1
            await clock.sleep(pause_before(tries - 1))
        log.debug("a stream ended: %s", trouble)
        lost()


async def _tried(tokens: Tokens, one: Callable[[str], Awaitable[StreamEnd]]) -> ThreeCxError:
    try:
        token = await tokens.current()
        end = await one(token)
        if end.refused and end.status == 401:
            await tokens.instead_of(token)
    except ThreeCxError as error:
        return error
    except OSError as error:  # TimeoutError and ssl.SSLError are among them
        return PbxUnreachable("The PBX's audio cannot be reached.").with_traceback(error.__traceback__)
    said = f" (HTTP {end.status})" if end.status else ""
    return AudioImpossible(f"3CX gives no audio for this call{said}.")
