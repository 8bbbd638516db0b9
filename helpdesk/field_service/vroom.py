"""VROOM behind the solver's port: quick plans from scratch by the package pyvroom.

It knows skills as yes or no, parts as capacity, breaks, windows and priorities. Crews, what waits
for something else, and stops that may not move stay where they are: their routes are left alone or,
where a single stop is held, the shift is not handed over. It can't be stopped in between, so the
level of its search is chosen by the time there is. The package is loaded where it is used: whoever
plans in a child process pays for it there. Not for judging what it answers (`checking`).
"""

import importlib.util
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from helpdesk.field_service import fitting, timing
from helpdesk.field_service.plan import Job, Place, Plan, Route

LEVELS = ((6.0, 5), (2.0, 3), (0.7, 1))  # seconds for 100 stops on one core, and its search level
STOPS = 100


def is_here() -> bool:
    """Whether the package is installed."""
    return importlib.util.find_spec("vroom") is not None


@dataclass(frozen=True, slots=True)
class Vroom:
    """The adapter. `threads` is how many cores it may use."""

    threads: int = 1

    def solve(
        self, plan: Plan, places: Sequence[Place], table: Sequence[Sequence[int]], seconds: float
    ) -> Plan:
        task = _Task(plan, {place: n for n, place in enumerate(places)})
        if not task.jobs or not task.routes:
            return plan
        return task.answered(task.asked(table).solve(task.level(seconds), self.threads))


class _Task:
    """One question to VROOM, and the way back from its answer."""

    def __init__(self, plan: Plan, numbers: Mapping[Place, int]) -> None:
        self.plan, self.numbers = plan, numbers
        awaited = {one for job in plan.jobs().values() for one in job.after}
        self.routes = [r for _, r in sorted(plan.routes.items()) if _free(r, awaited)]
        free = {job.id: job for route in self.routes for job in route.jobs}
        left = {job.id: job for job in plan.unplanned if _alone(job, awaited)}
        self.jobs = [job for _, job in sorted({**free, **left}.items())]
        self.parts = sorted({part for job in self.jobs for part in job.parts})
        self.start = min((route.shift.leaves for route in self.routes), default=0)

    def level(self, seconds: float) -> int:
        """The deepest search that fits into the time."""
        size = max(len(self.jobs) / STOPS, 0.2) ** 2
        return next((level for took, level in LEVELS if took * size <= seconds), 0)

    def asked(self, table: Sequence[Sequence[int]]) -> Any:
        import numpy as np  # noqa: PLC0415  only who plans pays for it
        import vroom  # noqa: PLC0415  only who plans pays for it

        task = vroom.Input()
        task.set_durations_matrix("car", np.array(table, dtype=np.uint32))
        for n, route in enumerate(self.routes):
            task.add_vehicle(self._vehicle(vroom, n, route))
        for n, job in enumerate(self.jobs):
            task.add_job(self._job(vroom, n, job))
        return task

    def _vehicle(self, vroom: Any, n: int, route: Route) -> Any:
        shift = route.shift
        breaks = [
            vroom.Break(k, [self._span(vroom, b.earliest, b.latest)], service=b.duration_s)
            for k, b in enumerate(timing.breaks_ahead(shift))
        ]
        return vroom.Vehicle(
            n,
            start=self.numbers[shift.origin],
            end=self.numbers[shift.end],
            capacity=[shift.parts.get(part, 0) for part in self.parts],
            skills={m for m, job in enumerate(self.jobs) if fitting.misfit(shift, job) is None},
            time_window=self._span(vroom, shift.leaves, shift.last_end),
            breaks=breaks,
        )

    def _job(self, vroom: Any, n: int, job: Job) -> Any:
        """Who fits is told job by job: each asks for a skill of its own."""
        return vroom.Job(
            n,
            location=self.numbers[job.place],
            default_service=job.duration_s,
            delivery=[job.parts.get(part, 0) for part in self.parts],
            skills={n},
            priority=100 if job.promised else max(60 - 10 * job.priority, 1),
            time_windows=[self._span(vroom, job.earliest, job.latest)],
        )

    def _span(self, vroom: Any, earliest: int, latest: int) -> Any:
        """Seconds from the first start on: the solver counts in 32 bits."""
        low = min(max(earliest - self.start, 0), 10**8)
        return vroom.TimeWindow(low, max(min(latest - self.start, 10**8), low))

    def answered(self, solution: Any) -> Plan:
        """The routes of the answer; whatever it left out is unplanned."""
        stops: dict[int, list[int]] = {}
        rows = solution.routes
        for vehicle, kind, key in zip(rows["vehicle_id"], rows["type"], rows["id"], strict=True):
            if kind == "job":
                stops.setdefault(int(vehicle), []).append(int(key))
        made = [
            route.with_jobs([self.jobs[m] for m in stops.get(n, ())])
            for n, route in enumerate(self.routes)
        ]
        planned = {m for held in stops.values() for m in held}
        handed = {job.id for job in self.jobs}
        left = [job for m, job in enumerate(self.jobs) if m not in planned]
        others = [job for job in self.plan.unplanned if job.id not in handed]
        return Plan(self.plan.with_routes(*made).routes, (*others, *left))


def _alone(job: Job, awaited: set[str]) -> bool:
    return job.crew == 1 and not job.after and job.id not in awaited and job.latest >= job.earliest


def _free(route: Route, awaited: set[str]) -> bool:
    """Whether nothing in a route is held, so that all of it may be planned from scratch."""
    return not route.frozen and all(_alone(job, awaited) for job in route.jobs)
