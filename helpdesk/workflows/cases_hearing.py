"""A ticket hears what is said in its running chats: a reply by any channel answers its clocks.

Run by the relay after the commit, one message after the other in their order. Words on threads are
booked where they are written (see `workflows.cases`).
"""

from __future__ import annotations

from helpdesk.core.work import Emitted, Work
from helpdesk.tickets import queries
from helpdesk.tickets import service as tickets
from helpdesk.tickets.events import SaidInChat
from helpdesk.tickets.lifecycle import after_customer_wrote, is_done


def hear(work: Work, emitted: list[Emitted]) -> None:
    """Book each message to its ticket, at the instant it was said."""
    for one in emitted:
        if isinstance(one.event, SaidInChat):
            _hear(work, one, one.event)


def _hear(work: Work, one: Emitted, said: SaidInChat) -> None:
    found = queries.find_ticket(work, said.ticket_id)
    if found is None:
        return
    ticket = tickets.hold(work, queries.current(work, found).id)
    if said.author == "visitor":
        # Thanks in a chat that goes on after the matter is settled open nothing again.
        if is_done(ticket.state):
            return
        state = after_customer_wrote(ticket.state)
        if state != ticket.state:
            tickets.set_state(work, ticket, state, why="customer wrote")
        tickets.record_customer_message(work, ticket, at=one.at)
    else:
        person = said.author.startswith("agent:")
        tickets.record_reply(work, ticket, public=said.public, by_person=person, at=one.at)
