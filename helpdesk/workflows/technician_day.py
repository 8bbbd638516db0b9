"""What a technician's phone keeps for a day without a net: today and tomorrow, each visit with
what is needed at the door, and nothing more.

A handful of statements however many visits there are. The customer's number is left out wherever
the carrier can connect both without showing it. Not for articles (`technician_articles`), which
change seldom, nor for what the technician did (`technician_sync`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from helpdesk.core.errors import Conflict
from helpdesk.core.work import Work
from helpdesk.customers.contact_points import shown_phone
from helpdesk.customers.models import ContactPoint, Customer
from helpdesk.field_service import passes, queries, signed
from helpdesk.field_service.models import Route, RouteStop, Visit, VisitPlace
from helpdesk.field_service.models_crew import Part, Technician, VanStock, VisitType
from helpdesk.field_service.models_work import VisitFile, VisitReport, VisitWork
from helpdesk.identity.models import User
from helpdesk.workflows import technician_calling
from helpdesk.workflows.technician_beside import asset_facts, before_at, stories

DAYS = 2  # today and tomorrow
LOOKED_BACK = timedelta(days=7)
MOST_PARTS = 500
NOT_SET_UP = "You are not set up as a technician yet. Ask an administrator."


def technician(work: Work) -> Technician:
    """The actor's own row; Conflict where an administrator has made none."""
    found = work.session.get(Technician, work.actor.id)
    if found is None or not found.is_active:
        raise Conflict(NOT_SET_UP, code="no_technician")
    return found


def day(work: Work) -> dict[str, Any]:
    me = technician(work)
    today = work.at.astimezone(ZoneInfo(me.zone)).date()
    wanted = [today + timedelta(days=ahead) for ahead in range(DAYS)]
    rows = _stops(work, me.user_id, today, wanted)
    stops = [stop for stop, _ in rows]
    return {
        "now": work.at.isoformat(),
        "zone": me.zone,
        "start": {"lat": me.start_lat, "lon": me.start_lon},
        "days": _days(rows, wanted),
        "visits": _visits(work, me, stops),
        "parts": parts(work, me.user_id),
        "types": [{"id": one.id, "name": one.name} for one in queries.types(work)],
        "words": signed.WORDS,
    }


def parts(work: Work, technician_id: str) -> list[dict[str, Any]]:
    """What may be used: everything in use, with how many are in this van."""
    rows = work.session.execute(
        select(Part, VanStock.quantity)
        .outerjoin(
            VanStock, (VanStock.part_id == Part.id) & (VanStock.technician_id == technician_id)
        )
        .where(Part.is_active.is_(True))
        .order_by(Part.name, Part.id)
        .limit(MOST_PARTS)
    ).all()
    return [
        {"id": part.id, "sku": part.sku, "name": part.name, "quantity": quantity or 0}
        for part, quantity in rows
    ]


def _stops(
    work: Work, technician_id: str, today: date, wanted: Sequence[date]
) -> list[tuple[queries.Stop, date]]:
    """Those of the wanted days in order, and before them what was begun and never ended."""
    rows = work.session.execute(
        select(RouteStop, Visit, Route.day)
        .join(Visit, Visit.id == RouteStop.visit_id)
        .join(Route, Route.id == RouteStop.route_id)
        .where(
            RouteStop.technician_id == technician_id,
            Route.day >= today - LOOKED_BACK,
            Route.day <= wanted[-1],
            (Route.day >= today) | Visit.state.in_(("travelling", "on_site")),
        )
        .order_by(RouteStop.starts_at, RouteStop.id)
    ).all()
    return [(queries.Stop(stop, visit), of_day) for stop, visit, of_day in rows]


def _days(
    rows: Sequence[tuple[queries.Stop, date]], wanted: Sequence[date]
) -> list[dict[str, Any]]:
    """By the day of the route; what was begun before today stands at the top of today."""
    by_day: dict[date, list[str]] = {one: [] for one in wanted}
    for stop, of_day in rows:
        by_day[max(of_day, wanted[0])].append(stop.visit.id)
    return [{"day": one.isoformat(), "visits": ids} for one, ids in sorted(by_day.items())]


def _visits(work: Work, me: Technician, stops: Sequence[queries.Stop]) -> dict[str, Any]:
    visits = [one.visit for one in stops]
    ids = [one.id for one in visits]
    places = _by_id(work, VisitPlace, (one.place_id for one in visits))
    types = _by_id(work, VisitType, (one.visit_type_id for one in visits))
    people = _customers(work, me, {one.customer_id for one in visits})
    works = {
        row.visit_id: row
        for row in work.session.scalars(select(VisitWork).where(VisitWork.visit_id.in_(ids)))
    }
    reports, files = _reports(work, ids), _files(work, ids)
    crews = _crews(work, me.user_id, [one.id for one in visits if one.crew > 1])
    told = stories(work, visits)
    assets = asset_facts(work, visits)
    before = before_at(work, visits)
    return {
        visit.id: {
            **_facts(visit, stop, me),
            "type": _type(types[visit.visit_type_id], people[visit.customer_id]["language"]),
            "customer": people[visit.customer_id],
            "place": _place(places[visit.place_id]),
            "asset": assets.get(visit.asset_id or ""),
            "ticket": told.get(visit.ticket_id or ""),
            "crew": crews.get(visit.id, []),
            "before": [one for one in before.get(visit.place_id, []) if one["id"] != visit.id],
            "work": _work(works.get(visit.id), reports.get(visit.id)),
            "files": files.get(visit.id, []),
            "report": _report(visit.id, reports.get(visit.id)),
        }
        for visit, stop in ((one.visit, one.stop) for one in stops)
    }


def _facts(visit: Visit, stop: RouteStop, me: Technician) -> dict[str, Any]:
    window = None
    if visit.window_starts_at is not None and visit.window_ends_at is not None:
        window = {
            "starts_at": visit.window_starts_at.isoformat(),
            "ends_at": visit.window_ends_at.isoformat(),
        }
    return {
        "id": visit.id,
        "number": visit.number,
        "pass": passes.made(visit.id, me.user_id),
        "version": visit.version,
        "state": visit.state,
        "outcome": visit.outcome,
        "note": visit.note,
        "window": window,
        "planned_at": stop.starts_at.isoformat(),
        "duration_s": visit.duration_s,
        "travel_s": stop.travel_s,
        "travel_source": stop.travel_source,
        "is_lead": stop.is_lead,
        "parts": visit.parts,
        **{
            name: moment.isoformat() if (moment := getattr(visit, name)) is not None else None
            for name in ("departed_at", "arrived_at", "finished_at")
        },
    }


def _type(kind: VisitType, language: str) -> dict[str, Any]:
    return {
        "id": kind.id,
        "name": kind.name,
        "customer_name": kind.names.get(language) or kind.name,
        "needs_signature": kind.needs_signature,
        "checklist": kind.checklist,
    }


def _place(place: VisitPlace) -> dict[str, Any]:
    return {name: getattr(place, name) for name in ("name", "address", "access", "lat", "lon")}


def _customers(work: Work, me: Technician, ids: Iterable[str]) -> dict[str, dict[str, Any]]:
    wanted = sorted(ids)
    masked, can_call = technician_calling.is_masked(work), technician_calling.can_call(work, me)
    phones: dict[str, str] = {}
    rows = work.session.scalars(
        select(ContactPoint)
        .where(ContactPoint.customer_id.in_(wanted), ContactPoint.kind == "phone")
        .order_by(ContactPoint.is_preferred.desc(), ContactPoint.id)
    )
    for row in rows:
        phones.setdefault(row.customer_id, row.value)
    people = work.session.scalars(select(Customer).where(Customer.id.in_(wanted)))
    return {
        one.id: {
            "name": one.name or "Customer",
            "language": signed.language_of(one.language),
            "can_call": can_call and one.id in phones,
            "phone": shown_phone(phones[one.id]) if one.id in phones and not masked else "",
        }
        for one in people
    }


def _crews(work: Work, me: str, ids: Sequence[str]) -> Mapping[str, list[str]]:
    """Who else comes, by visit."""
    found: dict[str, list[str]] = defaultdict(list)
    if not ids:
        return found
    rows = work.session.execute(
        select(RouteStop.visit_id, User.name)
        .join(User, User.id == RouteStop.technician_id)
        .where(RouteStop.visit_id.in_(ids), RouteStop.technician_id != me)
        .order_by(User.name)
    ).all()
    for visit_id, name in rows:
        found[visit_id].append(name)
    return found


def _reports(work: Work, ids: Sequence[str]) -> dict[str, VisitReport]:
    """The newest of each visit."""
    rows = work.session.scalars(
        select(VisitReport).where(VisitReport.visit_id.in_(ids)).order_by(VisitReport.version)
    )
    return {row.visit_id: row for row in rows}


def _files(work: Work, ids: Sequence[str]) -> Mapping[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    rows = work.session.scalars(
        select(VisitFile)
        .where(VisitFile.visit_id.in_(ids))
        .order_by(VisitFile.visit_id, VisitFile.taken_at, VisitFile.id)
    )
    for row in rows:
        found[row.visit_id].append(
            {
                "id": row.id,
                "name": row.name,
                "key": row.key,
                "taken_at": row.taken_at.isoformat(),
                "is_complete": row.attachment_id is not None,
            }
        )
    return found


def _work(row: VisitWork | None, report: VisitReport | None) -> dict[str, Any]:
    signature = None
    if report is not None and report.signed_at is not None:
        signature = {
            "name": report.signed_name,
            "at": report.signed_at.isoformat(),
            "digest": report.digest,
        }
    return {
        "checklist": row.checklist if row else {},
        "parts_used": row.parts_used if row else [],
        "spent_s": row.spent_s if row else None,
        "note": row.note if row else "",
        "signature": signature,
    }


def _report(visit_id: str, report: VisitReport | None) -> dict[str, Any] | None:
    if report is None:
        return None
    return {"version": report.version, "url": f"/tech/visits/{visit_id}/report.pdf"}


def _by_id(work: Work, table: Any, ids: Iterable[str]) -> dict[str, Any]:
    rows = work.session.scalars(select(table).where(table.id.in_(sorted(set(ids)))))
    return {row.id: row for row in rows}
