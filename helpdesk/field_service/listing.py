"""Visits as lists show them: each with its kind, place, technician and promise, in one statement.

Not for the board (`queries`), and not for words.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Row, Select, and_, exists, select

from helpdesk.core.ids import is_id
from helpdesk.core.paging import Page, clamp_limit, cut, keyset
from helpdesk.core.work import Work
from helpdesk.field_service import steps
from helpdesk.field_service.models import RouteStop, Visit, VisitPlace, VisitPromise
from helpdesk.field_service.models_crew import VisitType
from helpdesk.field_service.permissions import visible
from helpdesk.identity.models import User

Shown = Literal["waiting", "upcoming", "past"]
MOST_OF_ONE = 20


@dataclass(frozen=True, slots=True)
class Line:
    """A visit with what its reader wants to know at a glance. `eta` while it is open."""

    visit: Visit
    kind: VisitType
    place: VisitPlace
    technician_id: str | None
    technician: str
    public_name: str  # of the technician, for customers
    eta: datetime | None
    risk: float | None
    is_at_risk: bool

    @property
    def is_open(self) -> bool:
        return not steps.is_over(self.visit.state)

    @property
    def window(self) -> tuple[datetime, datetime] | None:
        starts, ends = self.visit.window_starts_at, self.visit.window_ends_at
        return (starts, ends) if starts is not None and ends is not None else None


_SHOWN: tuple[Any, ...] = (
    Visit,
    VisitType,
    VisitPlace,
    RouteStop.technician_id,
    User.name.label("technician"),
    User.public_name,
    VisitPromise.eta_p50_at,
    VisitPromise.risk,
    VisitPromise.at_risk_since,
)
_LINES: Select[Any] = (
    select(*_SHOWN)
    .join(VisitType, VisitType.id == Visit.visit_type_id)
    .join(VisitPlace, VisitPlace.id == Visit.place_id)
    .outerjoin(RouteStop, and_(RouteStop.visit_id == Visit.id, RouteStop.is_lead.is_(True)))
    .outerjoin(User, User.id == RouteStop.technician_id)
    .outerjoin(VisitPromise, and_(VisitPromise.visit_id == Visit.id, VisitPromise.state == "open"))
)


def of_ticket(work: Work, ticket_id: str) -> list[Line]:
    """The newest first; the caller has asked that the ticket is seen."""
    return _some(work, _LINES.where(Visit.ticket_id == ticket_id), MOST_OF_ONE)


def of_customer(work: Work, customer_id: str, limit: int = MOST_OF_ONE) -> list[Line]:
    """The newest first; the caller has asked that the customer is seen."""
    return _some(work, _LINES.where(Visit.customer_id == customer_id), limit)


def one(work: Work, visit_id: str) -> Line:
    """The caller has asked that it is seen."""
    row = work.session.execute(_LINES.where(Visit.id == visit_id).limit(1)).one()
    return _line(row)


def page(
    work: Work,
    show: Shown,
    *,
    visit_type_id: str = "",
    technician_id: str = "",
    cursor: str | None = None,
    limit: int | None = None,
) -> Page[Line]:
    """What the actor sees: waiting by urgency, upcoming by time, past from the newest on."""
    most = clamp_limit(limit)
    wanted = visible(work, _LINES)
    if is_id(visit_type_id):
        wanted = wanted.where(Visit.visit_type_id == visit_type_id)
    if is_id(technician_id):
        theirs = select(RouteStop.id).where(
            RouteStop.visit_id == Visit.id, RouteStop.technician_id == technician_id
        )
        # Its own alias: the lead that is shown may be somebody else.
        wanted = wanted.where(exists(theirs.correlate(Visit)))
    wanted, columns, falling = _ordered(wanted, show)
    rows = work.session.execute(
        keyset(wanted, columns, cursor=cursor, limit=most, descending=falling)
    ).all()
    found = cut(rows, most, lambda row: _place(row.Visit, show))
    return Page([_line(row) for row in found.items], found.next_cursor)


def by_number(work: Work, number: int) -> Visit | None:
    """As somebody types it; None when it is not there or not the actor's to see."""
    if number >= 2**63:
        return None
    return work.session.scalar(visible(work, select(Visit).where(Visit.number == number)))


def _ordered(wanted: Select[Any], show: Shown) -> tuple[Select[Any], tuple[Any, ...], bool]:
    by = Visit.id.expression
    if show == "waiting":
        return wanted.where(Visit.state == "waiting"), (Visit.priority.expression, by), False
    if show == "upcoming":
        ahead = wanted.where(Visit.state.in_(steps.AHEAD), Visit.planned_at.is_not(None))
        return ahead, (Visit.planned_at.expression, by), False
    return wanted.where(Visit.state.in_(steps.OVER)), (Visit.created_at.expression, by), True


def _place(row: Visit, show: Shown) -> list[Any]:
    first = {"waiting": row.priority, "upcoming": row.planned_at, "past": row.created_at}[show]
    return [first, row.id]


def _some(work: Work, wanted: Select[Any], limit: int) -> list[Line]:
    rows = work.session.execute(
        wanted.order_by(Visit.created_at.desc(), Visit.id.desc()).limit(limit)
    ).all()
    return sorted(map(_line, rows), key=_soonest_first)


def _soonest_first(one: Line) -> tuple[bool, float]:
    """What is to come by its time, then what is over from the newest on."""
    when = one.visit.window_starts_at or one.visit.planned_at or one.visit.created_at
    return (not one.is_open, when.timestamp() if one.is_open else -when.timestamp())


def _line(row: Row[Any]) -> Line:
    return Line(
        visit=row.Visit,
        kind=row.VisitType,
        place=row.VisitPlace,
        technician_id=row.technician_id,
        technician=row.technician or "",
        public_name=row.public_name or "",
        eta=row.eta_p50_at,
        risk=row.risk,
        is_at_risk=row.at_risk_since is not None,
    )
