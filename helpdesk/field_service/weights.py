"""What a plan costs, as data: everything is told in seconds of driving.

Not for prices in money, and not for what must never be: that is `checking`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from helpdesk.field_service.plan import Job

HOUR = 3600


@dataclass(frozen=True, slots=True)
class Weights:
    """Each figure says how many seconds of driving something is worth.

    `unplanned` by priority (1 is the most urgent); a promise left out costs `promise` on top.
    `late` and `overtime` for each second after a soft limit or a shift's end; `technician` and
    `time` for a visit that gets another technician, or a start more than `tolerance_s` away from
    the one it had; `stranger` for one that goes to another than it prefers.
    """

    unplanned: Mapping[int, int] = field(
        default_factory=lambda: {1: 40 * HOUR, 2: 20 * HOUR, 3: 10 * HOUR, 4: 6 * HOUR, 5: 4 * HOUR}
    )
    promise: int = 1000 * HOUR
    travel: int = 1
    late: int = 2
    overtime: int = 2
    technician: int = 0
    time: int = 0
    tolerance_s: int = 1800
    stranger: int = 900

    def left_out(self, job: Job) -> int:
        """What it costs to leave a job unplanned."""
        base = self.unplanned.get(job.priority, self.unplanned[3])
        return base + self.promise * job.promised


DEFAULT = Weights()
STEADY = Weights(technician=1800, time=900)  # a day that has been told to people
