"""A whole plan while it is improved: its tours and what stands in none.

Made anew for each try; tours that nothing happened to are shared. Not for searching.
"""

from helpdesk.field_service.ground import Ground
from helpdesk.field_service.plan import Plan
from helpdesk.field_service.tours import NEVER, Tour


class State:
    """Tours by shift, jobs left out, and what all of it costs."""

    __slots__ = ("absent", "cost", "tours")

    def __init__(self, ground: Ground, tours: list[Tour], absent: list[int]) -> None:
        self.tours, self.absent = tours, absent
        self.cost = sum([tour.cost for tour in tours])
        if absent:
            self.cost += sum([ground.left_out[x] for x in absent])

    def where(self) -> dict[int, int]:
        """The shift of each job; of a crew's job one of its shifts."""
        return {x: tour.v for tour in self.tours for x in tour.seq}

    def pins(self) -> dict[int, tuple[int, int]]:
        """Start limits of the jobs that other routes depend on."""
        return {x: pin for tour in self.tours for x, pin in tour.pins.items()}

    def moved(self, ground: Ground) -> int:
        """How many visits that were planned have another technician, another time, or none."""
        moved = {x for tour in self.tours for x in tour.moved}
        return len(moved.union(x for x in self.absent if x in ground.known))


def of_plan(ground: Ground) -> State:
    """The plan as it stands. What can't be driven any more is taken out until it can."""
    tours, absent = [], [ground.index[job.id] for job in ground.plan.unplanned]
    for v, route in enumerate(ground.routes):
        seq = [ground.index[job.id] for job in route.jobs]
        tour = Tour(ground, v, seq, {x: ground.pins[x] for x in seq if x in ground.pins})
        tours.append(tour)
    for x, (_, high) in ground.pins.items():
        if high > ground.late[x] and not any(x in t.seq[: ground.frozen[t.v]] for t in tours):
            absent.append(x)
            tours = [t.without([x]) if x in t.seq else t for t in tours]
    for v in range(len(tours)):
        while tours[v].cost >= NEVER and len(tours[v].seq) > ground.frozen[v]:
            gone = _least_wanted(ground, tours[v])
            absent.append(gone)
            tours = [t.without([gone]) if gone in t.seq else t for t in tours]
    return State(ground, tours, absent)


def _least_wanted(ground: Ground, tour: Tour) -> int:
    """The job whose going mends most: one without which the route can be driven, if there is one;
    of these what costs least to leave out."""
    free = tour.seq[ground.frozen[tour.v] :]

    def price(x: int) -> tuple[bool, int, int, int]:
        other = tour.without([x])
        frees = ground.duration[x] - sum(other.legs) + sum(tour.legs)
        return other.cost >= NEVER, ground.left_out[x], -frees, x

    return min(free, key=price)


def as_plan(ground: Ground, state: State) -> Plan:
    """The same in the values that planning speaks in; untouched routes stay the very same."""
    jobs = ground.jobs
    routes = dict(ground.plan.routes)
    for v, tour in enumerate(state.tours):
        route = ground.routes[v]
        held = tuple(jobs[x] for x in tour.seq)
        if held != route.jobs:
            routes[route.shift.id] = route.with_jobs(held)
    return Plan(routes, tuple(jobs[x] for x in sorted(state.absent)))
