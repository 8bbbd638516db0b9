"""The page of a ticket: the whole of it, what is new on it, older words, folded parts of a mail."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Response, request

from helpdesk.channels.models import Conversation
from helpdesk.core.errors import Invalid, NotFound
from helpdesk.core.work import Work, reading
from helpdesk.mail import queries as mails
from helpdesk.tickets import permissions
from helpdesk.web import doors
from helpdesk.web.agent import door
from helpdesk.web.agent.card_view import card_view
from helpdesk.web.agent.shell import show
from helpdesk.web.agent.tickets_history import history_view
from helpdesk.web.agent.tickets_view import SIDES, TicketView, find, ticket_view
from helpdesk.web.agent.tickets_words import last_words, page_frame
from helpdesk.web.agent.work_pane import WorkPane
from helpdesk.web.bodies import query_text
from helpdesk.web.doors import allow
from helpdesk.workflows import cases_reading

OVERLAP = timedelta(minutes=2)
OLDER = 50


@door.get("/tickets/<id:ticket_id>")
@allow("agent", "supervisor", "admin")
def ticket(ticket_id: str) -> Response:
    with reading(doors.actor()) as work:
        return _page(work, ticket_id)


@door.get("/tickets/<int:number>")
@door.get("/tickets/T-<int:number>")
@allow("agent", "supervisor", "admin")
def ticket_by_number(number: int) -> Response:
    with reading(doors.actor()) as work:
        return _page(work, str(number))


def _page(work: Work, ref: str) -> Response:
    view = read_view(work, ref)
    return show(
        work,
        "agent/tickets/ticket.html",
        title=f"{view.reference} {view.ticket.subject}",
        area="tickets",
        side="agent/tickets/side.html",
        pane=WorkPane(is_late=True),
        view=view,
        **side_values(work, view),
    )


@door.get("/tickets/<id:ticket_id>/now")
@allow("agent", "supervisor", "admin")
def ticket_now(ticket_id: str) -> Response:
    """The ticket as it is now, with the words since the last look (`since`)."""
    with reading(doors.actor()) as work:
        return answer_now(work, ticket_id)


@door.get("/tickets/<id:ticket_id>/words")
@allow("agent", "supervisor", "admin")
def ticket_words(ticket_id: str) -> dict[str, Any]:
    """Words before those at `cursor`; without it the newest."""
    with reading(doors.actor()) as work:
        found = permissions.get_visible(work, ticket_id)
        page = cases_reading.page_of_words(
            work,
            found.id,
            public_only=False,
            cursor=query_text("cursor") or None,
            limit=OLDER,
            descending=True,
        )
        return page_frame(work, found.id, page)


@door.get("/tickets/<id:ticket_id>/mails/<id:mail_id>")
@allow("agent", "supervisor", "admin")
def ticket_mail(ticket_id: str, mail_id: str) -> dict[str, Any]:
    """What was folded away of one mail of this ticket."""
    with reading(doors.actor()) as work:
        found = permissions.get_visible(work, ticket_id)
        mail, body = mails.get_mail(work, mail_id)
        thread = work.session.get(Conversation, mail.conversation_id or "")
        if body is None or thread is None or thread.ticket_id != found.id:
            raise NotFound()
        return {"quoted": body.quoted, "signature": body.signature}


def answer_now(work: Work, ticket_id: str, *, status: int = 200, **more: Any) -> Response:
    """The parts of the page anew, for a page that stands already."""
    view = read_view(work, ticket_id, since=_since(), **more)
    return doors.fragment(
        "agent/part.html",
        status,
        title=f"{view.reference} {view.ticket.subject}",
        area="tickets",
        body="agent/tickets/ticket.html",
        side="agent/tickets/side.html",
        focus="conversation",
        view=view,
        **side_values(work, view),
    )


def read_view(work: Work, ref: str, *, since: datetime | None = None, **more: Any) -> TicketView:
    row = find(work, ref)
    shown = query_text("side")
    words = last_words(work, row.Ticket.id, since=since)
    return ticket_view(work, row, words, side=shown if shown in SIDES else "ticket", **more)


def side_values(work: Work, view: TicketView) -> dict[str, Any]:
    """What the chosen side needs beside the ticket itself."""
    return {
        "card": card_view(work, view.customer_id) if view.side == "customer" else None,
        "history": history_view(work, view.id, query_text("cursor") or None)
        if view.side == "history"
        else None,
    }


def _since() -> datetime | None:
    text = request.args.get("since", "")
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise Invalid("That is no time.", code="bad_time") from None
    if at.tzinfo is None or not 2000 < at.year < 3000:
        raise Invalid("That is no time.", code="bad_time")
    # Two writers may have taken their instants in another order than they became visible.
    return at.astimezone(UTC) - OVERLAP
