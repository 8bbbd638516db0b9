"""How tickets hang together: parent and child, duplicates, a problem and its incidents, follow-ups.

A link is stored once and read from both ends. Not for merging (both tickets stay as they are).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select

from helpdesk.core.db import insert_if_absent
from helpdesk.core.errors import Conflict, Invalid, NotFound
from helpdesk.core.ids import new_id
from helpdesk.core.work import Work
from helpdesk.tickets.events import TicketLinked
from helpdesk.tickets.history import note
from helpdesk.tickets.models import Ticket, TicketLink
from helpdesk.tickets.permissions import sees

# What a link is called from its other end.
INVERSE: Mapping[str, str] = {
    "child_of": "parent_of",
    "duplicate_of": "has_duplicate",
    "incident_of": "problem_of",
    "follow_up_of": "followed_up_by",
    "related_to": "related_to",
}
DEEPEST = 20
MOST_LINKS = 200


@dataclass(frozen=True, slots=True)
class Linked:
    """One link as seen from a ticket: it is `relation` of `ticket`."""

    id: str
    relation: str
    ticket: Ticket


def link(work: Work, ticket: Ticket, other: Ticket, relation: str) -> str:
    """`ticket` is `relation` of `other` (either way of saying it); answers the link's id.

    Saying it twice is no error. Conflict (`link_circle`) when a ticket would be its own ancestor.
    """
    source, target, kind = _stored_way(ticket, other, relation)
    if source.id == target.id:
        raise Invalid(fields={"ticket": "A ticket can't be linked to itself."})
    if kind == "related_to" and source.id > target.id:
        source, target = target, source
    if kind == "child_of" and _leads_to(work, target.id, source.id):
        raise Conflict("These tickets would be each other's parents.", code="link_circle")
    row = {
        "id": new_id(),
        "from_id": source.id,
        "to_id": target.id,
        "kind": kind,
        "at": work.at,
        "actor": work.actor.label,
    }
    if not insert_if_absent(work.session, TicketLink, row):
        found = select(TicketLink.id).where(
            TicketLink.from_id == source.id, TicketLink.to_id == target.id, TicketLink.kind == kind
        )
        return str(work.session.scalar(found))
    _tell(work, source, target, kind, removed=False)
    return str(row["id"])


def unlink(work: Work, ticket: Ticket, link_id: str) -> None:
    """Take a link of this ticket away."""
    row = work.session.get(TicketLink, link_id, with_for_update=True)
    if row is None or ticket.id not in (row.from_id, row.to_id):
        raise NotFound("There is no such link on this ticket.")
    source = work.session.get_one(Ticket, row.from_id)
    target = work.session.get_one(Ticket, row.to_id)
    work.session.delete(row)
    work.session.flush()
    _tell(work, source, target, row.kind, removed=True)


def links_of(work: Work, ticket_id: str) -> Sequence[Linked]:
    """The links of a ticket with the tickets at their other ends that the actor sees, the oldest
    first.
    """
    rows = work.session.execute(
        select(TicketLink, Ticket)
        .join(
            Ticket,
            or_(
                (TicketLink.from_id == ticket_id) & (Ticket.id == TicketLink.to_id),
                (TicketLink.to_id == ticket_id) & (Ticket.id == TicketLink.from_id),
            ),
        )
        .where(or_(TicketLink.from_id == ticket_id, TicketLink.to_id == ticket_id))
        .order_by(TicketLink.id)
        .limit(MOST_LINKS)
    )
    return [
        Linked(row.id, row.kind if row.from_id == ticket_id else INVERSE[row.kind], other)
        for row, other in rows
        if sees(work.actor, queue_id=other.queue_id, assignee_id=other.assignee_id)
    ]


def relations() -> tuple[str, ...]:
    """Every word a link may be given by, from either end."""
    return (*INVERSE, *(word for word in INVERSE.values() if word not in INVERSE))


def _stored_way(ticket: Ticket, other: Ticket, relation: str) -> tuple[Ticket, Ticket, str]:
    if relation in INVERSE:
        return ticket, other, relation
    for kind, inverse in INVERSE.items():
        if relation == inverse:
            return other, ticket, kind
    raise Invalid(fields={"relation": f"Choose one of {', '.join(relations())}."})


def _leads_to(work: Work, start: str, goal: str) -> bool:
    """Whether `goal` is an ancestor of `start`; families deeper than twenty are refused, too."""
    generation = {start}
    for _ in range(DEEPEST):
        if goal in generation:
            return True
        if not generation:
            return False
        parents = select(TicketLink.to_id).where(
            TicketLink.kind == "child_of", TicketLink.from_id.in_(generation)
        )
        generation = set(work.session.scalars(parents))
    return True


def _tell(work: Work, source: Ticket, target: Ticket, kind: str, *, removed: bool) -> None:
    word = "unlinked" if removed else "linked"
    note(work, source.id, word, details={"relation": kind, "number": target.number})
    note(work, target.id, word, details={"relation": INVERSE[kind], "number": source.number})
    work.emit(
        TicketLinked(
            customer_id=source.customer_id,
            ticket_id=source.id,
            to_id=target.id,
            relation=kind,
            removed=removed,
        )
    )
