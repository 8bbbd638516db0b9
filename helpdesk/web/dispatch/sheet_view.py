"""A technician's day as it goes on paper: where, when, who, what to bring. Not for the phone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from helpdesk.core.work import Work
from helpdesk.customers.called import called, shown
from helpdesk.customers.models import ContactPoint, Customer
from helpdesk.field_service import queries
from helpdesk.field_service.models import RouteStop, Visit, VisitPlace
from helpdesk.field_service.models_crew import Part, Technician, VisitType
from helpdesk.field_service.permissions import visible
from helpdesk.field_service.places import written
from helpdesk.field_service.queries import Stop
from helpdesk.identity.models import User
from helpdesk.workflows import dispatch_day


def sheet(work: Work, technician_id: str, day: date) -> dict[str, Any] | None:
    """What templates/dispatch/sheet.html shows; None for somebody who is no technician."""
    row = work.session.get(Technician, technician_id)
    name = work.session.scalar(select(User.name).where(User.id == technician_id))
    if row is None or name is None:
        return None
    _, stops = queries.route_of(work, technician_id, day)
    person = dispatch_day.crew_of(work, day).people.get(technician_id)
    hours = person.day(day) if person else None
    return {
        "name": name,
        "day_word": day.strftime("%A, %-d %B %Y"),
        "hours": f"{_clock(hours.starts, row.zone)} to {_clock(hours.ends, row.zone)}"
        if hours
        else "",
        "start_name": row.start_name,
        "as_of": work.at.astimezone(ZoneInfo(row.zone)).strftime("%-d %B, %H:%M"),
        "stops": _told(work, _seen(work, stops), technician_id, row.zone),
    }


def _seen(work: Work, stops: Sequence[Stop]) -> list[Stop]:
    ids = [one.visit.id for one in stops if one.visit.state != "cancelled"]
    if not ids:
        return []
    seen = set(work.session.scalars(visible(work, select(Visit.id).where(Visit.id.in_(ids)))))
    return [one for one in stops if one.visit.id in seen]


def _told(work: Work, stops: Sequence[Stop], technician_id: str, zone: str) -> list[dict[str, Any]]:
    """One look-up of each kind for the whole day."""
    visits = [one.visit for one in stops]
    kinds = _rows(work, VisitType, {one.visit_type_id for one in visits})
    places = _rows(work, VisitPlace, {one.place_id for one in visits})
    parts = _rows(work, Part, {key for one in visits for key in one.parts})
    customers = _customers(work, {one.customer_id for one in visits})
    crews = _crews(work, {one.id for one in visits if one.crew > 1}, technician_id)
    found = []
    for one in stops:
        visit, place = one.visit, places[one.visit.place_id]
        kind = kinds[visit.visit_type_id]
        window = visit.window_starts_at and visit.window_ends_at
        found.append(
            {
                "number": visit.number,
                "starts": _wall(one.stop.starts_at, zone),
                "ends": _wall(one.stop.ends_at, zone),
                "drive": round(one.stop.travel_s / 60),
                "kind": kind.name,
                "crew": ", ".join(crews.get(visit.id, ())),
                "customer": customers[visit.customer_id][0] or "Unknown customer",
                "phone": customers[visit.customer_id][1],
                "place": written(place.address, place.postcode),
                "access": place.access,
                "note": visit.note,
                "checklist": [line.get("text", "") for line in kind.checklist],
                "window": f"{_wall(visit.window_starts_at, zone)}–"
                f"{_wall(visit.window_ends_at, zone)}"
                if window
                else "",
                "parts": ", ".join(
                    f"{count} × {parts[key].name}"
                    for key, count in visit.parts.items()
                    if key in parts
                ),
            }
        )
    return found


def _rows(work: Work, table: Any, ids: Collection[str]) -> Mapping[str, Any]:
    if not ids:
        return {}
    rows = work.session.scalars(select(table).where(table.id.in_(sorted(ids))))
    return {row.id: row for row in rows}


def _customers(work: Work, ids: Collection[str]) -> dict[str, tuple[str, str]]:
    """Name and the number to ring at the door."""
    if not ids:
        return {}
    names = work.session.execute(
        select(Customer.id, called()).where(Customer.id.in_(sorted(ids)))
    ).all()
    phones: dict[str, str] = {}
    for who, number in work.session.execute(
        select(ContactPoint.customer_id, ContactPoint.value)
        .where(ContactPoint.customer_id.in_(sorted(ids)), ContactPoint.kind == "phone")
        .order_by(ContactPoint.is_preferred.desc(), ContactPoint.id)
    ):
        phones.setdefault(who, shown(number))
    return {row[0]: (shown(row[1]), phones.get(row[0], "")) for row in names}


def _crews(work: Work, ids: Collection[str], but: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    if ids:
        for visit_id, name in work.session.execute(
            select(RouteStop.visit_id, User.name)
            .join(User, User.id == RouteStop.technician_id)
            .where(RouteStop.visit_id.in_(sorted(ids)), RouteStop.technician_id != but)
            .order_by(User.name)
        ):
            found[visit_id].append(name)
    return found


def _wall(at: datetime | None, zone: str) -> str:
    return at.astimezone(ZoneInfo(zone)).strftime("%H:%M") if at else ""


def _clock(at: int, zone: str) -> str:
    return datetime.fromtimestamp(at, ZoneInfo(zone)).strftime("%H:%M")
