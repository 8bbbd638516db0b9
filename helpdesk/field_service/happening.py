"""What happens to a day's plan: the event as a value, and the plan as it leaves it, not yet mended.

Not for mending (`repairing`), and not the events that are written down when something was done.
"""

from dataclasses import dataclass, replace
from functools import singledispatch
from math import ceil
from typing import TYPE_CHECKING, Any, TypeAlias

from helpdesk.field_service.plan import Job, Place, Plan, Route, Travel
from helpdesk.field_service.travel import Paced

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Overrun:
    """A technician is busy until then; `at` says where, if not where the route knows them to be."""

    shift_id: str
    until: int
    at: Place | None = None


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The customer no longer wants the visit."""

    job_id: str


@dataclass(frozen=True, slots=True)
class NoShow:
    """Nobody was there: the visit leaves the day and has to be booked anew."""

    job_id: str


@dataclass(frozen=True, slots=True)
class Emergency:
    """A job that has to be done still today."""

    job: Job


@dataclass(frozen=True, slots=True)
class Ill:
    """Those shifts are off; what they still had goes to others."""

    shift_ids: frozenset[str]


@dataclass(frozen=True, slots=True)
class Traffic:
    """Driving takes `factor` times as long from now on."""

    factor: float


Happening: TypeAlias = Overrun | Cancelled | NoShow | Emergency | Ill | Traffic


@dataclass(frozen=True, slots=True)
class Aftermath:
    """The plan after an event. `loose` jobs have lost their place; `why` is the cause's word."""

    plan: Plan
    travel: Travel
    loose: tuple[Job, ...]
    why: str


@singledispatch
def aftermath(event: Any, plan: Plan, travel: Travel) -> Aftermath:
    """What an event leaves of a plan."""
    raise TypeError(f"no event of a day: {event!r}")


@aftermath.register
def _(event: Overrun, plan: Plan, travel: Travel) -> Aftermath:
    route = plan.routes[event.shift_id]
    shift = replace(route.shift, free_from=event.until, free_at=event.at or route.shift.free_at)
    return Aftermath(plan.with_routes(replace(route, shift=shift)), travel, (), "overrun")


@aftermath.register
def _(event: Cancelled, plan: Plan, travel: Travel) -> Aftermath:
    return Aftermath(_without(plan, event.job_id), travel, (), "cancelled")


@aftermath.register
def _(event: NoShow, plan: Plan, travel: Travel) -> Aftermath:
    return Aftermath(_without(plan, event.job_id), travel, (), "no_show")


@aftermath.register
def _(event: Emergency, plan: Plan, travel: Travel) -> Aftermath:
    return Aftermath(plan, travel, (event.job,), "emergency")


@aftermath.register
def _(event: Ill, plan: Plan, travel: Travel) -> Aftermath:
    off = [plan.routes[s] for s in sorted(event.shift_ids) if s in plan.routes]
    loose = {job.id: job for route in off for job in route.jobs}
    routes = {
        s: _cleared(route, set(loose))
        for s, route in plan.routes.items()
        if s not in event.shift_ids
    }
    return Aftermath(Plan(routes, plan.unplanned), travel, tuple(loose.values()), "ill")


@aftermath.register
def _(event: Traffic, plan: Plan, travel: Travel) -> Aftermath:
    return Aftermath(plan, slowed(travel, event.factor), (), "traffic")


def _without(plan: Plan, job_id: str) -> Plan:
    left = tuple(job for job in plan.unplanned if job.id != job_id)
    routes = {s: _cleared(route, {job_id}) for s, route in plan.routes.items()}
    return Plan(routes, left)


def _cleared(route: Route, gone: set[str]) -> Route:
    """Without these jobs; a route that has none of them stays the very same."""
    for job in route.jobs:
        if job.id in gone:
            route = route.without(job.id)
    return route


def slowed(travel: Travel, factor: float) -> Travel:
    """The same travel with everything `factor` times as long."""
    return SlowedPaced(travel, factor) if isinstance(travel, Paced) else Slowed(travel, factor)


class Slowed:
    """A travel made slower."""

    def __init__(self, travel: Travel, factor: float) -> None:
        self.travel, self.factor, self.source = travel, factor, travel.source

    def seconds(self, a: Place, b: Place, at: int) -> int:
        return ceil(self.travel.seconds(a, b, at) * self.factor)

    def table(self, places: Any, at: int) -> list[list[int]]:
        return [[ceil(s * self.factor) for s in row] for row in self.travel.table(places, at)]


class SlowedPaced(Paced):
    """A travel with paces made slower."""

    def __init__(self, travel: Paced, factor: float) -> None:
        super().__init__(travel.bands)
        self.travel, self.factor, self.source = travel, factor, travel.source

    def work(self, a: Place, b: Place) -> int:
        return ceil(self.travel.work(a, b) * self.factor)

    def work_row(self, place: Place, lats: "NDArray[Any]", lons: "NDArray[Any]") -> "NDArray[Any]":
        import numpy as np  # noqa: PLC0415  only who plans pays for it

        return np.ceil(self.travel.work_row(place, lats, lons) * self.factor)
