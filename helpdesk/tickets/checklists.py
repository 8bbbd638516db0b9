"""What is to be done on a ticket, ticked off item by item."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select

from helpdesk.core.errors import Conflict, NotFound
from helpdesk.core.ids import is_id, new_id
from helpdesk.core.work import Work
from helpdesk.customers.field_values import line
from helpdesk.tickets.events import TicketPartsChanged
from helpdesk.tickets.history import note
from helpdesk.tickets.models import ChecklistItem, Ticket

MOST_ITEMS = 100
LONGEST_ITEM = 300


def checklist(work: Work, ticket_id: str) -> Sequence[ChecklistItem]:
    return work.session.scalars(
        select(ChecklistItem)
        .where(ChecklistItem.ticket_id == ticket_id)
        .order_by(ChecklistItem.position, ChecklistItem.id)
    ).all()


def add_item(work: Work, ticket: Ticket, text: object) -> ChecklistItem:
    """Put an item at the end of the (held) ticket's list."""
    words = line(text, "text", longest=LONGEST_ITEM, needed=True)
    count, last = work.session.execute(
        select(func.count(), func.max(ChecklistItem.position)).where(
            ChecklistItem.ticket_id == ticket.id
        )
    ).one()
    if count >= MOST_ITEMS:
        raise Conflict(f"A checklist holds at most {MOST_ITEMS} items.", code="too_many")
    item = ChecklistItem(
        id=new_id(), ticket_id=ticket.id, position=(last or 0) + 1, text=words, version=1
    )
    work.session.add(item)
    work.session.flush()
    _tell(work, ticket, "checklist_added", item)
    return item


def change_item(
    work: Work,
    ticket: Ticket,
    item_id: str,
    *,
    text: object = None,
    done: bool | None = None,
    position: int | None = None,
) -> ChecklistItem:
    """Reword, tick off (or take the tick away) or move one item."""
    item = _get(work, ticket, item_id)
    if text is not None:
        item.text = line(text, "text", longest=LONGEST_ITEM, needed=True)
    if position is not None:
        item.position = max(0, min(10_000, position))
    if done is not None and done != (item.done_at is not None):
        item.done_at = work.at if done else None
        item.done_by = work.actor.id if done and work.actor.kind == "user" else None
        _tell(work, ticket, "checklist_done" if done else "checklist_undone", item)
    else:
        _tell(work, ticket, "checklist_changed", item)
    item.version += 1
    work.session.flush()
    return item


def remove_item(work: Work, ticket: Ticket, item_id: str) -> None:
    item = _get(work, ticket, item_id)
    work.session.delete(item)
    work.session.flush()
    _tell(work, ticket, "checklist_removed", item)


def _get(work: Work, ticket: Ticket, item_id: str) -> ChecklistItem:
    item = (
        work.session.get(ChecklistItem, item_id, with_for_update=True) if is_id(item_id) else None
    )
    if item is None or item.ticket_id != ticket.id:
        raise NotFound("There is no such item on this ticket.")
    return item


def _tell(work: Work, ticket: Ticket, kind: str, item: ChecklistItem) -> None:
    note(work, ticket.id, kind, details={"text": item.text})
    work.emit(
        TicketPartsChanged(customer_id=ticket.customer_id, ticket_id=ticket.id, part="checklist")
    )
