"""How the Python interpreter of a runner is set, so that it neither stops for long nor works for nothing."""

import gc
import sys


def tune() -> None:
    """Once everything is imported and started.

    Else each full collection looks through all that was imported: 45 ms in the simulator (measured), a gap in the audio;
    and rows that stream through, which hold no cycles, cost a fifth more (measured).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)
    # a thread that parses a page gives the loop its turn within a millisecond (architecture 4)
    sys.setswitchinterval(0.001)
