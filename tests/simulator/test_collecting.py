"""The garbage collector does not stop the sound of a thousand calls."""

import asyncio
import gc

from threecx_simulator import Simulator
from threecx_simulator.collecting import collect_in_pauses


async def test_the_oldest_objects_are_not_looked_through_while_it_runs_and_are_afterwards() -> None:
    before = gc.get_threshold()
    async with Simulator() as sim:
        collecting = asyncio.create_task(collect_in_pauses(sim.desk))
        await asyncio.sleep(0)
        assert gc.get_freeze_count() > 0
        assert gc.get_threshold()[2] > 1000 * before[2]
        collecting.cancel()
        await asyncio.wait({collecting})
    assert (gc.get_threshold(), gc.get_freeze_count()) == (before, 0)
