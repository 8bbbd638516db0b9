"""A plan and its travel as whole numbers in lists, for searching through thousands of plans.

Jobs, shifts and places become indexes. Not for a few insertions: `board` serves those.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from helpdesk.field_service import fitting, timing
from helpdesk.field_service.plan import Job, Place, Plan, Travel
from helpdesk.field_service.travel import EVEN, Bands, Paced
from helpdesk.field_service.weights import Weights


class IndexLegs:
    """Drives between numbered places, at the pace of the hour."""

    def __init__(self, work: Sequence[Sequence[int]], bands: Bands) -> None:
        self.work, self.bands = work, bands

    def go(self, a: int, b: int, at: int) -> int:
        return self.bands.after(at, self.work[a][b])

    def back(self, a: int, b: int, by: int) -> int:
        return self.bands.before(by, self.work[a][b])


class Ground:
    """Everything about a plan that does not change while it is improved.

    `out[x][p]` are seconds from job x to place p, `into[x][p]` from p to x, at pace 1. `known` says
    where each job stood, (shifts, start); `told` that what changes is counted.
    """

    def __init__(self, plan: Plan, travel: Travel, weights: Weights, changes: bool = False) -> None:
        self.plan, self.travel, self.weights = plan, travel, weights
        self.jobs: list[Job] = sorted(plan.jobs().values(), key=lambda job: job.id)
        self.index = {job.id: n for n, job in enumerate(self.jobs)}
        self.routes = [plan.routes[s] for s in sorted(plan.routes)]
        self.shifts = [route.shift for route in self.routes]
        self._places()
        self.early = [job.earliest for job in self.jobs]
        self.late = [job.latest for job in self.jobs]
        self.duration = [job.duration_s for job in self.jobs]
        self.left_out = [weights.left_out(job) for job in self.jobs]
        self.soft = [job.soft_latest for job in self.jobs]
        self.any_soft = any(limit is not None for limit in self.soft)
        self.any_parts = any(job.parts for job in self.jobs)
        self.breaks = [timing.breaks_ahead(shift) for shift in self.shifts]
        self.plain = [not breaks and not self.bands.rows for breaks in self.breaks]
        self.frozen = [route.frozen for route in self.routes]
        self._stock()
        self._links(plan)
        self.told = changes or bool(weights.time)
        told = timing.days(plan, travel)
        self.pins = {self.index[k]: v for k, v in timing.floors_of(plan, told).items()}
        self.known = _known(self, plan, told)
        self.extra = [self._extra(v) for v in range(len(self.shifts))]
        self.fits = [self._fits(v) for v in range(len(self.shifts))]
        self.kind = [self._kind(v) for v in range(len(self.shifts))]

    def _places(self) -> None:
        numbers: dict[Place, int] = {}
        points = [job.place for job in self.jobs]
        points += [p for shift in self.shifts for p in (shift.origin, shift.end)]
        for place in points:
            numbers.setdefault(place, len(numbers))
        self.at = [numbers[job.place] for job in self.jobs]
        self.origin = [numbers[shift.origin] for shift in self.shifts]
        self.home = [numbers[shift.end] for shift in self.shifts]
        places = list(numbers)
        if isinstance(self.travel, Paced):
            self.bands, self.work = self.travel.bands, self.travel.works(places)
        else:
            noon = min((s.leaves for s in self.shifts), default=0) + 4 * 3600
            self.bands, self.work = EVEN, [list(r) for r in self.travel.table(places, noon)]
        self.fastest = self.bands.fastest
        across = [list(column) for column in zip(*self.work, strict=True)]
        self.out = [self.work[p] for p in self.at]
        self.into = [across[p] for p in self.at]
        self.legs = IndexLegs(self.work, self.bands)

    def _stock(self) -> None:
        """Parts as numbers: what each job takes and what each van has."""
        numbers = {
            part: n for n, part in enumerate(sorted({p for j in self.jobs for p in j.parts}))
        }
        self.parts = [tuple((numbers[p], c) for p, c in job.parts.items()) for job in self.jobs]
        self.stock = [[shift.parts.get(part, 0) for part in numbers] for shift in self.shifts]

    def _links(self, plan: Plan) -> None:
        """Jobs that concern several routes; they are moved by themselves, never in passing."""
        awaited = {one for job in self.jobs for one in job.after if one in self.index}
        self.linked = [job.crew > 1 or bool(job.after) or job.id in awaited for job in self.jobs]
        self.awaits: list[list[int]] = [
            [self.index[one] for one in job.after if one in self.index] for job in self.jobs
        ]
        self.awaited_by: list[list[int]] = [[] for _ in self.jobs]
        for x, before in enumerate(self.awaits):
            for one in before:
                self.awaited_by[one].append(x)

    def _extra(self, v: int) -> dict[int, int]:
        """What it costs that this shift has a job, beside the driving."""
        who, costs = self.shifts[v].technician_id, {}
        for x, job in enumerate(self.jobs):
            known = self.known.get(x)
            moved = known is not None and v not in known[0]
            strange = job.prefers is not None and job.prefers != who
            cost = self.weights.technician * moved + self.weights.stranger * strange
            if cost:
                costs[x] = cost
        return costs

    def _fits(self, v: int) -> list[bool]:
        return [fitting.misfit(self.shifts[v], job) is None for job in self.jobs]

    def _kind(self, v: int) -> object:
        """Shifts that are the same to every job as long as they are empty."""
        shift = self.shifts[v]
        same = replace(shift, id="", technician_id="", skills={}, parts={})
        stock = tuple(sorted(shift.parts.items()))
        extra = tuple(sorted(self.extra[v].items()))
        return same.starts, same.ends, self.origin[v], self.home[v], self.breaks[v], (
            shift.last_end, shift.leaves, stock, extra, tuple(self.fits[v]),
        )  # fmt: skip

    def near(self, most: int) -> list[list[int]]:
        """For each job the jobs around it, nearest first, itself first of all."""
        return [
            sorted(range(len(self.jobs)), key=[row[p] for p in self.at].__getitem__)[:most]
            for row in self.out
        ]


def _known(
    ground: Ground, plan: Plan, told: Mapping[str, timing.Day]
) -> dict[int, tuple[frozenset[int], int]]:
    """Where each planned job stands, and when."""
    numbers = {shift.id: v for v, shift in enumerate(ground.shifts)}
    shifts: dict[int, set[int]] = {}
    starts: dict[int, int] = {}
    for s, day in told.items():
        for stop in day.stops:
            x = ground.index[stop.job_id]
            shifts.setdefault(x, set()).add(numbers[s])
            starts[x] = stop.starts
    return {x: (frozenset(held), starts[x]) for x, held in shifts.items()}
