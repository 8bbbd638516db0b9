"""How likely each promise of a route is to be missed, and when somebody will be there.

The rest of the day is driven some hundred times with times on site drawn between short and long
(log-normal through p50 and p80 of each visit). The same route and seed give the same answer. Not
for planning: plans use p50 and are judged by their limits.
"""

from dataclasses import dataclass, replace
from math import exp, log
from random import Random

from helpdesk.field_service import timing
from helpdesk.field_service.durations import Z80
from helpdesk.field_service.plan import Job, Route, Travel

DRAWS = 200
AT_RISK = 0.3


@dataclass(frozen=True, slots=True)
class Risk:
    """One stop: the chance that its window is missed, and its arrival at p50 and p90."""

    job_id: str
    promised: bool
    missed: float
    arrives_p50: int
    arrives_p90: int

    @property
    def at_risk(self) -> bool:
        """Whether somebody should look at it."""
        return self.promised and self.missed >= AT_RISK


def risks(route: Route, travel: Travel, seed: int = 1, draws: int = DRAWS) -> tuple[Risk, ...]:
    """Every stop of a route, in order. A shift that overruns is no miss; a late start is."""
    if not route.jobs:
        return ()
    rng = Random(seed)
    arrivals: list[list[int]] = [[] for _ in route.jobs]
    missed = [0] * len(route.jobs)
    free = _without_limits(route)
    for _ in range(draws):
        drawn = free.with_jobs([replace(job, duration_s=_drawn(rng, job)) for job in free.jobs])
        for n, stop in enumerate(timing.schedule(drawn, travel)):
            arrivals[n].append(stop.arrives)
            missed[n] += stop.starts > route.jobs[n].latest
    return tuple(
        _told(job, sorted(arrivals[n]), missed[n] / draws) for n, job in enumerate(route.jobs)
    )


def _told(job: Job, arrivals: list[int], missed: float) -> Risk:
    p50, p90 = arrivals[len(arrivals) // 2], arrivals[len(arrivals) * 9 // 10]
    return Risk(job.id, job.promised, missed, p50, p90)


def _without_limits(route: Route) -> Route:
    """Nothing is refused for being late here; earliest starts still make people wait."""
    shift = replace(route.shift, may_overrun_s=7 * 86_400)
    jobs = [replace(job, latest=max(job.latest, shift.last_end)) for job in route.jobs]
    return Route(shift, tuple(jobs), route.frozen)


def _drawn(rng: Random, job: Job) -> int:
    """A time on site: half of them above p50, a fifth above p80."""
    if job.extra_s <= 0 or job.duration_s <= 0:
        return job.duration_s
    wide = log((job.duration_s + job.extra_s) / job.duration_s) / Z80
    return round(job.duration_s * exp(rng.gauss(0, wide)))
