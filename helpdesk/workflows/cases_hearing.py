"""A ticket hears its running chats and its calls: a reply by any channel answers its clocks.

Run by the relay after the commit, one event after the other in their order. Words on threads are
booked where they are written (see `workflows.cases`).
"""

from __future__ import annotations

from datetime import datetime

from helpdesk.calls import queries as calls
from helpdesk.calls.events import CallAnswered, CallEnded
from helpdesk.carriers import dialled
from helpdesk.channels.models import Conversation
from helpdesk.core.work import Emitted, Work
from helpdesk.tickets import queries
from helpdesk.tickets import service as tickets
from helpdesk.tickets.events import SaidInChat
from helpdesk.tickets.lifecycle import after_customer_wrote, is_done


def hear(work: Work, emitted: list[Emitted]) -> None:
    """Book each message to its ticket, and each call that was answered, at its instant."""
    for one in emitted:
        if isinstance(one.event, SaidInChat):
            _hear(work, one, one.event)
        elif isinstance(one.event, CallAnswered):
            _spoken(work, one.event.conversation_id, one.at)
        elif isinstance(one.event, CallEnded):
            _rung(work, one.event)


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


def _rung(work: Work, ended: CallEnded) -> None:
    """A call of ours over a carrier: only at its end is it known whether a machine answered."""
    tried = dialled.latest(work, ended.conversation_id) if ended.direction == "out" else None
    call = calls.find_call(work, ended.conversation_id) if tried is not None else None
    if tried is None or call is None or call.answered_at is None or dialled.is_machine(tried):
        return
    _spoken(work, ended.conversation_id, call.answered_at)


def _spoken(work: Work, conversation_id: str, at: datetime) -> None:
    conversation = work.session.get(Conversation, conversation_id)
    if conversation is None or conversation.ticket_id is None:
        return
    found = queries.find_ticket(work, conversation.ticket_id)
    if found is not None:
        ticket = tickets.hold(work, queries.current(work, found).id)
        tickets.record_reply(work, ticket, public=True, by_person=True, at=at)
