"""Waiting for a call's next change, and asking the PBX again: a caller is not lost because it failed once."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta

from threecx_pbx.calls.model import Call, CallId
from threecx_pbx.errors import ThreeCxError
from threecx_pbx.session import PbxSession
from threecx_pbx.watching import backoff

log = logging.getLogger(__name__)


async def insist(
    session: PbxSession,
    id_: CallId,
    ask: Callable[[Call], Awaitable[object]],
    open_: Callable[[Call], bool],
    worth: Callable[[ThreeCxError], bool] = lambda _: True,
) -> None:
    """Asks, with growing pauses, for as long as `open_` says so of the call, and a refusal is `worth` another try."""
    tries = 0
    while (call := session.look(id_)) is not None and open_(call):
        try:
            await ask(call)
        except ThreeCxError as error:
            log.warning("call %s: %s", id_, error)
            if not worth(error):
                return
        with suppress(TimeoutError):
            pause = timedelta(seconds=backoff(tries))
            await session.until(id_, lambda now: True if now is None or not open_(now) else None, pause)
        tries += 1


async def changed_or_poked(session: PbxSession, id_: CallId, poke: asyncio.Event, within: timedelta) -> None:
    """Returns at the next change of the call, at the poke, or after that time."""
    before = session.look(id_)
    changed = asyncio.create_task(
        session.until(id_, lambda now: True if now is not before else None, within), name=f"change {id_}"
    )
    poked = asyncio.create_task(poke.wait(), name=f"poke {id_}")
    try:
        await asyncio.wait((changed, poked), return_when=asyncio.FIRST_COMPLETED)
    finally:
        poked.cancel()
        changed.cancel()
        await asyncio.gather(changed, poked, return_exceptions=True)
