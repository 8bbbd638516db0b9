"""Rows of complaints: opened, acknowledged, answered, escalated, each told to the audit.

Whoever changes one holds the ticket behind it first. Not for the words (`workflows.complaining`).
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from helpdesk.calendars import queries as calendars
from helpdesk.complaints import settings, terms
from helpdesk.complaints.events import ComplaintEscalated, ComplaintMoved
from helpdesk.complaints.models import Complaint
from helpdesk.core.errors import Conflict, Invalid, NotFound
from helpdesk.core.ids import is_id, new_id
from helpdesk.core.paging import Page, clamp_limit, cut, keyset
from helpdesk.core.work import Work
from helpdesk.customers.field_values import line

ABSENT = "This complaint does not exist."
MOST_LATE = 100


def open_complaint(
    work: Work,
    *,
    ticket_id: str,
    customer_id: str,
    source: str,
    about_ticket_id: str | None = None,
) -> Complaint:
    """Conflict (`is_complaint`) for a ticket that is one already."""
    if find(work, ticket_id) is not None:
        raise Conflict("This ticket is a complaint already.", code="is_complaint")
    given = settings.get(work)
    calendar = calendars.house_hours(work, given.calendar_id)
    acknowledge_by = terms.due(work.at, given.acknowledge_hours, calendar)
    answer_by = terms.due(work.at, given.answer_hours, calendar)
    made = Complaint(
        id=new_id(), ticket_id=ticket_id, customer_id=customer_id,
        about_ticket_id=about_ticket_id, source=source, opened_at=work.at,
        acknowledge_by=acknowledge_by, acknowledged_at=None, answer_by=answer_by,
        answered_at=None, next_due_at=terms.next_due(None, acknowledge_by, None, answer_by),
        outcome="", remedy="", escalated_at=None, escalated_to="", escalated_why="",
        late_told_at=None, withdrawn_at=None, version=1,
    )  # fmt: skip
    work.session.add(made)
    work.session.flush()
    _tell(work, made, "opened", source=source)
    return made


def find(work: Work, ticket_id: str) -> Complaint | None:
    return work.session.scalar(select(Complaint).where(Complaint.ticket_id == ticket_id))


def get(work: Work, complaint_id: str) -> Complaint:
    """By id; whether the actor sees its ticket is asked by the caller."""
    found = work.session.get(Complaint, complaint_id) if is_id(complaint_id) else None
    if found is None:
        raise NotFound(ABSENT)
    return found


def hold(work: Work, ticket_id: str, version: int | None = None) -> Complaint:
    """The complaint of a ticket that the caller holds, freshly read."""
    found = work.session.scalar(
        select(Complaint)
        .where(Complaint.ticket_id == ticket_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound(ABSENT)
    if version is not None and found.version != version:
        raise Conflict("Somebody changed this meanwhile. Look again and repeat.", code="stale")
    return found


def acknowledge(work: Work, row: Complaint) -> None:
    _need_open(row)
    if row.acknowledged_at is not None:
        raise Conflict("This is acknowledged already.", code="no_such_step")
    row.acknowledged_at = work.at
    _moved(work, row)
    _tell(work, row, "acknowledged", late=work.at > row.acknowledge_by)


def answer(work: Work, row: Complaint, *, outcome: str, remedy: str) -> None:
    """The final reply is given; it acknowledges too, where nothing did before."""
    _need_open(row)
    if outcome not in terms.OUTCOMES:
        raise Invalid(fields={"outcome": "Choose what came of it."})
    row.outcome = outcome
    row.remedy = line(remedy, "remedy", longest=500)
    if row.acknowledged_at is None:
        row.acknowledged_at = work.at
    row.answered_at = work.at
    _moved(work, row)
    _tell(work, row, "answered", outcome=outcome, late=work.at > row.answer_by)


def withdraw(work: Work, row: Complaint) -> None:
    """The customer takes it back, or it was opened by mistake."""
    _need_open(row)
    row.withdrawn_at = work.at
    _moved(work, row)
    _tell(work, row, "withdrawn")


def escalate(
    work: Work, row: Complaint, *, role: str, why: str, user_ids: Sequence[str], late: bool = False
) -> None:
    """Those who hold the role are told; saying it again tells them again."""
    _need_open(row)
    row.escalated_at, row.escalated_to = work.at, role
    row.escalated_why = line(why, "why", longest=300, needed=True)
    row.version += 1
    work.session.flush()
    work.emit(
        ComplaintEscalated(
            customer_id=row.customer_id,
            complaint_id=row.id,
            ticket_id=row.ticket_id,
            role=role,
            why=row.escalated_why,
            user_ids=list(user_ids),
            late=late,
        )
    )
    _tell(work, row, "escalated", role=role, late=late)


def late_ones(work: Work) -> Sequence[Complaint]:
    """Open ones whose next deadline is over and of which nobody was told yet, held."""
    return work.session.scalars(
        select(Complaint)
        .where(
            Complaint.answered_at.is_(None),
            Complaint.withdrawn_at.is_(None),
            Complaint.next_due_at < work.at,
            Complaint.late_told_at.is_(None),
        )
        .order_by(Complaint.next_due_at)
        .limit(MOST_LATE)
        .with_for_update(skip_locked=True)
    ).all()


def page(
    work: Work, which: str, *, cursor: str | None = None, limit: int | None = None
) -> Page[Complaint]:
    """For supervisors: open ones by what is due first, or those that are over, the newest first."""
    most = clamp_limit(limit)
    going_on = Complaint.answered_at.is_(None) & Complaint.withdrawn_at.is_(None)
    if which == "open":
        columns = (Complaint.next_due_at.expression, Complaint.id.expression)
        wanted = keyset(
            select(Complaint).where(going_on),
            columns,
            cursor=cursor,
            limit=most,
            descending=False,
        )
        rows = work.session.scalars(wanted).all()
        return cut(rows, most, lambda row: [row.next_due_at, row.id])
    done = (Complaint.opened_at.expression, Complaint.id.expression)
    over = keyset(select(Complaint).where(~going_on), done, cursor=cursor, limit=most)
    rows = work.session.scalars(over).all()
    return cut(rows, most, lambda row: [row.opened_at, row.id])


def is_open(row: Complaint) -> bool:
    return row.answered_at is None and row.withdrawn_at is None


def _need_open(row: Complaint) -> None:
    if not is_open(row):
        raise Conflict("This complaint is over.", code="no_such_step")


def _moved(work: Work, row: Complaint) -> None:
    over = row.answered_at or row.withdrawn_at
    row.next_due_at = terms.next_due(row.acknowledged_at, row.acknowledge_by, over, row.answer_by)
    row.late_told_at = None
    row.version += 1
    work.session.flush()


def _tell(work: Work, row: Complaint, what: str, **details: object) -> None:
    work.emit(
        ComplaintMoved(
            customer_id=row.customer_id,
            complaint_id=row.id,
            ticket_id=row.ticket_id,
            what=what,
            outcome=row.outcome,
        )
    )
    work.audit(f"complaint.{what}", "complaint", row.id, ticket_id=row.ticket_id, **details)
