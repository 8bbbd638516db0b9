"""Rows of returns: opened, moved a step, each step with its deadline.

Whoever moves one holds the ticket behind it first. Not for whether something may come back
(`rules`), nor for the words to the customer and the ticket (`workflows.returning`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from helpdesk.calendars import queries as calendars
from helpdesk.core.errors import Conflict, NotFound
from helpdesk.core.ids import is_id, new_id
from helpdesk.core.paging import Page, clamp_limit, cut, keyset
from helpdesk.core.work import Work
from helpdesk.returns import settings, steps
from helpdesk.returns.events import ReturnLate, ReturnMoved
from helpdesk.returns.models import ReturnCase, ReturnItem, ReturnStep

REASONS = ("changed_mind", "damaged", "wrong_item", "not_as_described", "faulty", "other")
WISHES = ("refund", "replacement")
ABSENT = "This return does not exist."
MOST_LATE = 100


@dataclass(frozen=True, slots=True)
class Item:
    line_id: str
    name: str
    quantity: int


def open_return(
    work: Work,
    *,
    ticket_id: str,
    customer_id: str,
    order_id: str,
    order_number: str,
    items: Sequence[Item],
    reason: str,
    wish: str,
    goodwill: bool = False,
) -> ReturnCase:
    made = ReturnCase(
        id=new_id(), ticket_id=ticket_id, customer_id=customer_id, order_id=order_id,
        order_number=order_number, reason=reason, wish=wish, goodwill=goodwill, state="asked",
        since=work.at, due_at=_due(work, "asked"), late_told_at=None, label_url="",
        opened_at=work.at, ended_at=None, version=1,
    )  # fmt: skip
    work.session.add(made)
    work.session.flush()
    for one in items:
        work.session.add(
            ReturnItem(
                id=new_id(),
                return_id=made.id,
                line_id=one.line_id,
                name=one.name,
                quantity=one.quantity,
            )
        )
    _note(work, made, "")
    work.audit("return.opened", "return", made.id, order=order_number, goodwill=goodwill)
    return made


def get(work: Work, return_id: str, *, lock: bool = False) -> ReturnCase:
    """By id; whether the actor sees its ticket is asked by the caller."""
    found = (
        work.session.get(ReturnCase, return_id, with_for_update=lock, populate_existing=lock)
        if is_id(return_id)
        else None
    )
    if found is None:
        raise NotFound(ABSENT)
    return found


def of_ticket(work: Work, ticket_id: str) -> ReturnCase | None:
    return work.session.scalar(select(ReturnCase).where(ReturnCase.ticket_id == ticket_id))


def of_order(work: Work, order_id: str) -> Sequence[ReturnCase]:
    wanted = select(ReturnCase).where(ReturnCase.order_id == order_id)
    return work.session.scalars(wanted.order_by(ReturnCase.opened_at.desc()).limit(50)).all()


def items_of(work: Work, ids: Sequence[str]) -> dict[str, list[ReturnItem]]:
    """What comes back, by return."""
    found: dict[str, list[ReturnItem]] = {id_: [] for id_ in ids}
    if ids:
        wanted = select(ReturnItem).where(ReturnItem.return_id.in_(list(ids)))
        for row in work.session.scalars(wanted.order_by(ReturnItem.id)):
            found[row.return_id].append(row)
    return found


def steps_of(work: Work, return_id: str) -> Sequence[ReturnStep]:
    wanted = select(ReturnStep).where(ReturnStep.return_id == return_id)
    return work.session.scalars(wanted.order_by(ReturnStep.seq).limit(50)).all()


def taken_back(work: Work, order_id: str) -> dict[str, int]:
    """How many of each line are on their way back or were taken; refused ones may come again."""
    rows = work.session.execute(
        select(ReturnItem.line_id, func.sum(ReturnItem.quantity))
        .join(ReturnCase, ReturnCase.id == ReturnItem.return_id)
        .where(ReturnCase.order_id == order_id, ReturnCase.state.not_in(("refused", "withdrawn")))
        .group_by(ReturnItem.line_id)
    )
    return {line_id: int(count) for line_id, count in rows}


def move(
    work: Work, row: ReturnCase, to: str, *, note: str = "", label_url: str | None = None
) -> None:
    """A held return takes a step; Conflict (`no_such_step`) where it can't follow."""
    if not steps.may_follow(row.state, to):
        raise Conflict("This step can't follow here. Look again.", code="no_such_step")
    row.state, row.since = to, work.at
    row.due_at, row.late_told_at = _due(work, to), None
    if label_url is not None:
        row.label_url = label_url
    if steps.is_over(to):
        row.ended_at = work.at
    row.version += 1
    work.session.flush()
    _note(work, row, note)
    work.audit("return.moved", "return", row.id, state=to, order=row.order_number)


def need_version(row: ReturnCase, version: int | None) -> None:
    if version is not None and row.version != version:
        raise Conflict("Somebody changed this meanwhile. Look again and repeat.", code="stale")


def page(
    work: Work, which: str, *, cursor: str | None = None, limit: int | None = None
) -> Page[ReturnCase]:
    """For supervisors and agents who see everything: open ones by what is due, or ended ones."""
    most = clamp_limit(limit)
    if which == "open":
        wanted = select(ReturnCase).where(ReturnCase.ended_at.is_(None))
        columns = (ReturnCase.due_at.expression, ReturnCase.id.expression)
        rows = work.session.scalars(
            keyset(wanted, columns, cursor=cursor, limit=most, descending=False)
        ).all()
        return cut(rows, most, lambda row: [row.due_at, row.id])
    wanted = select(ReturnCase).where(ReturnCase.ended_at.is_not(None))
    done = (ReturnCase.opened_at.expression, ReturnCase.id.expression)
    rows = work.session.scalars(keyset(wanted, done, cursor=cursor, limit=most)).all()
    return cut(rows, most, lambda row: [row.opened_at, row.id])


def tell_late(work: Work) -> int:
    """Steps that we owe and whose time is over: said once each; answers how many."""
    late = work.session.scalars(
        select(ReturnCase)
        .where(
            ReturnCase.ended_at.is_(None),
            ReturnCase.due_at < work.at,
            ReturnCase.late_told_at.is_(None),
        )
        .order_by(ReturnCase.due_at)
        .limit(MOST_LATE)
        .with_for_update(skip_locked=True)
    ).all()
    for row in late:
        row.late_told_at = work.at
        work.emit(
            ReturnLate(
                customer_id=row.customer_id,
                return_id=row.id,
                ticket_id=row.ticket_id,
                state=row.state,
            )
        )
    return len(late)


def _due(work: Work, state: str) -> datetime | None:
    given = settings.get(work)
    calendar = calendars.house_hours(work, given.calendar_id)
    targets: Mapping[str, int] = given.targets
    return steps.due(state, work.at, targets, calendar)


def _note(work: Work, row: ReturnCase, note: str) -> None:
    work.insert(
        ReturnStep,
        return_id=row.id, at=work.at, actor=work.actor.label, state=row.state, due_at=row.due_at,
        note=note[:1000],
    )  # fmt: skip
    work.emit(
        ReturnMoved(
            customer_id=row.customer_id,
            return_id=row.id,
            ticket_id=row.ticket_id,
            order_number=row.order_number,
            state=row.state,
        )
    )
