"""Python's garbage collector, kept from stopping the sound: a look through all objects of a thousand calls takes 50 ms."""

import asyncio
import gc

from threecx_simulator.audio.desk import Desk

_NEVER = 1_000_000  # collections of the middle generation before one of the oldest
_LOOK_S = 5.0
_LONGEST_S = (
    600.0  # seconds of uninterrupted sound after which the oldest generation is looked through all the same
)


async def collect_in_pauses(desk: Desk) -> None:
    """Look through the oldest generation only while nobody streams, or else every ten minutes. Until cancelled.

    What exists by now (mostly modules) stays for good. The young generations, whose turn takes a millisecond, go on.
    """
    loop = asyncio.get_running_loop()
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*before[:2], _NEVER)
    collected = loop.time()
    try:
        while True:
            await asyncio.sleep(_LOOK_S)
            if not any(desk.open_streams()) or loop.time() - collected > _LONGEST_S:
                gc.collect()
                collected = loop.time()
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
