"""Lines of a re-planning become rows: checked against the plan as it is now, then written at once.

A line that no longer fits (its visit was moved, somebody set out, the checker objects) is left out
and says why; the others go on without it. The routes are taken by the versions that this check was
made with, so what stands afterwards was checked. Undoing is the same towards what stood before.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from helpdesk.core.work import Work
from helpdesk.field_service import checking, plan_lines, replanning, timing
from helpdesk.field_service.checking import Fault
from helpdesk.field_service.crew_days import shift_id
from helpdesk.field_service.models import PlanChange, Visit
from helpdesk.field_service.plan import Job, Plan, Route
from helpdesk.field_service.routes import PlanMoved
from helpdesk.field_service.service import StopAt, stops_of

if TYPE_CHECKING:
    from helpdesk.field_service.day_plan import DayPlan

TRIES = 5
GONE = "The visit is over, cancelled, or on another day by now."
MOVED = "The visit was moved since."
UNDER_WAY = "Somebody is on the way to it, or there."
AWAY = "Its technician does not work that day any more."
NO_ROOM = "It no longer fits: {}"


@dataclass(slots=True)
class Outcome:
    """Which lines were carried out, and why others were not {line id: words}."""

    done: list[PlanChange] = field(default_factory=list)
    stale: dict[str, str] = field(default_factory=dict)


def carry_out(work: Work, day: date, lines: Sequence[PlanChange], *, back: bool = False) -> Outcome:
    """Let these visits stand as the lines say, or (`back`) as before them."""
    for _ in range(TRIES):
        from helpdesk.field_service import day_plan  # noqa: PLC0415  only who plans loads numpy

        now = day_plan.read(work, day, also=[one.visit_id for one in lines])
        outcome = Outcome()
        wanted = _usable(now, lines, outcome, back)
        target = _fitting(now, wanted, outcome)
        outcome.done = [line for line, _ in wanted.values() if line.id not in outcome.stale]
        if not outcome.done:
            return outcome
        try:
            with work.attempt():
                write(work, now, target)
            return outcome
        except PlanMoved:
            continue
    raise PlanMoved


Wanted = dict[str, tuple[PlanChange, Mapping[str, Any]]]


def _usable(now: DayPlan, lines: Sequence[PlanChange], outcome: Outcome, back: bool) -> Wanted:
    """Lines whose visit still stands where it stood when they were made, with where it goes."""
    wanted: Wanted = {}
    jobs = now.plan.jobs()
    frozen = {j.id for r in now.plan.routes.values() for j in r.jobs[: r.frozen]}
    for line in lines:
        stands, goes = (line.after, line.before) if back else (line.before, line.after)
        trouble = ""
        if line.visit_id not in jobs:
            trouble = GONE
        elif line.visit_id in frozen:
            trouble = UNDER_WAY
        elif any(shift_id(t, now.day) not in now.plan.routes for t in goes["technician_ids"]):
            trouble = AWAY
        elif sorted(now.who.get(line.visit_id, ())) != sorted(stands["technician_ids"]):
            trouble = MOVED
        if trouble:
            outcome.stale[line.id] = trouble
        else:
            wanted[line.visit_id] = (line, goes)
    return wanted


def _fitting(now: DayPlan, wanted: Wanted, outcome: Outcome) -> Plan:
    """The plan with as many of these as may stand together."""
    near = _near(now, wanted)
    old = _kinds(checking.faults(_part(now.plan, near), now.travel))

    def new_faults(without: str | None = None) -> list[Fault]:
        tried = {key: one for key, one in wanted.items() if key != without}
        plan = _part(_placed(now, tried), near)
        return [one for one in checking.faults(plan, now.travel) if _kind(one) not in old]

    while wanted:
        found = new_faults()
        if not found:
            break
        named = next((one.job_id for one in found if one.job_id in wanted), None)
        culprit = named or _least_trouble(wanted, new_faults)
        line, _ = wanted.pop(culprit)
        outcome.stale[line.id] = NO_ROOM.format(_words(found, culprit))[:200]
    return _placed(now, wanted)


def _least_trouble(wanted: Wanted, faults: Callable[[str], list[Fault]]) -> str:
    """The line without which the fewest rules are broken; of equal ones the last."""
    ranked = [(len(faults(key)), -n, key) for n, key in enumerate(wanted)]
    return min(ranked)[2]


def _words(found: Sequence[Fault], visit_id: str) -> str:
    told = next((one for one in found if one.job_id == visit_id), found[0])
    return {
        "promise": "a promised window would be missed.",
        "window": "it would begin too late.",
        "skill": "a skill is missing.",
        "lock": "it is locked to somebody else.",
        "territory": "it lies outside the territory.",
        "parts": "a part is missing in the van.",
        "crew": "its crew does not come together.",
        "after": "something has to be done before it.",
        "shift": "the day would end too late.",
        "break": "a break would be missed.",
    }.get(told.kind, "the plan is another one now.")


def _kind(fault: Fault) -> tuple[str, str]:
    """What it is about: a visit, or the shift that its words begin with."""
    return fault.kind, fault.job_id or fault.text.partition(" ")[0]


def _kinds(found: Sequence[Fault]) -> set[tuple[str, str]]:
    return {_kind(one) for one in found}


def _near(now: DayPlan, wanted: Wanted) -> list[str]:
    """Only routes that any of these leaves or comes to, and all that are tied to others."""
    kept = {shift_id(t, now.day) for _, goes in wanted.values() for t in goes["technician_ids"]}
    jobs = now.plan.jobs().values()
    awaited = {one for job in jobs for one in job.after}
    ids = {job.id for job in jobs if job.crew > 1 or job.after or job.id in awaited} | set(wanted)
    return sorted(kept | {shift for shift, job in now.plan.stops() if job.id in ids})


def _part(plan: Plan, shifts: Collection[str]) -> Plan:
    """These routes alone."""
    return Plan({shift: plan.routes[shift] for shift in shifts}, plan.unplanned)


def _placed(now: DayPlan, wanted: Wanted) -> Plan:
    """The plan with each visit where it is wanted, in the order of the times."""
    times = plan_lines.starts(now.plan, now.travel)
    jobs = now.plan.jobs()
    times |= {key: _second(goes["starts_at"]) for key, (_, goes) in wanted.items()}
    for key, (_, goes) in wanted.items():
        if goes.get("late_s"):  # whoever accepts the line knows
            latest = max(jobs[key].latest, times[key] + plan_lines.TOLERANCE_S)
            jobs[key] = replace(jobs[key], latest=latest)
    coming: dict[str, list[Job]] = {}
    for key, (_, goes) in wanted.items():
        for technician in goes["technician_ids"]:
            coming.setdefault(shift_id(technician, now.day), []).append(jobs[key])
    made: dict[str, Route] = {}
    for shift, route in now.plan.routes.items():
        stay = [job for job in route.jobs if job.id not in wanted]
        if len(stay) == len(route.jobs) and shift not in coming:
            made[shift] = route
            continue
        free = stay[route.frozen :] + coming.get(shift, [])
        order = sorted(free, key=lambda job: times.get(job.id, 0))
        made[shift] = route.with_jobs([*stay[: route.frozen], *order])
    placed = {job.id for route in made.values() for job in route.jobs}
    # Whom nobody works for that day stays left over, and the checker says so.
    return Plan(made, tuple(job for key, job in jobs.items() if key not in placed))


def _second(at: str | None) -> int:
    return int(datetime.fromisoformat(at).timestamp()) if at else 0


def write(work: Work, now: DayPlan, target: Plan) -> set[str]:
    """The plan into rows: routes whose stops are others, with all their times; who was moved."""
    touched = {
        shift
        for shift, route in target.routes.items()
        if [job.id for job in route.jobs] != [job.id for job in now.plan.routes[shift].jobs]
    }
    gone = {job.id for job in target.unplanned if now.who.get(job.id)}
    touched = _with_crews(target, touched)
    came = {job.id for s in touched for job in target.routes[s].jobs}
    left = {shift_id(one, now.day) for key in gone | came for one in now.who.get(key, ())}
    if not touched and not gone:
        return set()
    told = timing.days(target, now.travel, touched)
    wanted = _stops(work, now, target, touched, told)
    wanted |= {key: [] for key in gone}
    starts = {
        stop.job_id: stop.starts for s in touched for stop in told[s].stops
        if stop.job_id in now.held
    }  # fmt: skip
    visits = replanning.hold(work, wanted)
    if _changed_meanwhile(visits, wanted, now):
        raise PlanMoved
    keys = {_key(s): now.versions.get(s, 0) for s in touched | left if _exists(now, s, touched)}
    moved = replanning.rewrite(work, visits, wanted, keys)
    replanning.retime_held(work, starts)
    replanning.number(work, keys)
    return moved


def _with_crews(target: Plan, touched: set[str]) -> set[str]:
    """And the routes of everybody who stands in a crew with one of these."""
    known: set[str] = set()
    while touched != known:
        known = set(touched)
        crews = {j.id for s in known for j in target.routes[s].jobs if j.crew > 1}
        touched |= {shift for shift, job in target.stops() if job.id in crews}
    return touched


def _exists(now: DayPlan, shift: str, touched: Collection[str]) -> bool:
    return shift in touched or now.versions.get(shift, 0) > 0


def _changed_meanwhile(visits: Mapping[str, Visit], wanted: Collection[str], now: DayPlan) -> bool:
    states = {True: "booked", False: "waiting"}
    return any(
        key not in visits or visits[key].state != states[bool(now.who.get(key))] for key in wanted
    )


def _stops(
    work: Work,
    now: DayPlan,
    target: Plan,
    touched: Collection[str],
    told: Mapping[str, timing.Day],
) -> dict[str, list[StopAt]]:
    """Every stop of these routes that may move, with its time; crews in all their routes."""
    found: dict[str, list[StopAt]] = {}
    for shift in sorted(touched):
        route = target.routes[shift]
        places = [route.shift.origin, *(job.place for job in route.jobs)]
        for n, (job, stop) in enumerate(zip(route.jobs, told[shift].stops, strict=True)):
            if n < route.frozen or job.id in now.held:
                continue
            found.setdefault(job.id, []).append(
                StopAt(
                    route.shift.technician_id,
                    now.day,
                    _instant(stop.starts),
                    _instant(stop.ends),
                    stop.travel_s,
                    now.travel.source_of(places[n], job.place),
                )
            )
    return {key: _led(work, key, stops) for key, stops in found.items()}


def _led(work: Work, visit_id: str, stops: list[StopAt]) -> list[StopAt]:
    """A crew's leader stays who it was where they are still in it."""
    if len(stops) == 1:
        return stops
    before = next((one.technician_id for one in stops_of(work, visit_id) if one.is_lead), None)
    who = [one.technician_id for one in stops]
    lead = before if before in who else who[0]
    return [_with_lead(one, one.technician_id == lead) for one in stops]


def _with_lead(stop: StopAt, is_lead: bool) -> StopAt:
    return StopAt(
        stop.technician_id, stop.day, stop.starts_at, stop.ends_at, stop.travel_s,
        stop.travel_source, is_lead,
    )  # fmt: skip


def _key(shift: str) -> tuple[str, date]:
    technician, _, day = shift.partition("/")
    return technician, date.fromisoformat(day)


def _instant(at: int) -> datetime:
    return datetime.fromtimestamp(at, UTC)
