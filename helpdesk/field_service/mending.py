"""A day of rows mended: what has lost its place, or is to be driven to at once, for `repairing`.

By the time something is told here, the rows know it: who is ill has no shift any more, what was
cancelled stands nowhere, who overruns is still there. So every event of a day leaves the same
question, which visits are loose now. Not for a day that is to be made better.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from helpdesk.field_service import timing
from helpdesk.field_service.day_plan import URGENT, DayPlan
from helpdesk.field_service.happening import Aftermath, aftermath
from helpdesk.field_service.plan import Job, Plan, Route, Travel
from helpdesk.field_service.repairing import Repair, repair


@dataclass(frozen=True, slots=True)
class Loose:
    """These visits of the plan stand nowhere and want to."""

    job_ids: frozenset[str]
    urgent: frozenset[str]
    now: int
    why: str


@aftermath.register
def _(event: Loose, plan: Plan, travel: Travel) -> Aftermath:
    loose = tuple(_as_urgent(one, event) for one in plan.unplanned if one.id in event.job_ids)
    rest = tuple(one for one in plan.unplanned if one.id not in event.job_ids)
    return Aftermath(Plan(plan.routes, rest), travel, loose, event.why)


def _as_urgent(job: Job, event: Loose) -> Job:
    """Each second until somebody is there costs."""
    return replace(job, soft_latest=event.now) if job.id in event.urgent else job


def drivable(now: DayPlan) -> Plan:
    """The day as it can be driven: what will be late may be as late as it will be, and days end as
    late as they will. A search that begins with what can't be would begin with nothing.
    """
    told = timing.days(now.plan, now.travel)
    plan = _as_long(now.plan, told)
    for shift, route in plan.routes.items():
        stops = zip(route.jobs, told[shift].stops, strict=True)
        jobs = [_late(job, stop.starts) if stop.starts > job.latest else job for job, stop in stops]
        plan = plan.with_routes(route.with_jobs(jobs))
    return plan


def _as_long(plan: Plan, told: Mapping[str, timing.Day]) -> Plan:
    """Days that may end as late as they will anyway."""
    routes = {}
    for shift, route in plan.routes.items():
        over = told[shift].home_at - route.shift.ends
        if route.jobs and over > route.shift.may_overrun_s:
            route = Route(replace(route.shift, may_overrun_s=over), route.jobs, route.frozen)
        routes[shift] = route
    return Plan(routes, plan.unplanned)


def _late(job: Job, starts: int) -> Job:
    soft = job.latest if job.promised else job.soft_latest
    return replace(job, latest=starts, soft_latest=soft, promised=False)


def mend(now: DayPlan, *, urgent: Collection[str] = (), why: str = "") -> Repair:
    """The plan with everything back in it that finds a place; late where nobody can be in time."""
    loose = {
        job.id
        for job in now.plan.unplanned
        if job.id in urgent or now.who.get(job.id) or job.promised or job.priority <= URGENT
    }
    event = Loose(frozenset(loose), frozenset(urgent), now.now, why)
    plan = _as_long(now.plan, timing.days(now.plan, now.travel))
    return repair(plan, event, now.travel)  # type: ignore[arg-type]
