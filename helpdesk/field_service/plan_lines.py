"""A re-planning as lines to accept one by one, and what the whole of it is worth in figures. Pure.

A line is a visit that gets another technician, another time (by more than a quarter of an hour), a
place in the plan or none any more. It touches a promise when the visit would begin after the window
that its customer was told, or is left out; whoever is told of that is the one to warn. Not for rows.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from helpdesk.field_service import timing
from helpdesk.field_service.plan import Job, Plan, Travel

TOLERANCE_S = 900


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a visit stands: its shifts, sorted, when work begins and ends, the longest drive."""

    technicians: tuple[str, ...]
    starts: int
    ends: int
    travel_s: int

    def as_json(self) -> dict[str, Any]:
        return {
            "technician_ids": list(self.technicians),
            "starts_at": _iso(self.starts),
            "ends_at": _iso(self.ends),
            "travel_s": self.travel_s,
        }


NOWHERE: dict[str, Any] = {"technician_ids": [], "starts_at": None, "ends_at": None, "travel_s": 0}


@dataclass(frozen=True, slots=True)
class Line:
    """One visit before and after; None is nowhere."""

    job: Job
    before: Spot | None
    after: Spot | None

    @property
    def breaks_promise(self) -> bool:
        """Its window, as it was told, is missed after this and was not missed without it."""
        return self._misses(self.after) and not self._misses(self.before)

    @property
    def misses_promise(self) -> bool:
        return self._misses(self.after)

    @property
    def warns(self) -> bool:
        """Its customer has to hear of it: a missed window, or a time that nobody told them."""
        return self._misses(self.after) or (self.before is None and not self.job.promised)

    def _misses(self, spot: Spot | None) -> bool:
        return self.job.promised and (spot is None or spot.starts > self.job.latest)


def spots(plan: Plan, travel: Travel) -> dict[str, Spot]:
    """Where every planned visit stands, with the times that come of it."""
    found: dict[str, Spot] = {}
    told = timing.days(plan, travel)
    for shift, route in sorted(plan.routes.items()):
        for stop in told[shift].stops:
            known = found.get(stop.job_id)
            who = {route.shift.technician_id, *(known.technicians if known else ())}
            found[stop.job_id] = Spot(
                tuple(sorted(who)),
                max(stop.starts, known.starts if known else 0),
                max(stop.ends, known.ends if known else 0),
                max(stop.travel_s, known.travel_s if known else 0),
            )
    return found


def difference(before: Plan, after: Plan, travel: Travel) -> list[Line]:
    """Lines in the order of the new plan; who is left out comes last."""
    was, now, jobs = spots(before, travel), spots(after, travel), before.jobs() | after.jobs()
    lines = [
        Line(jobs[key], was.get(key), now.get(key))
        for key in was.keys() | now.keys()
        if _differs(was.get(key), now.get(key))
    ]
    return sorted(lines, key=_order)


def _differs(one: Spot | None, two: Spot | None) -> bool:
    if one is None or two is None:
        return one is not two
    return one.technicians != two.technicians or abs(one.starts - two.starts) >= TOLERANCE_S


def _order(line: Line) -> tuple[bool, int, str]:
    spot = line.after or line.before
    assert spot is not None
    return line.after is None, spot.starts, line.job.id


def figures(plan: Plan, travel: Travel, *, at_risk: int | None = None) -> dict[str, int]:
    """Seconds of driving, of lateness against promises, of overtime; visits that are left out."""
    told = timing.days(plan, travel)
    late: dict[str, int] = {}
    for shift, route in plan.routes.items():
        for job, stop in zip(route.jobs, told[shift].stops, strict=True):
            if job.promised and stop.starts > job.latest:
                late[job.id] = max(late.get(job.id, 0), stop.starts - job.latest)
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


def why(line: Line, names: Callable[[Collection[str]], str]) -> str:
    """The line in words; `names` says who technicians are."""
    if line.after is None:
        return "No place is left for it in this day"
    if line.before is None:
        return f"Gets a place with {names(line.after.technicians)}"
    said = []
    if line.before.technicians != line.after.technicians:
        said.append(f"{names(line.after.technicians)} instead of {names(line.before.technicians)}")
    minutes = round((line.after.starts - line.before.starts) / 60)
    if abs(minutes) >= 5:
        said.append(f"{abs(minutes)} min {'later' if minutes > 0 else 'earlier'}")
    if line.misses_promise:
        said.append(f"{_late(line)} min after its window")
    text = ", ".join(said)
    return text[:1].upper() + text[1:]


def _late(line: Line) -> int:
    assert line.after is not None
    return max(1, round((line.after.starts - line.job.latest) / 60))


def _iso(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat()
