"""The XAPI by itself, for programs that read the PBX and touch no call."""

from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

from threecx_pbx.account import Account
from threecx_pbx.auth import Tokens
from threecx_pbx.clock import Clock, SystemClock
from threecx_pbx.transport.blocking import Blocking
from threecx_pbx.xapi.client import Xapi

_THREADS = 4


@asynccontextmanager
async def opened_xapi(account: Account, clock: Clock | None = None) -> AsyncIterator[Xapi]:
    """A client with connections and threads of its own until left; it logs in when first asked something.

    One login has one live token (api.md 1.2): beside a running session of the same client use that session's `xapi`.
    """
    clock = clock or SystemClock()
    executor = ThreadPoolExecutor(_THREADS, thread_name_prefix="xapi")
    wire = Blocking(account, executor)
    try:
        yield Xapi(wire, Tokens(account, wire, clock), clock)
    finally:
        await wire.close()
        executor.shutdown(
            wait=False, cancel_futures=True
        )  # a thread may be in a request that nobody waits for
