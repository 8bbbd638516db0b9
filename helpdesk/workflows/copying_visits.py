"""Visits and places in a customer's copy: what was promised, done and written down about them.

What they would see in the portal, and how to get in as we have noted it: it is about them.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from helpdesk.core.work import Work
from helpdesk.field_service.models import Visit, VisitPlace, VisitPromise
from helpdesk.field_service.models_crew import VisitType
from helpdesk.field_service.models_work import VisitWork
from helpdesk.workflows import visit_tickets


def visits(work: Work, customer_id: str, language: str) -> list[dict[str, Any]]:
    """The oldest first, in one pass."""
    rows = work.session.execute(
        select(Visit, VisitType, VisitPlace.address, VisitWork)
        .join(VisitType, VisitType.id == Visit.visit_type_id)
        .join(VisitPlace, VisitPlace.id == Visit.place_id)
        .outerjoin(VisitWork, VisitWork.visit_id == Visit.id)
        .where(Visit.customer_id == customer_id)
        .order_by(Visit.created_at, Visit.id)
    ).all()
    promised = _promised(work, customer_id)
    return [_told(row.Visit, row.VisitType, row.address, row.VisitWork, promised, language)
            for row in rows]  # fmt: skip


def places(work: Work, customer_id: str) -> list[dict[str, Any]]:
    rows = work.session.scalars(
        select(VisitPlace)
        .where(VisitPlace.customer_id == customer_id)
        .order_by(VisitPlace.created_at, VisitPlace.id)
    )
    return [
        {
            "name": row.name,
            "where": row.address,
            "access": row.access,
            "latitude": row.lat,
            "longitude": row.lon,
        }
        for row in rows
    ]


def _told(
    visit: Visit,
    kind: VisitType,
    address: str,
    done: VisitWork | None,
    promised: dict[str, list[str]],
    language: str,
) -> dict[str, Any]:
    return {
        "number": f"V-{visit.number}",
        "kind": visit_tickets.name_of(kind, language),
        "where": address,
        "state": visit.state.replace("_", " "),
        "asked": visit.created_at.isoformat(),
        "promised": "; ".join(promised.get(visit.id, ())),
        "arrived": visit.arrived_at.isoformat() if visit.arrived_at else "",
        "ended": visit.finished_at.isoformat() if visit.finished_at else "",
        "note": visit.note,
        "done": done.note if done else "",
    }


def _promised(work: Work, customer_id: str) -> dict[str, list[str]]:
    """Every window they were told, by visit, with what became of it."""
    found: dict[str, list[str]] = {}
    rows = work.session.scalars(
        select(VisitPromise)
        .where(VisitPromise.customer_id == customer_id)
        .order_by(VisitPromise.made_at)
    )
    for row in rows:
        told = f"{row.starts_at:%Y-%m-%d %H:%M} - {row.ends_at:%H:%M} UTC, {row.state}"
        found.setdefault(row.visit_id, []).append(told)
    return found
