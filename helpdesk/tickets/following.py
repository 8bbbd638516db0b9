"""Who is told of a ticket beside its owner: followers of ours, participants among customers.

Mentioning a colleague in a note makes them a follower. Not for telling them (see
`workflows.noticing_tickets`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import delete, select

from helpdesk.core.actors import DESK
from helpdesk.core.db import insert_if_absent
from helpdesk.core.errors import Conflict, Invalid, NotFound
from helpdesk.core.ids import is_id, new_id
from helpdesk.core.paging import Page, clamp_limit, cut, keyset
from helpdesk.core.work import Work
from helpdesk.customers.permissions import get_customer
from helpdesk.identity.models import User
from helpdesk.identity.sessions import queues_of
from helpdesk.tickets.events import TicketMentioned, TicketPartsChanged
from helpdesk.tickets.history import note
from helpdesk.tickets.mentions import Colleague, mentioned
from helpdesk.tickets.models import Ticket, TicketFollower, TicketParticipant
from helpdesk.tickets.permissions import visible

MOST_PARTICIPANTS = 50


def follow(work: Work, ticket: Ticket, user_id: str, *, why: str = "asked") -> bool:
    """Tell this colleague of the ticket from now on; False when they follow it already."""
    person = work.session.get(User, user_id) if is_id(user_id) else None
    if person is None or not person.is_active or person.role not in DESK:
        raise Invalid(fields={"user_id": "Choose somebody who works on the desk."})
    if not able(work, ticket, [person]):
        raise Invalid(fields={"user_id": f"{person.name} does not see tickets of this queue."})
    if not _follow(work, ticket, user_id, why):
        return False
    _tell(work, ticket, "followers", "followed", user_id)
    return True


def unfollow(work: Work, ticket: Ticket, user_id: str) -> None:
    gone = work.session.execute(
        delete(TicketFollower)
        .where(TicketFollower.ticket_id == ticket.id, TicketFollower.user_id == user_id)
        .returning(TicketFollower.user_id)
    ).first()
    if gone is not None:
        _tell(work, ticket, "followers", "unfollowed", user_id)


def followers(work: Work, ticket_id: str) -> Sequence[TicketFollower]:
    return work.session.scalars(
        select(TicketFollower)
        .where(TicketFollower.ticket_id == ticket_id)
        .order_by(TicketFollower.since, TicketFollower.user_id)
    ).all()


def followers_of(work: Work, ticket_ids: Collection[str]) -> dict[str, list[str]]:
    """Who follows which of these tickets, by ticket."""
    found: dict[str, list[str]] = {}
    if ticket_ids:
        rows = work.session.execute(
            select(TicketFollower.ticket_id, TicketFollower.user_id)
            .where(TicketFollower.ticket_id.in_(sorted(ticket_ids)))
            .order_by(TicketFollower.ticket_id, TicketFollower.user_id)
        )
        for ticket_id, user_id in rows:
            found.setdefault(ticket_id, []).append(user_id)
    return found


def able_at_work(work: Work, ticket: Ticket, user_ids: Sequence[str]) -> list[str]:
    """Those of them who still work on the desk and see the ticket, each once."""
    if not user_ids:
        return []
    rows = select(User).where(User.id.in_(user_ids), User.is_active, User.role.in_(sorted(DESK)))
    seeing = able(work, ticket, work.session.scalars(rows).all())
    return [user_id for user_id in dict.fromkeys(user_ids) if user_id in seeing]


def followed_by(
    work: Work, user_id: str, *, cursor: str | None = None, limit: int | None = None
) -> Page[tuple[TicketFollower, Ticket]]:
    """What a colleague follows, the newest first."""
    most = clamp_limit(limit)
    statement = select(TicketFollower).where(TicketFollower.user_id == user_id)
    order = (TicketFollower.__table__.c.since, TicketFollower.__table__.c.ticket_id)
    rows = work.session.scalars(keyset(statement, order, cursor=cursor, limit=most)).all()
    page = cut(rows, most, lambda row: [row.since, row.ticket_id])
    found = select(Ticket).where(Ticket.id.in_([row.ticket_id for row in page.items]))
    tickets = {ticket.id: ticket for ticket in work.session.scalars(visible(work.actor, found))}
    seen = [row for row in page.items if row.ticket_id in tickets]
    return Page([(row, tickets[row.ticket_id]) for row in seen], page.next_cursor)


def notice_mentions(
    work: Work, ticket: Ticket, text: str, conversation_id: str, seq: int, *, by: str
) -> list[str]:
    """Whoever a note names and may see the ticket follows it and is told; answers their ids."""
    if "@" not in text:
        return []
    rows = work.session.execute(
        select(User.id, User.name, User.email).where(User.is_active, User.role.in_(sorted(DESK)))
    )
    named = [who for who in mentioned(text, [Colleague(*row) for row in rows]) if who != by]
    if named:
        people = work.session.scalars(select(User).where(User.id.in_(named))).all()
        seeing = able(work, ticket, people)
        named = [who for who in named if who in seeing]
    for user_id in named:
        _follow(work, ticket, user_id, "mentioned")
    if named:
        work.emit(
            TicketMentioned(
                customer_id=ticket.customer_id,
                ticket_id=ticket.id,
                conversation_id=conversation_id,
                seq=seq,
                by=by,
                user_ids=named,
            )
        )
    return named


def add_participant(work: Work, ticket: Ticket, customer_id: str) -> bool:
    """A further customer takes part (the ticket is held); they may read its public words."""
    try:
        customer = get_customer(work, customer_id)
    except NotFound:
        raise NotFound("This customer does not exist.") from None
    held = {row.customer_id for row in participants(work, ticket.id)}
    if customer.id == ticket.customer_id or customer.id in held:
        return False
    if len(held) >= MOST_PARTICIPANTS:
        raise Conflict(f"At most {MOST_PARTICIPANTS} customers can take part.", code="too_many")
    work.session.add(
        TicketParticipant(id=new_id(), ticket_id=ticket.id, customer_id=customer.id, since=work.at)
    )
    work.session.flush()
    _tell(work, ticket, "participants", "participant_added", customer.id)
    return True


def remove_participant(work: Work, ticket: Ticket, customer_id: str) -> None:
    gone = work.session.execute(
        delete(TicketParticipant)
        .where(
            TicketParticipant.ticket_id == ticket.id, TicketParticipant.customer_id == customer_id
        )
        .returning(TicketParticipant.id)
    ).first()
    if gone is not None:
        _tell(work, ticket, "participants", "participant_removed", customer_id)


def participants(work: Work, ticket_id: str) -> Sequence[TicketParticipant]:
    return work.session.scalars(
        select(TicketParticipant)
        .where(TicketParticipant.ticket_id == ticket_id)
        .order_by(TicketParticipant.id)
    ).all()


def able(work: Work, ticket: Ticket, people: Sequence[User]) -> set[str]:
    """Those who may see the ticket: not colleagues limited to queues of other teams."""
    limited = queues_of(work, people)
    return {
        one.id
        for one in people
        if one.id not in limited
        or ticket.queue_id in limited[one.id]
        or ticket.assignee_id == one.id
    }


def _follow(work: Work, ticket: Ticket, user_id: str, why: str) -> bool:
    row = {"ticket_id": ticket.id, "user_id": user_id, "since": work.at, "why": why}
    return insert_if_absent(work.session, TicketFollower, row)


def _tell(work: Work, ticket: Ticket, part: str, kind: str, who: str) -> None:
    note(work, ticket.id, kind, details={"id": who})
    work.emit(TicketPartsChanged(customer_id=ticket.customer_id, ticket_id=ticket.id, part=part))
