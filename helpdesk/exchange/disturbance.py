"""Bad weather on the line to the customer: callbacks that come twice, late, swapped or not at all.

Seeded, so that a run can be had again. Touches only callbacks; requests for TwiML are never lost,
since the caller stands there and waits.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random


@dataclass(slots=True)
class Disturbance:
    """Chances from 0 to 1. `late` is the longest delay in seconds of a delayed callback."""

    duplicated: float = 0.0
    delayed: float = 0.0
    reordered: float = 0.0
    dropped: float = 0.0
    late: float = 30.0
    seed: int = 0
    _random: Random = field(init=False)

    def __post_init__(self) -> None:
        self._random = Random(self.seed)

    def deliveries(self) -> list[float]:
        """After how many seconds each copy of the next callback leaves; empty: never.

        A swap is a short delay: long enough for the next event of a call to overtake.
        """
        if self._random.random() < self.dropped:
            return []
        copies = 2 if self._random.random() < self.duplicated else 1
        return [self._wait() for _ in range(copies)]

    def _wait(self) -> float:
        wait = 0.0
        if self._random.random() < self.reordered:
            wait += self._random.uniform(0.1, 3.0)
        if self._random.random() < self.delayed:
            wait += self._random.uniform(1.0, max(1.0, self.late))
        return round(wait, 3)
