"""When the technician comes, as far as its customer may know: the time, and roughly where they are.

A position is told only between leaving and arriving, as the middle of a square of about half a
kilometre, and nothing of other stops. Nothing is told where the phone has sent none.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from helpdesk.core.work import Work
from helpdesk.customers.models import TimelineEntry
from helpdesk.field_service.listing import Line
from helpdesk.field_service.models import RouteStop, Visit, VisitPlace, VisitPromise
from helpdesk.field_service.models_crew import TechnicianPosition
from helpdesk.identity.models import User

SQUARE_KM = 0.5
FRESH = timedelta(minutes=15)
_KM_OF_DEGREE = 111.32


@dataclass(frozen=True, slots=True)
class Where:
    """The middle of a square; `east_km` and `north_km` from the visited place, `at` when."""

    lat: float
    lon: float
    east_km: float
    north_km: float
    at: datetime

    @property
    def km(self) -> float:
        return math.hypot(self.east_km, self.north_km)


@dataclass(frozen=True, slots=True)
class Coming:
    """`name` as customers know the technician; `source` says where the time comes from: plan,
    forecast (simulated from the day so far) or what the drive's own estimate was.
    """

    name: str
    eta: datetime | None
    source: str
    where: Where | None = None


def of(work: Work, visit: Visit) -> Coming:
    """Of a visit that its reader may see."""
    stop = work.session.scalar(
        select(RouteStop)
        .where(RouteStop.visit_id == visit.id)
        .order_by(RouteStop.is_lead.desc())
        .limit(1)
    )
    if stop is None:
        return Coming("", None, "")
    eta, source = _expected(work, visit, stop)
    where = _where(work, visit, stop.technician_id) if visit.state == "travelling" else None
    return Coming(first_name(work, stop.technician_id), eta, source, where)


def at_a_glance(line: Line) -> Coming:
    """For a list, without asking anything more."""
    known = line.public_name or line.technician
    return Coming(_first(known), line.eta, "forecast" if line.eta else "")


def first_name(work: Work, technician_id: str) -> str:
    names = work.session.execute(
        select(User.public_name, User.name).where(User.id == technician_id)
    ).first()
    return _first(names.public_name or names.name) if names is not None else ""


def _first(name: str) -> str:
    return (name.split() or [""])[0]


def missed(work: Work, visits: Sequence[Visit]) -> set[str]:
    """Of these, the ones whose promised window passed without anybody coming."""
    late = [one.id for one in visits if one.state in ("waiting", "booked", "travelling")]
    if not late:
        return set()
    rows = work.session.execute(
        select(VisitPromise.visit_id, VisitPromise.state)
        .where(VisitPromise.visit_id.in_(late))
        .order_by(VisitPromise.made_at)
    )
    newest = {row.visit_id: row.state for row in rows}
    return {visit_id for visit_id, state in newest.items() if state == "broken"}


def _expected(work: Work, visit: Visit, stop: RouteStop) -> tuple[datetime | None, str]:
    if visit.state not in ("booked", "travelling"):
        return None, ""
    foreseen = work.session.scalar(
        select(VisitPromise.eta_p50_at).where(
            VisitPromise.visit_id == visit.id, VisitPromise.state == "open"
        )
    )
    if foreseen is not None:
        return foreseen, "forecast"
    if visit.state == "travelling" and (told := _as_it_left(work, visit)) is not None:
        return told
    return stop.starts_at, "plan"


def _as_it_left(work: Work, visit: Visit) -> tuple[datetime, str] | None:
    """What was expected when the technician set out."""
    rows = work.session.scalars(
        select(TimelineEntry.facts)
        .where(
            TimelineEntry.customer_id == visit.customer_id, TimelineEntry.kind == "visit.departed"
        )
        .order_by(TimelineEntry.at.desc(), TimelineEntry.seq.desc())
        .limit(5)
    )
    for facts in rows:
        if facts.get("visit_id") == visit.id and facts.get("eta"):
            return datetime.fromisoformat(facts["eta"]), str(facts.get("eta_source") or "plan")
    return None


def _where(work: Work, visit: Visit, technician_id: str) -> Where | None:
    place = work.session.get_one(VisitPlace, visit.place_id)
    row = work.session.get(TechnicianPosition, technician_id)
    if row is None or row.visit_id != visit.id or row.at < work.at - FRESH:
        return None
    if place.lat is None or place.lon is None:
        return None
    if visit.departed_at is None or row.at < visit.departed_at:
        return None
    lat, lon = coarse(row.lat, row.lon)
    east = (lon - place.lon) * _KM_OF_DEGREE * math.cos(math.radians(place.lat))
    return Where(lat, lon, east, (lat - place.lat) * _KM_OF_DEGREE, row.at)


def coarse(lat: float, lon: float) -> tuple[float, float]:
    """The middle of the square of about half a kilometre that this lies in."""
    step = SQUARE_KM / _KM_OF_DEGREE
    row = (math.floor(lat / step) + 0.5) * step
    wide = step / max(0.05, math.cos(math.radians(row)))
    return round(row, 5), round((math.floor(lon / wide) + 0.5) * wide, 5)
