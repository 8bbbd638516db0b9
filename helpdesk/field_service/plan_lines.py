"""A re-planning as it is shown and kept: lines with their words, and what the whole is worth.

On top of `difference`, which says what changes: here small shifts of time are left out, times get
dates, technicians names, and a visit whose technician is gone and that found no place gets a line
although nothing moves. Pure. Not for rows.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from helpdesk.field_service import risk, timing
from helpdesk.field_service.difference import Line, Standing, difference
from helpdesk.field_service.plan import Job, Plan, Travel

TOLERANCE_S = 900
Names = Callable[[Collection[str]], str]


@dataclass(frozen=True, slots=True)
class Shown:
    """One line; `breaks` a promise, `warns` a customer, `is_safe`: neither."""

    line: Line
    job: Job
    lost: tuple[str, ...] = ()

    @property
    def breaks(self) -> bool:
        return self.job.promised and (self.line.after is None or self.line.late_s > 0)

    @property
    def warns(self) -> bool:
        """A window is missed, or a visit gets a time that nobody has told its customer."""
        return self.breaks or (not self.job.promised and self.line.kind in ("in", "out"))

    @property
    def is_safe(self) -> bool:
        return not self.warns and self.line.after is not None

    @property
    def moves(self) -> bool:
        """Counts against the budget: it had somebody who could have come, and gets somebody else.
        Who is gone has to be replaced, and another minute within a window is nothing to anybody.
        """
        return self.line.before is not None and self.line.kind != "time"


def shown(
    before: Plan, after: Plan, travel: Travel, who: Mapping[str, tuple[str, ...]]
) -> list[Shown]:
    """`who` says whose the visits are by the rows, also of technicians who are not there."""
    jobs = after.jobs() | before.jobs()
    lines = [
        Shown(line, jobs[line.job_id], who.get(line.job_id, ()))
        for line in difference(before, after, travel).lines
        if _matters(line)
    ]
    known = {one.line.job_id for one in lines}
    lines += [
        Shown(Line(job.id, "out", None, None, late_s=0), job, who[job.id])
        for job in after.unplanned
        if job.id not in known and who.get(job.id)
    ]
    return lines


def _matters(line: Line) -> bool:
    if line.kind != "time" or line.before is None or line.after is None:
        return True
    return abs(line.after.starts - line.before.starts) >= TOLERANCE_S


def before_json(one: Shown, drives: Mapping[str, int]) -> dict[str, Any]:
    """Where it stands; of technicians who are not there only who they are."""
    return _json(one.line.before, one.job, drives) | (
        {"technician_ids": sorted(one.lost)} if one.line.before is None else {}
    )


def after_json(one: Shown, drives: Mapping[str, int]) -> dict[str, Any]:
    told = _json(one.line.after, one.job, drives)
    return told | ({"late_s": one.line.late_s} if one.line.late_s else {})


def _json(spot: Standing | None, job: Job, drives: Mapping[str, int]) -> dict[str, Any]:
    if spot is None:
        return {"technician_ids": [], "starts_at": None, "ends_at": None, "travel_s": 0}
    return {
        "technician_ids": sorted(spot.technicians),
        "starts_at": _iso(spot.starts),
        "ends_at": _iso(spot.starts + job.duration_s),
        "travel_s": drives.get(job.id, 0),
    }


def drives(plan: Plan, travel: Travel) -> dict[str, int]:
    """Seconds of the drive to each visit, of a crew the longest."""
    found: dict[str, int] = {}
    for day in timing.days(plan, travel).values():
        for stop in day.stops:
            found[stop.job_id] = max(stop.travel_s, found.get(stop.job_id, 0))
    return found


def starts(plan: Plan, travel: Travel) -> dict[str, int]:
    """When work begins at each visit as this plan goes on."""
    return {
        stop.job_id: stop.starts for day in timing.days(plan, travel).values() for stop in day.stops
    }


def figures(plan: Plan, travel: Travel, *, at_risk: int | None = None) -> dict[str, int]:
    """Seconds of driving, of lateness against promises, of overtime; visits that are left out."""
    told = timing.days(plan, travel)
    late: dict[str, int] = {}
    for shift, route in plan.routes.items():
        for job, stop in zip(route.jobs, told[shift].stops, strict=True):
            limit = job.latest if job.promised else job.soft_latest
            if limit is not None and stop.starts > limit:
                late[job.id] = max(late.get(job.id, 0), stop.starts - limit)
    over = [max(0, told[s].home_at - r.shift.ends) for s, r in plan.routes.items() if r.jobs]
    found = {
        "travel_s": sum(told[s].travel_s for s, r in plan.routes.items() if r.jobs),
        "late_s": sum(late.values()),
        "late": len(late),
        "overtime_s": sum(over),
        "unplanned": len(plan.unplanned),
        "planned": len({job.id for _, job in plan.stops()}),
    }
    if at_risk is not None:
        found["at_risk"] = at_risk
    return found


def at_risk(plan: Plan, travel: Travel, draws: int = 60) -> int:
    """Promises that are likely missed when the day is simulated; each route by itself."""
    return sum(
        one.promised and one.missed >= risk.AT_RISK
        for route in plan.routes.values()
        for one in risk.risks(route, travel, draws=draws)
    )


def why(one: Shown, names: Names) -> str:
    """The line in words; `names` says who technicians are."""
    before, after = one.line.before, one.line.after
    if after is None:
        return "No place is left for it in this day"
    if before is None:
        gone = f", instead of {names(one.lost)}" if one.lost else ""
        text = f"gets a place with {names(after.technicians)}{gone}"
    else:
        text = ", ".join(_changes(before, after, names))
    if one.line.late_s:
        text += f", {max(1, round(one.line.late_s / 60))} min after its window"
    return text[:1].upper() + text[1:]


def _changes(before: Standing, after: Standing, names: Names) -> list[str]:
    said = []
    if sorted(before.technicians) != sorted(after.technicians):
        said.append(f"{names(after.technicians)} instead of {names(before.technicians)}")
    minutes = round((after.starts - before.starts) / 60)
    if abs(minutes) >= 5 or not said:
        said.append(f"{abs(minutes)} min {'later' if minutes > 0 else 'earlier'}")
    return said


def _iso(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat()
