"""The values that planning speaks in: jobs, shifts, routes, a plan, and what travel is asked.

Why apart: booking, improving, checking and measuring read and answer the same values, and none of
them knows a database. Times are whole seconds since 1970 UTC, durations whole seconds, coordinates
degrees, money in the currency's minor units. Not for deciding anything.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Place:
    """A point on the map, in degrees (or in any plane that the travel understands)."""

    lat: float
    lon: float


@dataclass(frozen=True, slots=True)
class Job:
    """A visit as planning sees it. The service must START within [earliest, latest].

    `skills` are least levels, `parts` what it takes out of each van it is planned into,
    `only` the technicians it is locked to, `not_with` those it must not get, `after` the jobs that
    must have ended before it starts. `promised` says that [earliest, latest] was told to the
    customer. A start after `soft_latest` is allowed and costs. `extra_s` is p80 minus p50.
    """

    id: str
    place: Place
    duration_s: int
    earliest: int
    latest: int
    skills: Mapping[str, int] = field(default_factory=dict)
    parts: Mapping[str, int] = field(default_factory=dict)
    crew: int = 1
    only: frozenset[str] | None = None
    not_with: frozenset[str] = frozenset()
    prefers: str | None = None
    after: tuple[str, ...] = ()
    priority: int = 3
    due: int | None = None
    promised: bool = False
    soft_latest: int | None = None
    territory: str | None = None
    extra_s: int = 0

    def __hash__(self) -> int:
        return hash(self.id)

    def within(self, earliest: int, latest: int) -> "Job":
        """The same job, to start within both its own limits and these."""
        return replace(self, earliest=max(self.earliest, earliest), latest=min(self.latest, latest))


@dataclass(frozen=True, slots=True)
class Break:
    """A pause that must start within [earliest, latest], wherever the technician then is."""

    earliest: int
    latest: int
    duration_s: int


@dataclass(frozen=True, slots=True)
class Shift:
    """One technician's working time on one day: leaves `start` at `starts`, is at `end` by `ends`.

    `parts` is the van's stock that day. `territories` empty: goes everywhere. With `free_from` the
    past is over: the route continues from `free_at` (or `start`) at that instant, and only what is
    still to be done stands in it.
    """

    id: str
    technician_id: str
    day: str
    starts: int
    ends: int
    start: Place
    end: Place
    skills: Mapping[str, int] = field(default_factory=dict)
    parts: Mapping[str, int] = field(default_factory=dict)
    breaks: tuple[Break, ...] = ()
    territories: frozenset[str] = frozenset()
    may_overrun_s: int = 0
    cost_per_hour_minor: int = 0
    cost_per_km_minor: int = 0
    free_from: int | None = None
    free_at: Place | None = None

    def __hash__(self) -> int:
        return hash(self.id)

    @property
    def leaves(self) -> int:
        """When the route starts, or goes on."""
        return self.starts if self.free_from is None else max(self.starts, self.free_from)

    @property
    def origin(self) -> Place:
        """Where the route starts, or goes on."""
        return self.start if self.free_at is None else self.free_at

    @property
    def last_end(self) -> int:
        """When the technician must be at `end`, overtime that is allowed included."""
        return self.ends + self.may_overrun_s


@dataclass(frozen=True, slots=True)
class Route:
    """The jobs of one shift in order. The first `frozen` of them may not move."""

    shift: Shift
    jobs: tuple[Job, ...] = ()
    frozen: int = 0

    def with_jobs(self, jobs: Sequence[Job]) -> "Route":
        """The same shift with other jobs."""
        return Route(self.shift, tuple(jobs), self.frozen)

    def inserted(self, position: int, job: Job) -> "Route":
        """With `job` before what now stands at `position`."""
        return self.with_jobs((*self.jobs[:position], job, *self.jobs[position:]))

    def without(self, job_id: str) -> "Route":
        """Without that job; a frozen one that goes leaves one frozen fewer."""
        frozen = self.frozen - sum(job.id == job_id for job in self.jobs[: self.frozen])
        return Route(self.shift, tuple(j for j in self.jobs if j.id != job_id), frozen)


@dataclass(frozen=True, slots=True)
class Plan:
    """Routes by shift and the jobs that stand in none.

    A job for a crew of n stands in n routes and starts at the same time in all of them.
    """

    routes: Mapping[str, Route]
    unplanned: tuple[Job, ...] = ()

    def with_routes(self, *routes: Route) -> "Plan":
        """With these in place of the routes of the same shifts."""
        return Plan({**self.routes, **{r.shift.id: r for r in routes}}, self.unplanned)

    def jobs(self) -> dict[str, Job]:
        """Every job by its id, planned or not."""
        planned = {job.id: job for route in self.routes.values() for job in route.jobs}
        return planned | {job.id: job for job in self.unplanned}

    def shifts_of(self, job_id: str) -> tuple[str, ...]:
        """The shifts whose routes hold this job, sorted."""
        return tuple(sorted(s for s, job in self.stops() if job.id == job_id))

    def stops(self) -> Iterator[tuple[str, Job]]:
        """Every stop with its shift."""
        return ((s, job) for s, route in self.routes.items() for job in route.jobs)


@dataclass(frozen=True, slots=True)
class Timed:
    """A stop with its times. `break_s` is what of a break lies between the stop before and it."""

    job_id: str
    arrives: int
    starts: int
    ends: int
    travel_s: int
    wait_s: int
    break_s: int = 0


class Travel(Protocol):
    """What planning asks a map. `source` is said beside each estimate ("great circle", "OSRM")."""

    source: str

    def seconds(self, a: Place, b: Place, at: int) -> int:
        """Driving time from a to b when leaving at `at`."""

    def table(self, places: Sequence[Place], at: int) -> Sequence[Sequence[int]]:
        """Driving times from each place (rows) to each (columns) when leaving at `at`."""
