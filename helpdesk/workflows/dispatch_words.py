"""The plan checker's faults in the words of a dispatcher, with names and hours instead of ids.

Why apart: the checker is pure and knows only ids and seconds. Also which faults a change brings
with it, since a plan that is in trouble already must stay open to mending.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from helpdesk.core.work import Work
from helpdesk.field_service.checking import Fault
from helpdesk.field_service.models import Visit
from helpdesk.field_service.models_crew import Part
from helpdesk.field_service.plan import Job, Plan, Route
from helpdesk.identity.models import User
from helpdesk.routing.models import Skill

if TYPE_CHECKING:
    from helpdesk.field_service.book import Book

_SECONDS = re.compile(r"(\d+) s ")
GRACE_S = 60


@dataclass(frozen=True, slots=True)
class Told:
    """A fault that a person reads: of which visit ("" where it is the day's), of whose row."""

    kind: str
    visit_id: str
    technician_id: str
    text: str


def worse(before: Iterable[Fault], after: Iterable[Fault]) -> list[Fault]:
    """Faults that were not there, or that have grown by more than a minute."""
    known: dict[tuple[str, str, str], int] = {}
    for one in before:
        known[_key(one)] = max(known.get(_key(one), 0), _size(one))
    return [
        one for one in after if _key(one) not in known or _size(one) > known[_key(one)] + GRACE_S
    ]


def in_words(work: Work, plan: Plan, faults: Sequence[Fault], zone: str) -> list[Told]:
    """A few look-ups for all of them together."""
    if not faults:
        return []
    names = _Names.read(work, plan, faults, zone)
    found = []
    for one in faults:
        route = _route_of(plan, one)
        found.append(
            Told(
                one.kind,
                one.job_id,
                route.shift.technician_id if route else "",
                names.sentence(one, plan, route),
            )
        )
    return found


def off_duty(work: Work, seen: Book, keys: Collection[str]) -> list[Told]:
    """Visits that stand outside of what their technician works: off, away, or after the shift."""
    found = []
    for key in sorted(keys):
        route = seen.board.plan.routes.get(key)
        for stop in seen.stops.get(key, ()):
            if stop.state != "booked":
                continue
            ends = stop.starts + stop.job.duration_s
            works = route and route.shift.starts <= stop.starts and ends <= route.shift.last_end
            if not works:
                found.append((key.partition("/")[0], stop.job.id))
    names = _named(work, User.id, User.name, {who for who, _ in found})
    return [
        Told("off_duty", job, who, f"{names.get(who, 'The technician')} doesn't work then.")
        for who, job in found
    ]


def clock(at: int, zone: str) -> str:
    """`14:30` on the wall where the plan is made."""
    return datetime.fromtimestamp(at, ZoneInfo(zone)).strftime("%H:%M")


@dataclass(frozen=True, slots=True)
class _Names:
    people: Mapping[str, str]
    visits: Mapping[str, int]
    skills: Mapping[str, str]
    parts: Mapping[str, str]
    zone: str

    @classmethod
    def read(cls, work: Work, plan: Plan, faults: Sequence[Fault], zone: str) -> _Names:
        people = {route.shift.technician_id for route in plan.routes.values()}
        jobs = plan.jobs()
        needed = {one.job_id for one in faults if one.job_id}
        needed |= {other for key in needed if key in jobs for other in jobs[key].after}
        skills = {s for key in needed if key in jobs for s in jobs[key].skills}
        parts = {p for key in needed if key in jobs for p in jobs[key].parts}
        return cls(
            _named(work, User.id, User.name, people),
            _named(work, Visit.id, Visit.number, needed),
            _named(work, Skill.id, Skill.name, skills),
            _named(work, Part.id, Part.name, parts),
            zone,
        )

    def sentence(self, fault: Fault, plan: Plan, route: Route | None) -> str:
        who = self.people.get(route.shift.technician_id, "The technician") if route else ""
        job = plan.jobs().get(fault.job_id)
        visit = f"V-{self.visits[fault.job_id]}" if fault.job_id in self.visits else "A kept place"
        late = _span(_size(fault))
        if fault.kind == "skill" and job is not None and route is not None:
            return f"{who} lacks {self._lacking(job, route)}."
        if fault.kind == "promise" and job is not None:
            until = self._clock(job.latest)
            return f"{visit} was promised until {until} and would start {late} later."
        if fault.kind == "window":
            return f"{visit} would start {late} later than it may."
        if fault.kind == "shift":
            return f"{who} would be home {late} after the shift."
        if fault.kind == "break":
            return f"The break of {who} would come {late} too late."
        if fault.kind == "parts" and job is not None:
            return f"The van of {who} lacks {self._parts(job)} for {visit}."
        return _PLAIN.get(fault.kind, "{visit} does not fit there.").format(visit=visit, who=who)

    def _lacking(self, job: Job, route: Route) -> str:
        missing = [
            f"{self.skills.get(skill, 'a skill')} {level}"
            for skill, level in job.skills.items()
            if route.shift.skills.get(skill, 0) < level
        ]
        return " and ".join(missing)

    def _parts(self, job: Job) -> str:
        return " and ".join(self.parts.get(part, "a part") for part in job.parts)

    def _clock(self, at: int) -> str:
        return clock(at, self.zone)


_PLAIN = {
    "lock": "{visit} is locked to another technician. Unlock it first.",
    "territory": "{visit} lies outside the territories of {who}.",
    "twice": "{visit} stands in the plan twice.",
    "crew": "{visit} needs its whole crew at one time.",
    "after": "{visit} has to wait for another visit that is not done by then.",
    "frozen": "What {who} has begun stays first.",
}


def _named(work: Work, key: Any, name: Any, ids: Collection[str]) -> dict[str, Any]:
    if not ids:
        return {}
    wanted = select(key, name).where(key.in_(sorted(ids)))
    return {row[0]: row[1] for row in work.session.execute(wanted)}


def _route_of(plan: Plan, fault: Fault) -> Route | None:
    """Whose row shows it: that of the visit, or the one that the checker names first."""
    if not fault.job_id:
        return next((r for r in plan.routes.values() if r.shift.id in fault.text), None)
    holding = [r for r in plan.routes.values() if any(j.id == fault.job_id for j in r.jobs)]
    named = [r for r in holding if r.shift.id in fault.text or r.shift.technician_id in fault.text]
    return next(iter(named or holding), None)


def _key(fault: Fault) -> tuple[str, str, str]:
    timed = _SECONDS.search(fault.text)
    return fault.kind, fault.job_id, fault.text.split()[0] if timed and not fault.job_id else ""


def _size(fault: Fault) -> int:
    found = _SECONDS.search(fault.text)
    return int(found.group(1)) if found else 0


def _span(seconds: int) -> str:
    minutes = max(1, round(seconds / 60))
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d}"
