"""Numbers of a bench, and the simulator's own punctuality, without which a number says nothing."""

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from lab.simulator import Simulator

_LATE_MS = 50.0


class BenchFailed(Exception):
    """What was to be measured did not work."""


class SimulatorLate(Exception):
    """The simulator was itself late, so there is no figure."""


def percentile(samples: Sequence[float], part: float) -> float:
    """The smallest sample that `part` (0 to 1) of all do not exceed."""
    ordered = sorted(samples)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def rounded(value: float) -> float:
    """One decimal: finer differences are noise here."""
    return round(value, 1)


def median(samples: Sequence[float]) -> float:
    """Middle of the samples."""
    return statistics.median(samples)


@dataclass
class Punctuality:
    """Asks the simulator something trivial now and then; when that takes long, the machine or the simulator is overloaded."""

    simulator: Simulator
    took_ms: list[float] = field(default_factory=list)

    def look(self) -> None:
        """One probe."""
        began = time.monotonic()
        self.simulator.health()
        self.took_ms.append((time.monotonic() - began) * 1000)

    def demand(self) -> None:
        """Raises SimulatorLate when more than one probe in ten was slow."""
        worst = percentile(self.took_ms, 0.9)
        if worst > _LATE_MS:
            raise SimulatorLate(
                f"The simulator took {worst:.0f} ms for a trivial question: no figure on such a busy machine."
            )
