"""Mends a day after one event with as few changes as may be: within a fraction of a second.

What has lost its place is put where it costs the least; where nothing is free, one other visit
makes room and finds a place of its own. A promise that can't be held is given up openly: the visit
is kept, late, in a widened window, and the difference says so. Not for making a good day better:
that is `improving`.
"""

from dataclasses import dataclass, replace

from helpdesk.field_service import timing
from helpdesk.field_service.difference import Difference, difference
from helpdesk.field_service.ground import Ground
from helpdesk.field_service.happening import Aftermath, Happening, aftermath
from helpdesk.field_service.linking import Linking
from helpdesk.field_service.plan import Job, Plan, Travel
from helpdesk.field_service.state import State, as_plan, of_plan
from helpdesk.field_service.tours import NEVER, Tour
from helpdesk.field_service.weights import STEADY, Weights

LATE_S = 4 * 3600  # how late a broken promise may get before the visit is left to a person
STEEP = 20  # seconds of driving that a second of such lateness is worth
TRIED = 40  # visits that are asked to make room


@dataclass(frozen=True, slots=True)
class Repair:
    """The mended plan, what it changes, and the travel it was made with (traffic changes it)."""

    plan: Plan
    difference: Difference
    travel: Travel


def repair(plan: Plan, event: Happening, travel: Travel, weights: Weights = STEADY) -> Repair:
    """A plan that may stand after the event, near the one before."""
    left = aftermath(event, plan, travel)
    mended = _mended(left, weights)
    told = difference(plan, mended, left.travel, left.why, travel)
    return Repair(mended, told, left.travel)


def _mended(left: Aftermath, weights: Weights) -> Plan:
    if not left.loose and not any(d.late for d in timing.days(left.plan, left.travel).values()):
        return left.plan
    loose = {job.id for job in left.loose}
    waiting = tuple(job for job in left.plan.unplanned if job.id not in loose)
    day = Mending(Ground(Plan(left.plan.routes, left.loose), left.travel, weights))
    made = day.mended()
    return Plan(made.routes, (*waiting, *made.unplanned))


class Mending:
    """One mend; see the module. The ground is used up: promises that are given up change it."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.linking = Linking(ground)

    def mended(self) -> Plan:
        """The plan in which everything that finds a place has one."""
        ground = self.ground
        state = self.linking.put_in(of_plan(ground))
        tours = list(state.tours)
        linked = [x for x in state.absent if ground.linked[x]]
        still = [x for x in linked if not self._crew_kept_late(tours, x)]
        waiting = [x for x in state.absent if not ground.linked[x]]
        for x in sorted(waiting, key=lambda x: (-ground.left_out[x], self._width(x), x)):
            placed = self._put(tours, x) or self._pushed(tours, x)
            if not placed and not (ground.jobs[x].promised and self._kept_late(tours, x)):
                still.append(x)
        return as_plan(ground, State(ground, tours, still))

    def _crew_kept_late(self, tours: list[Tour], x: int) -> bool:
        """The same for a job that concerns several routes."""
        job = self.ground.jobs[x]
        if not job.promised:
            return False
        self.ground.late[x] = job.latest + LATE_S
        if self.linking.put(tours, x):
            self.ground.jobs[x] = _late(job)
            return True
        self.ground.late[x] = job.latest
        return False

    def _kept_late(self, tours: list[Tour], x: int) -> bool:
        """A promise that nobody can hold: the visit stays in the day, as little late as may be."""
        ground, job = self.ground, self.ground.jobs[x]
        until = job.latest + LATE_S
        spots = [
            (STEEP * max(low - job.latest, 0) + cost, tour.v, position)
            for tour in tours
            if tour.cost < NEVER
            for position, low, _, cost in tour.spots(x, job.earliest, until)
        ]
        ground.late[x], ground.soft[x], ground.any_soft = until, job.latest, True
        for _, v, position in sorted(spots)[:5]:
            made = tours[v].with_job(position, x)
            if made.cost < NEVER:
                tours[v] = made
                ground.jobs[x] = replace(job, latest=until, promised=False, soft_latest=job.latest)
                return True
        ground.late[x] = job.latest
        return False

    def _width(self, x: int) -> int:
        return self.ground.late[x] - self.ground.early[x]

    def _put(self, tours: list[Tour], x: int) -> bool:
        """Into the place that costs least: lateness, overtime, changes of others included."""
        found = self._best(tours, x)
        if found is not None:
            tours[found.v] = found
        return found is not None

    def _best(self, tours: list[Tour], x: int) -> Tour | None:
        places = sorted((tour.best_for(x)[0], tour.v) for tour in tours)[:5]
        made = [tours[v].with_job(tours[v].best_for(x)[1], x) for cost, v in places if cost < NEVER]
        return min(
            (tour for tour in made if tour.cost < NEVER),
            key=lambda tour: (tour.cost - tours[tour.v].cost, tour.v),
            default=None,
        )

    def _pushed(self, tours: list[Tour], x: int) -> bool:
        """In place of one other visit that finds a place elsewhere."""
        best: tuple[int, Tour, Tour] | None = None
        for v, y in self._could_go(tours, x):
            freed = tours[v].without([y])
            cost, position = freed.best_for(x)
            if cost >= NEVER:
                continue
            taken = freed.with_job(position, x)
            if taken.cost >= NEVER:
                continue
            others = [taken if tour.v == v else tour for tour in tours]
            other = self._best(others, y)
            if other is None:
                continue
            price = other.cost - others[other.v].cost + taken.cost - tours[v].cost
            if best is None or price < best[0]:
                best = price, taken, other
        if best is None:
            return False
        for tour in best[1:]:
            tours[tour.v] = tour
        return True

    def _could_go(self, tours: list[Tour], x: int) -> list[tuple[int, int]]:
        """Visits that overlap in time, cheap ones and near ones first."""
        ground = self.ground
        from_, until = ground.early[x] - 7200, ground.late[x] + ground.duration[x] + 7200
        found = []
        for tour in tours:
            v = tour.v
            if not ground.fits[v][x]:
                continue
            for n, y in enumerate(tour.seq):
                starts = tour.ready[n + 1] - ground.duration[y] if tour.cost < NEVER else from_
                movable = n >= ground.frozen[v] and not ground.linked[y]
                if (
                    movable
                    and from_ <= starts <= until
                    and ground.left_out[y] <= ground.left_out[x]
                ):
                    found.append((ground.out[x][ground.at[y]], v, y))
        return [(v, y) for _, v, y in sorted(found)[:TRIED]]


def _late(job: Job) -> Job:
    """A job whose promise is given up."""
    return replace(job, latest=job.latest + LATE_S, promised=False, soft_latest=job.latest)
