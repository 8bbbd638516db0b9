"""Rows as jobs of planning: a visit that stands in a route, a window that is held, a new wish.

Not for which routes they stand in (`book`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from helpdesk.field_service import days
from helpdesk.field_service.crew_days import seconds
from helpdesk.field_service.plan import Job, Place

FAR = 1 << 40  # seconds: no limit
SOON = 60
AHEAD = ("booked", "travelling", "on_site")
UNDER_WAY = ("travelling", "on_site")


@dataclass(frozen=True, slots=True)
class Stop:
    """One stop of a route as its rows tell it, held ones included."""

    job: Job
    starts: int
    state: str = "held"
    departed: int | None = None
    arrived: int | None = None
    finished: int | None = None

    @property
    def is_ahead(self) -> bool:
        return self.state == "held" or self.state in AHEAD


@dataclass(frozen=True, slots=True)
class First:
    """What has to come before a visit: others that must be done, the time until its parts come."""

    after: tuple[str, ...] = ()
    not_before: int = 0


def firsts(rows: Iterable[Any]) -> Mapping[str, First]:
    """Unmet needs (visit_id, needs_visit_id, part_id, expected_on) by visit.

    A part is in the van on the morning after it came; one that nobody expects on a day never is.
    """
    found: dict[str, First] = {}
    for row in rows:
        known = found.get(row.visit_id, First())
        if row.needs_visit_id is not None:
            known = replace(known, after=(*known.after, row.needs_visit_id))
        else:
            known = replace(known, not_before=max(known.not_before, part_ready(row.expected_on)))
        found[row.visit_id] = known
    return found


def part_ready(expected_on: date | None) -> int:
    if expected_on is None:
        return FAR
    return days.begins(expected_on + timedelta(days=1), 0, "UTC")


def of_visit(
    row: Any, technician_place: Place, after: Sequence[str] = (), not_before: int = 0
) -> Job:
    """A visit (or a row with its columns, `lat` and `lon`) as it has to be planned."""
    has_window = row.window_starts_at is not None
    earliest = seconds(row.window_starts_at) if has_window else _earliest(row)
    latest = seconds(row.window_ends_at) if has_window else FAR
    if row.lock_from is not None:
        earliest = max(earliest, seconds(row.lock_from))
    if row.lock_to is not None:
        latest = min(latest, seconds(row.lock_to))
    earliest = max(earliest, not_before)
    return Job(
        id=row.id,
        place=technician_place if row.lat is None else Place(row.lat, row.lon),
        duration_s=row.duration_s,
        earliest=earliest,
        latest=max(earliest, latest),
        skills=row.skills,
        parts=row.parts,
        crew=row.crew,
        only=frozenset((row.lock_technician_id,)) if row.lock_technician_id else None,
        after=tuple(after),
        priority=row.priority,
        due=seconds(row.due_at) if row.due_at else None,
        promised=has_window,
        extra_s=max(row.duration_p80_s - row.duration_s, 0),
    )


def _earliest(row: Any) -> int:
    return seconds(row.earliest_at) if row.earliest_at is not None else 0


def under_way(stop: Stop, now: int) -> Job:
    """What is left of a visit that somebody drives to or works at: nothing moves it any more."""
    job = stop.job
    left = job.duration_s
    if stop.arrived is not None:
        left = max(stop.arrived + job.duration_s - now, SOON)
    return Job(
        id=job.id, place=job.place, duration_s=left, earliest=0, latest=FAR, parts=job.parts,
        crew=1, priority=job.priority, extra_s=job.extra_s,
    )  # fmt: skip


def to_json(job: Job) -> dict[str, Any]:
    """The job as a held window keeps it."""
    return {
        "id": job.id,
        "lat": job.place.lat,
        "lon": job.place.lon,
        "duration_s": job.duration_s,
        "extra_s": job.extra_s,
        "earliest": job.earliest,
        "latest": job.latest,
        "skills": dict(job.skills),
        "parts": dict(job.parts),
        "crew": job.crew,
        "only": sorted(job.only) if job.only is not None else None,
        "not_with": sorted(job.not_with),
        "prefers": job.prefers,
        "priority": job.priority,
        "due": job.due,
        "territory": job.territory,
    }


def from_json(kept: Mapping[str, Any]) -> Job:
    only = kept.get("only")
    return Job(
        id=kept["id"],
        place=Place(kept["lat"], kept["lon"]),
        duration_s=kept["duration_s"],
        earliest=kept["earliest"],
        latest=kept["latest"],
        skills=kept["skills"],
        parts=kept["parts"],
        crew=kept["crew"],
        only=frozenset(only) if only is not None else None,
        not_with=frozenset(kept.get("not_with", ())),
        prefers=kept.get("prefers"),
        priority=kept["priority"],
        due=kept.get("due"),
        territory=kept.get("territory"),
        extra_s=kept.get("extra_s", 0),
    )
