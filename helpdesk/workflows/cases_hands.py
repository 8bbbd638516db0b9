"""What an agent does with a ticket of their own desk: take it up, leave it for later, give it back.

Having a ticket in hand takes the agent's slot for tickets; owning it does not. Not for offers (see
`workflows.desk`) nor for giving it to others (see `workflows.cases_line`).
"""

from __future__ import annotations

from helpdesk.core.errors import Conflict
from helpdesk.core.work import Work
from helpdesk.routing import accepting, assignments, presence
from helpdesk.routing import service as routing
from helpdesk.routing.state import TAKES_ALL
from helpdesk.tickets.lifecycle import PRIORITY_HEAD_START_S, needs_us
from helpdesk.tickets.models import Ticket
from helpdesk.workflows import cases_line as line


def take_up(work: Work, ticket_id: str) -> Ticket:
    """It is the actor's from now on; a ticket of a colleague changes hands.

    In hand where they have room. One's own that was left for later is taken up again; Conflict
    (`no_room`) when another one is in the way. One that needs nobody now is only owned.
    """
    held = line.hold(work, ticket_id)
    ticket, me = held.ticket, work.actor.id
    if ticket.assignee_id != me or held.in_line:
        return line.pull(work, ticket_id)
    if needs_us(ticket.state) and not in_hand_of(work, held, me):
        _put_in_hand(work, ticket, me)
    return ticket


def leave_for_later(work: Work, ticket_id: str) -> Ticket:
    """The slot is free and the next piece of work may come; the ticket stays the actor's."""
    held = line.hold(work, ticket_id)
    if not in_hand_of(work, held, work.actor.id):
        raise Conflict("You do not have this ticket in hand.", code="not_in_hand")
    line.out_of_hands(work, held, "left_for_later")
    return held.ticket


def give_back(work: Work, ticket_id: str) -> Ticket:
    """Nobody's again: it waits in its queue's line, at its own age."""
    return line.assign(work, ticket_id, None, why="given back")


def _put_in_hand(work: Work, ticket: Ticket, agent_id: str) -> None:
    item = routing.enqueue(
        work,
        channel="ticket",
        subject_kind="ticket",
        subject_id=ticket.id,
        customer_id=ticket.customer_id,
        queue_id=ticket.queue_id,
        reason=ticket.subject,
        priority_head_start_s=PRIORITY_HEAD_START_S[ticket.priority],
    )
    work.session.flush()
    presence.ensure_agent(work, agent_id)
    offer = routing.offer_to(work, item, agent_id)
    if offer is None:
        raise Conflict(_what_is_in_the_way(work, agent_id), code="no_room")
    work.session.flush()
    accepting.accept(work, offer.id, agent_id)


def _what_is_in_the_way(work: Work, agent_id: str) -> str:
    held = assignments.open_of_agent(work, agent_id)
    if any(assignment.channel in TAKES_ALL for assignment, _ in held):
        return (
            "You are in a call. The ticket is yours and can be written on; take it up afterwards."
        )
    return "You have another ticket in hand. Finish it or leave it for later first."


def in_hand_of(work: Work, held: line.Held, agent_id: str) -> bool:
    if held.item is None or held.item.state != "assigned":
        return False
    holder = assignments.open_for_item(work, held.item.id)
    return holder is not None and holder.agent_id == agent_id and holder.contact_ended_at is None
