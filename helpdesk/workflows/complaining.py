"""Complaints from their opening to the final reply, on a ticket, so that routing and clocks apply.

Order of locks: work item, ticket, complaint. What nobody acknowledged or answered in time escalates
by itself. Not for the deadlines' arithmetic (`complaints.terms`).
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from helpdesk.calendars import queries as calendars
from helpdesk.channels import queries as channels
from helpdesk.complaints import service, settings, wording
from helpdesk.complaints.models import Complaint
from helpdesk.core.actors import system
from helpdesk.core.errors import Conflict, Invalid
from helpdesk.core.work import Work, begin
from helpdesk.customers import records
from helpdesk.identity.models import TeamMember, User
from helpdesk.routing import service as routing
from helpdesk.tickets import links, queries, types
from helpdesk.tickets import permissions as tickets
from helpdesk.tickets.lifecycle import is_done
from helpdesk.tickets.models import Ticket
from helpdesk.workflows import cases, cases_flows, customer_days
from helpdesk.workflows import cases_line as line

ACTOR = system("complaints")
MOST_TOLD = 50
LATE = "Its time was over and nobody had answered."


def open_by_customer(
    work: Work,
    *,
    customer_id: str,
    text: str,
    about: Ticket | None = None,
    site_id: str | None = None,
    queue_id: str | None = None,
) -> Complaint:
    """A complaint is a ticket of its own, linked to the matter it is about."""
    customer = records.find(work, customer_id)
    given = settings.get(work)
    opened = cases.open_case(
        work,
        customer_id=customer_id,
        subject=wording.subject(
            customer.language if customer else None, about.subject[:160] if about else ""
        ),
        body=text,
        channel="form",
        queue=routing.prefer_queue(work, given.queue_id or None, queue_id).id,
        type=_type(work, given.type),
        site_id=site_id,
    )
    if about is not None:
        links.link(work, opened.ticket, about, "related_to")
    return service.open_complaint(
        work,
        ticket_id=opened.ticket.id,
        customer_id=opened.ticket.customer_id,
        source="portal",
        about_ticket_id=about.id if about is not None else None,
    )


def open_on_ticket(work: Work, ticket_id: str) -> Complaint:
    """A colleague sees that a ticket is a complaint; a done one goes on."""
    tickets.get_visible(work, ticket_id)
    ticket = line.hold(work, ticket_id).ticket
    if ticket.merged_into_id is not None:
        raise Conflict("This ticket went on in another one.", code="merged")
    if is_done(ticket.state):
        line.set_state(work, ticket.id, "open", why="it is a complaint")
    return service.open_complaint(
        work, ticket_id=ticket.id, customer_id=ticket.customer_id, source="desk"
    )


def open_on_conversation(work: Work, conversation_id: str) -> Complaint:
    """The same of a chat or call; it becomes a ticket where it is none."""
    found = channels.get_visible(work, conversation_id)
    if found.ticket_id is not None:
        return open_on_ticket(work, found.ticket_id)
    customer = records.find(work, found.customer_id)
    opened = cases.open_case(
        work,
        customer_id=found.customer_id,
        subject=wording.subject(customer.language if customer else None, found.reason[:160]),
        body="",
        channel=found.channel,
        queue=found.queue_id,
        conversation_id=found.id,
        author=f"agent:{work.actor.id}",
    )
    return service.open_complaint(
        work,
        ticket_id=opened.ticket.id,
        customer_id=opened.ticket.customer_id,
        source="desk",
    )


def acknowledge(work: Work, ticket_id: str, *, version: int | None, words: str = "") -> Complaint:
    """Its customer is told that it has arrived and until when they get the answer."""
    row = _held(work, ticket_id, version)
    service.acknowledge(work, row)
    told = words.strip() or usual_words(work, row)
    cases.reply(work, row.ticket_id, author=f"agent:{work.actor.id}", text=told, public=True)
    return row


def answer(
    work: Work, ticket_id: str, *, version: int | None, words: str, outcome: str, remedy: str
) -> Complaint:
    """The final reply; the ticket is resolved with it, where its form lets it."""
    row = _held(work, ticket_id, version)
    if not words.strip():
        raise Invalid(fields={"words": "Write the final reply."})
    service.answer(work, row, outcome=outcome, remedy=remedy)
    cases.reply(work, row.ticket_id, author=f"agent:{work.actor.id}", text=words, public=True)
    _resolve(work, row.ticket_id, "the complaint is answered")
    return row


def withdraw(work: Work, ticket_id: str, *, version: int | None) -> Complaint:
    row = _held(work, ticket_id, version)
    service.withdraw(work, row)
    return row


def escalate(work: Work, ticket_id: str, *, version: int | None, why: str) -> Complaint:
    """To whoever holds the named role; the ticket is theirs to look at."""
    row = _held(work, ticket_id, version)
    given = settings.get(work)
    service.escalate(work, row, role=given.role, why=why, user_ids=holders(work, given.team_id))
    if given.team_id:
        line.change(work, row.ticket_id, {"team_id": given.team_id})
    return row


def tell_late() -> None:
    """A duty of the sweeper: what is late escalates by itself, once for each deadline."""
    with begin(ACTOR) as work:
        late = service.late_ones(work)
        given = settings.get(work) if late else None
        for row in late:
            assert given is not None
            row.late_told_at = work.at
            people = holders(work, given.team_id)
            service.escalate(work, row, role=given.role, why=LATE, user_ids=people, late=True)


def holders(work: Work, team_id: str) -> Sequence[str]:
    """Who holds the role: the team, or supervisors and administrators."""
    desk = ("agent", "supervisor", "admin")
    if team_id:
        team = (
            select(User.id)
            .join(TeamMember, TeamMember.user_id == User.id)
            .where(TeamMember.team_id == team_id, User.is_active, User.role.in_(desk))
        )
        found = work.session.scalars(team.order_by(User.id).limit(MOST_TOLD)).all()
        if found:
            return found
    boss = select(User.id).where(User.is_active, User.role.in_(desk[1:]))
    return work.session.scalars(boss.order_by(User.id).limit(MOST_TOLD)).all()


def usual_words(work: Work, row: Complaint) -> str:
    customer = records.find(work, row.customer_id)
    language = customer.language if customer else None
    calendar = calendars.house_hours(work, settings.get(work).calendar_id)
    zone = customer_days.zone_of(customer, calendar)
    until = customer_days.words(row.answer_by, zone, wording.language(language))
    return wording.acknowledged(language, until)


def _held(work: Work, ticket_id: str, version: int | None) -> Complaint:
    tickets.get_visible(work, ticket_id)
    line.hold(work, ticket_id)
    return service.hold(work, ticket_id, version)


def _type(work: Work, key: str) -> str | None:
    """The kind of a complaint's ticket; none where its form asks for something to open it."""
    kind = types.find_type(work, key) if key else None
    if kind is None or any(entry.get("needed") == "to_open" for entry in kind.form):
        return None
    return kind.key


def _resolve(work: Work, ticket_id: str, why: str) -> None:
    """A form that still wants something of ours, or a return that goes on, leaves it open."""
    ticket = queries.find_ticket(work, ticket_id)
    if ticket is None or is_done(ticket.state):
        return
    try:
        line.set_state(work, ticket_id, "resolved", why=why)
    except (Invalid, cases_flows.GoesOn):
        return
