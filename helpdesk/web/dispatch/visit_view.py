"""What stands of a visit beside the board: facts, locks, crew, how to warn, the promise ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from helpdesk.core.work import Work
from helpdesk.customers.called import called_by
from helpdesk.field_service import permissions, places, promises, service, settings
from helpdesk.field_service.crew_days import seconds
from helpdesk.field_service.models import RouteStop, Visit, VisitPlace, VisitPromise
from helpdesk.field_service.models_crew import VisitType
from helpdesk.identity.models import User
from helpdesk.routing.models import Skill
from helpdesk.tickets.queries import numbers_of
from helpdesk.web.agent.work_pane import name_or_unknown
from helpdesk.web.presenting import duration
from helpdesk.workflows import dispatch_warning

STATES = {
    "waiting": ("Not planned", "warning", "hourglass"),
    "booked": ("Booked", "info", "calendar-clock"),
    "travelling": ("On the way", "info", "truck"),
    "on_site": ("On site", "info", "wrench"),
    "done": ("Done", "success", "check"),
    "no_access": ("Nobody there", "quiet", "circle-off"),
    "cancelled": ("Cancelled", "quiet", "x"),
}
PROMISES = {
    "open": ("Open", "info", "hourglass"),
    "kept": ("Kept", "success", "check"),
    "broken": ("Broken", "danger", "circle-alert"),
    "moved": ("Moved by the customer", "quiet", "arrow-right"),
    "withdrawn": ("Called off", "quiet", "x"),
    "changed": ("Changed by us", "warning", "arrow-right"),
}


@dataclass(frozen=True, slots=True)
class Goes:
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class LedgerLine:
    word: str
    tone: str
    icon: str
    hours: str
    made_at: datetime
    late: str
    warned_at: datetime | None


def beside(work: Work, visit_id: str) -> dict[str, Any]:
    """Everything that templates/dispatch/visit.html shows; NotFound as everywhere."""
    visit = permissions.get_visible(work, visit_id)
    zone = settings.get(work).zone
    stops = service.stops_of(work, visit_id)
    crew = _crew(work, stops)
    kind = work.session.get(VisitType, visit.visit_type_id)
    place = work.session.get_one(VisitPlace, visit.place_id)
    rows = promises.of_visit(work, visit_id)
    open_one = next((row for row in rows if row.state == "open"), None)
    return {
        "visit": visit,
        "kind": kind.name if kind else "Visit",
        "state": STATES[visit.state],
        "customer": name_or_unknown(called_by(work, visit.customer_id)),
        "ticket": numbers_of(work, [visit.ticket_id]).get(visit.ticket_id)
        if visit.ticket_id
        else None,
        "place": place,
        "address": places.written(place.address, place.postcode),
        "crew": crew,
        "crew_choices": [(one.id, f"Only {one.name}") for one in crew],
        "planned": _pair(stops[0].starts_at, stops[0].ends_at, zone) if stops else "",
        "window": _window(visit, zone),
        "skills": _skills(work, visit),
        "risk": bool(open_one and open_one.at_risk_since),
        "locked": _locked(work, visit, zone),
        "lock_times": _lock_times(visit, stops, zone),
        "ways": dispatch_warning.ways(work, visit),
        "warning": dispatch_warning.words(work, visit),
        "ledger": [_line(row, zone) for row in reversed(rows)],
        "may_change": permissions.can_dispatch(work.actor),
    }


def _crew(work: Work, stops: Sequence[RouteStop]) -> list[Goes]:
    ids = [one.technician_id for one in stops]
    if not ids:
        return []
    names = {
        row.id: row.name
        for row in work.session.execute(select(User.id, User.name).where(User.id.in_(ids)))
    }
    return [Goes(one, names.get(one, "Somebody")) for one in ids]


def _skills(work: Work, visit: Visit) -> list[str]:
    if not visit.skills:
        return []
    rows = work.session.execute(select(Skill.id, Skill.name).where(Skill.id.in_(visit.skills)))
    names = {row.id: row.name for row in rows}
    return [f"{names.get(skill, 'a skill')} {level}" for skill, level in visit.skills.items()]


def _locked(work: Work, visit: Visit, zone: str) -> str:
    parts = []
    if visit.lock_technician_id:
        name = work.session.scalar(select(User.name).where(User.id == visit.lock_technician_id))
        parts.append(f"with {name or 'one technician'}")
    low, high = visit.lock_from, visit.lock_to
    if low and low == high:
        parts.append(f"at {_clock(low, zone)}")
    elif low and high:
        parts.append(f"to start between {_clock(low, zone)} and {_clock(high, zone)}")
    elif low or high:
        parts.append(f"{'not before' if low else 'not after'} {_clock(low or high, zone)}")
    return f"Locked {' and '.join(parts)}." if parts else ""


def _lock_times(visit: Visit, stops: Sequence[RouteStop], zone: str) -> list[tuple[str, str]]:
    """At its time, within what was promised, or not at all."""
    found = []
    if stops:
        at = seconds(stops[0].starts_at)
        found.append((f"{at} {at}", f"At {_clock(stops[0].starts_at, zone)}"))
    low, high = visit.window_starts_at, visit.window_ends_at
    if low and high:
        words = f"Between {_clock(low, zone)} and {_clock(high, zone)}"
        found.append((f"{seconds(low)} {seconds(high)}", words))
    return [*found, ("any", "At any time")]


def _line(row: VisitPromise, zone: str) -> LedgerLine:
    word, tone, icon = PROMISES[row.state]
    return LedgerLine(
        word=word,
        tone=tone,
        icon=icon,
        hours=_pair(row.starts_at, row.ends_at, zone),
        made_at=row.made_at,
        late=duration(row.late_s) if row.late_s else "",
        warned_at=row.warned_at,
    )


def _window(visit: Visit, zone: str) -> str:
    if visit.window_starts_at is None or visit.window_ends_at is None:
        return ""
    return _pair(visit.window_starts_at, visit.window_ends_at, zone)


def _pair(starts: datetime, ends: datetime, zone: str) -> str:
    day = starts.astimezone(ZoneInfo(zone)).strftime("%a %-d %b")
    return f"{day}, {_clock(starts, zone)} to {_clock(ends, zone)}"


def _clock(at: datetime | None, zone: str) -> str:
    return at.astimezone(ZoneInfo(zone)).strftime("%H:%M") if at else ""
