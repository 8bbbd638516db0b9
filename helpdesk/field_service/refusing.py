"""Why no window can be offered, and what would open one: facts, from the most basic on.

Asked only when there is nothing to offer. Words for these facts are in `pricing`. Not for near
misses of single windows, which `slots` tells.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

import numpy as np

from helpdesk.field_service import fitting
from helpdesk.field_service.board import Board, drive
from helpdesk.field_service.insertion import Reach, reach
from helpdesk.field_service.plan import Job, Route, Shift

Facts: TypeAlias = Mapping[str, Any]


class Span(Protocol):
    """A window's start and end."""

    @property
    def starts(self) -> int: ...

    @property
    def ends(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason with its facts. Kinds and facts:

    `no_shift` nobody works in any window: next_day · `lock` technicians · `territory` territory ·
    `skill` skill, level, nearest (technicians), nearest_level · `parts` part, needed, next_day ·
    `crew` needed, fitting (technicians) · `waits` for (jobs) · `far` travel_s, the shortest way
    there · `full` one_hour_opens (day), short_s, next_day (the first with room after them).
    A day is an ISO date or None.
    """

    kind: str
    facts: Facts = field(default_factory=dict)


def refusal(board: Board, job: Job, windows: Sequence[Span], near_s: int) -> Refusal:
    """The first reason that alone explains the No."""
    missing = [one for one in job.after if any(one == j.id for j in board.plan.unplanned)]
    if missing:
        return Refusal("waits", {"for": missing})
    routes = [row.route for row in board.rows]
    inside = [route for route in routes if _meets(route.shift, windows)]
    if not inside:
        after = [r for r in routes if windows and r.shift.last_end >= windows[0].starts]
        return Refusal("no_shift", {"next_day": _first_day(after)})
    return (
        _misfit(inside, job)
        or _parts(routes, inside, job)
        or _crew(inside, job)
        or _far(board, inside, job)
        or _full(board, windows, near_s, reach(board, job, near_s))
    )


def _misfit(routes: Sequence[Route], job: Job) -> Refusal | None:
    """What all shifts fail by, where none fits; the rarest thing asked first."""
    failed = {fitting.misfit(route.shift, job) for route in routes}
    if None in failed:
        return None
    if failed == {"lock"}:
        return Refusal("lock", {"technicians": sorted(job.only or ())})
    if "skill" not in failed:
        return Refusal("territory", {"territory": job.territory})
    shifts = [r.shift for r in routes if fitting.misfit(r.shift, job) == "skill"]
    return Refusal("skill", _lacking(shifts, job))


def _lacking(shifts: Sequence[Shift], job: Job) -> Facts:
    """The skill that the fewest have at its level, and who comes nearest to it."""

    def able(skill: str) -> int:
        return sum(shift.skills.get(skill, 0) >= job.skills[skill] for shift in shifts)

    skill = min(sorted(job.skills), key=able)
    level = max(
        (s.skills.get(skill, 0) for s in shifts if s.skills.get(skill, 0) < job.skills[skill]),
        default=0,
    )
    nearest = {s.technician_id for s in shifts if level and s.skills.get(skill, 0) == level}
    return {
        "skill": skill,
        "level": job.skills[skill],
        "nearest": sorted(nearest),
        "nearest_level": level,
    }


def _parts(routes: Sequence[Route], inside: Sequence[Route], job: Job) -> Refusal | None:
    able = [route for route in inside if fitting.misfit(route.shift, job) is None]
    if any(fitting.has_parts(fitting.left_in_van(route), job) for route in able):
        return None
    later = [
        route
        for route in routes
        if fitting.misfit(route.shift, job) is None
        and fitting.has_parts(fitting.left_in_van(route), job)
    ]

    def carried(part: str) -> int:
        return max(fitting.left_in_van(route).get(part, 0) for route in able) - job.parts[part]

    part = min(sorted(job.parts), key=carried)
    return Refusal(
        "parts", {"part": part, "needed": job.parts[part], "next_day": _first_day(later)}
    )


def _crew(routes: Sequence[Route], job: Job) -> Refusal | None:
    """Too few people who fit on every day."""
    if job.crew == 1:
        return None
    by_day: dict[str, set[str]] = {}
    for route in routes:
        fits = fitting.misfit(route.shift, job) is None
        if fits and fitting.has_parts(fitting.left_in_van(route), job):
            by_day.setdefault(route.shift.day, set()).add(route.shift.technician_id)
    if any(len(people) >= job.crew for people in by_day.values()):
        return None
    most = max(by_day.values(), key=lambda people: (len(people), sorted(people)), default=set())
    return Refusal("crew", {"needed": job.crew, "fitting": sorted(most)})


def _far(board: Board, routes: Sequence[Route], job: Job) -> Refusal | None:
    """There and back is more than any shift, even if it were empty."""
    able = [r.shift for r in routes if fitting.misfit(r.shift, job) is None]
    ways = []
    for shift in able:
        there = drive(board.travel, shift.origin, job.place)
        back = drive(board.travel, job.place, shift.end)
        ways.append(there)
        if there + job.duration_s + back <= shift.last_end - shift.leaves:
            return None
    return Refusal("far", {"travel_s": min(ways)})


def _full(board: Board, windows: Sequence[Span], near_s: int, known: Reach) -> Refusal:
    misses = sorted(
        (miss[0], windows[n].starts, board.rows[miss[1]].route.shift.day)
        for n in range(len(windows))
        if (miss := known.shortest_miss(windows[n].starts, windows[n].ends)) is not None
    )
    opens = misses[0] if misses and misses[0][0] <= near_s else None
    last = max((window.ends for window in windows), default=0)
    room = np.maximum(known.low, last + 1) <= known.high
    rows = known.cells.rows[room.any(axis=0)]
    return Refusal(
        "full",
        {
            "one_hour_opens": opens[2] if opens else None,
            "short_s": opens[0] if opens else None,
            "next_day": _first_day(board.rows[n].route for n in rows),
        },
    )


def _meets(shift: Shift, windows: Iterable[Span]) -> bool:
    return any(shift.leaves <= one.ends and one.starts <= shift.last_end for one in windows)


def _first_day(routes: Iterable[Route]) -> str | None:
    return min((route.shift.day for route in routes), default=None)
