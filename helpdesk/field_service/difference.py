"""What a new plan changes, line by line, to be accepted or left out line by line.

Why apart: every re-plan is shown before it counts, whoever made it. A line is one visit, crews
included. What is accepted in part is judged anew (`checking`). Not for making plans.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from helpdesk.field_service import checking, timing
from helpdesk.field_service.checking import Fault
from helpdesk.field_service.plan import Job, Plan, Route, Travel

Kind: TypeAlias = Literal["technician", "time", "in", "out", "gone"]
SMALL_S = 600
NEAR_S = 900  # a start so close to the end of its window is at risk


@dataclass(frozen=True, slots=True)
class Standing:
    """By whom and when a visit is done."""

    shifts: tuple[str, ...]
    technicians: tuple[str, ...]
    starts: int


@dataclass(frozen=True, slots=True)
class Line:
    """One visit that changes.

    `kind`: another technician, another time, newly in, taken out (still to be planned), or gone.
    `why` is the word for the cause the caller gave. `warn_customer` where what they were told no
    longer holds; `at_risk` where a promise is broken or nearly so, by `late_s` seconds.
    """

    job_id: str
    kind: Kind
    before: Standing | None
    after: Standing | None
    why: str = ""
    warn_customer: bool = False
    warn_technicians: tuple[str, ...] = ()
    at_risk: bool = False
    late_s: int = 0

    @property
    def small(self) -> bool:
        """A few minutes with the same technician, that nobody needs to hear of."""
        if self.kind != "time" or self.at_risk or self.before is None or self.after is None:
            return False
        return abs(self.after.starts - self.before.starts) < SMALL_S


@dataclass(frozen=True, slots=True)
class Difference:
    """Everything that changes between two plans, and what that does to the driving."""

    lines: tuple[Line, ...]
    added_travel_s: int = 0

    def moved(self) -> int:
        """Visits that got another technician, or none."""
        return sum(line.kind in ("technician", "out") for line in self.lines)


@dataclass(frozen=True, slots=True)
class Applied:
    """A plan with the accepted lines, and what speaks against it."""

    plan: Plan
    faults: tuple[Fault, ...]


def difference(
    before: Plan, after: Plan, travel: Travel, why: str = "", before_travel: Travel | None = None
) -> Difference:
    """The lines from one plan to another, in the order of the starts."""
    told = timing.days(before, before_travel or travel), timing.days(after, travel)
    was, now = standings(before, told[0]), standings(after, told[1])
    jobs = before.jobs(), after.jobs()
    lines = [
        line
        for key in {**jobs[0], **jobs[1]}
        if (
            line := _line(
                key, (jobs[0].get(key), jobs[1].get(key)), was.get(key), now.get(key), why
            )
        )
    ]
    lines.sort(key=lambda line: ((line.after or line.before or _NOWHERE).starts, line.job_id))
    driving = [sum(day.travel_s for day in one.values()) for one in told]
    return Difference(tuple(lines), driving[1] - driving[0])


def standings(plan: Plan, told: Mapping[str, timing.Day]) -> dict[str, Standing]:
    """Where every planned visit stands; of a crew all of them."""
    starts = {stop.job_id: stop.starts for day in told.values() for stop in day.stops}
    shifts: dict[str, list[str]] = {}
    for s, job in plan.stops():
        shifts.setdefault(job.id, []).append(s)
    return {
        key: Standing(
            tuple(sorted(held)),
            tuple(plan.routes[s].shift.technician_id for s in sorted(held)),
            starts[key],
        )
        for key, held in shifts.items()
    }


def apply(
    before: Plan, after: Plan, accepted: Collection[str], travel: Travel, told: Difference
) -> Applied:
    """The plan before with the accepted lines (by job) of the difference to `after`.

    Stops keep the order of their starts. Promises that an accepted line openly gives up are no
    fault; every other rule is checked. All lines accepted is the plan after.
    """
    lines = {line.job_id: line for line in told.lines if line.job_id in accepted}
    old, new = before.jobs(), after.jobs()
    was = standings(before, timing.days(before, travel))
    jobs = {key: job for key, job in old.items() if key not in lines}
    jobs |= {key: new[key] for key in lines if key in new}
    routes = {
        s: _merged(s, before, after, lines, jobs, was) for s in {**before.routes, **after.routes}
    }
    planned = {job.id for route in routes.values() for job in route.jobs}
    left = tuple(job for key, job in sorted(jobs.items()) if key not in planned)
    plan = Plan({s: route for s, route in routes.items() if route.jobs or s in after.routes}, left)
    waived = {line.job_id for line in lines.values() if line.at_risk}
    found = checking.faults(plan, travel, before)
    return Applied(
        plan,
        tuple(
            one
            for one in found
            if one.kind != "lost" or one.job_id not in lines
            if one.kind != "promise" or one.job_id not in waived
        ),
    )


def _merged(
    s: str,
    before: Plan,
    after: Plan,
    lines: Mapping[str, Line],
    jobs: Mapping[str, Job],
    was: Mapping[str, Standing],
) -> Route:
    """One route: what stays, in its order, and what comes in, by the starts."""
    route = after.routes.get(s) or before.routes[s]
    held = before.routes[s].jobs if s in before.routes else ()
    stops = [(was[job.id].starts, n, job.id) for n, job in enumerate(held) if job.id not in lines]
    for n, job in enumerate(route.jobs if s in after.routes else ()):
        line = lines.get(job.id)
        if line is not None and line.after is not None:
            stops.append((line.after.starts, n, job.id))
    fixed = [job.id for job in route.jobs[: route.frozen]]
    stops.sort(key=lambda stop: (fixed.index(stop[2]) if stop[2] in fixed else len(fixed), stop))
    return route.with_jobs([jobs[key] for _, _, key in stops])


_NOWHERE = Standing((), (), 0)


def _line(
    key: str,
    jobs: tuple[Job | None, Job | None],
    was: Standing | None,
    now: Standing | None,
    why: str,
) -> Line | None:
    if was == now and jobs[0] is not None and jobs[1] is not None:
        return None
    if was is None and now is None and (jobs[0] is None) == (jobs[1] is None):
        return None
    told, job = jobs
    promised = told is not None and told.promised
    late = max(now.starts - told.latest, 0) if promised and now and told else 0
    near = bool(promised and now and told and now.starts > told.latest - NEAR_S)
    lost = promised and now is None and was is not None and job is not None
    return Line(
        key,
        _kind(job, was, now),
        was,
        now,
        why,
        warn_customer=lost or late > 0 or (told is None) is not (job is None),
        warn_technicians=_concerned(was, now),
        at_risk=lost or late > 0 or (near and was != now),
        late_s=late,
    )


def _kind(job: Job | None, was: Standing | None, now: Standing | None) -> Kind:
    if job is None:
        return "gone"
    if now is None:
        return "out"
    if was is None:
        return "in"
    return "technician" if was.technicians != now.technicians else "time"


def _concerned(was: Standing | None, now: Standing | None) -> tuple[str, ...]:
    """Technicians who get the visit, lose it, or have it at another time."""
    people = {*(was.technicians if was else ()), *(now.technicians if now else ())}
    return tuple(sorted(people))
