"""A visit as the dispatch board knows it, in a row or in the list of those in none.

Not for days and rows (`dispatch_day`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from helpdesk.core.paging import Page, clamp_limit, cut, keyset
from helpdesk.core.work import Work
from helpdesk.customers.called import called, shown
from helpdesk.customers.models import Customer
from helpdesk.field_service import places
from helpdesk.field_service.crew_days import seconds
from helpdesk.field_service.models import Visit, VisitPlace, VisitPromise
from helpdesk.field_service.permissions import visible


def waiting(
    work: Work,
    *,
    kind: str | None = None,
    words: str = "",
    cursor: str | None = None,
    limit: int | None = None,
) -> tuple[Sequence[dict[str, Any]], str | None]:
    """Visits in no route: the most urgent first, then who has waited longest."""
    most = clamp_limit(limit, default=50)
    wanted = visible(work, statement().where(Visit.state == "waiting"))
    if kind:
        wanted = wanted.where(Visit.visit_type_id == kind)
    if words:
        wanted = wanted.where(_worded(words))
    columns = (Visit.priority.expression, Visit.id.expression)
    rows = work.session.execute(
        keyset(wanted, columns, cursor=cursor, limit=most, descending=False)
    ).all()
    found: Page[Any] = cut(rows, most, lambda row: [row.priority, row.id])
    return [told(row) for row in found.items], found.next_cursor


def visit(work: Work, visit_id: str) -> dict[str, Any] | None:
    """One visit as the board knows it, wherever it stands."""
    row = work.session.execute(visible(work, statement().where(Visit.id == visit_id))).first()
    return told(row) if row else None


def statement() -> Any:
    """What the board says of a visit, with its customer's name, place and open promise."""
    return (
        select(
            Visit.id, Visit.number, Visit.state, Visit.visit_type_id, Visit.priority, Visit.due_at,
            Visit.earliest_at, Visit.duration_s, Visit.crew, Visit.skills, Visit.window_starts_at,
            Visit.window_ends_at, Visit.lock_technician_id, Visit.lock_from, Visit.lock_to,
            Visit.created_at, Visit.version,
            called().label("customer"), VisitPlace.address, VisitPlace.postcode, VisitPlace.lat,
            VisitPlace.lon, VisitPromise.risk,
        )
        .join(Customer, Customer.id == Visit.customer_id)
        .join(VisitPlace, VisitPlace.id == Visit.place_id)
        .outerjoin(
            VisitPromise,
            (VisitPromise.visit_id == Visit.id) & (VisitPromise.state == "open"),
        )
    )  # fmt: skip


def _worded(words: str) -> Any:
    """A number (V-10001 or 10001), or the beginning of the customer's name or of the address."""
    number = words.upper().removeprefix("V-").strip()
    if number.isascii() and number.isdigit() and len(number) < 10:
        return Visit.number == int(number)
    like = words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return Customer.name.ilike(f"%{like}%", escape="\\") | VisitPlace.address.ilike(
        f"%{like}%", escape="\\"
    )


def told(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "number": row.number,
        "state": row.state,
        "type": row.visit_type_id,
        "priority": row.priority,
        "customer": shown(row.customer),
        "place": places.written(row.address, row.postcode),
        "lat": row.lat,
        "lon": row.lon,
        "window": _pair(row.window_starts_at, row.window_ends_at),
        "risk": None if row.risk is None else round(row.risk, 2),
        "due": _second(row.due_at),
        "earliest": _second(row.earliest_at),
        "created": seconds(row.created_at),
        "duration": row.duration_s,
        "crew": row.crew,
        "skills": row.skills,
        "lock": _lock(row),
        "version": row.version,
    }


def taken(row: Any) -> dict[str, Any]:
    """Another team's visit: that somebody is there, and nothing else."""
    bare = told(row)
    hidden: dict[str, Any] = {
        "customer": "",
        "place": "",
        "lat": None,
        "lon": None,
        "skills": {},
        "risk": None,
        "window": None,
        "due": None,
        "lock": None,
        "hidden": True,
    }
    return bare | hidden


def _lock(row: Any) -> list[Any] | None:
    found = [row.lock_technician_id, _second(row.lock_from), _second(row.lock_to)]
    return found if any(found) else None


def _pair(starts: datetime | None, ends: datetime | None) -> list[int] | None:
    return [seconds(starts), seconds(ends)] if starts and ends else None


def _second(at: datetime | None) -> int | None:
    return seconds(at) if at is not None else None
