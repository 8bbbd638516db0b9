"""Tags of tickets: lower case, in the order given, each once; their rows follow its state."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import update

from helpdesk.core.errors import Invalid
from helpdesk.core.work import Work
from helpdesk.customers.field_values import tag_name
from helpdesk.tickets.models import Ticket, TicketTag

MOST_TAGS = 30


def tag_names(tags: Sequence[object]) -> list[str]:
    """The tags as they are stored; Invalid for an empty or overlong one, or too many."""
    names = list(dict.fromkeys(tag_name(tag) for tag in tags))
    if len(names) > MOST_TAGS:
        raise Invalid(fields={"tags": f"Use at most {MOST_TAGS} tags."})
    return names


def enter(work: Work, ticket: Ticket, state: str) -> None:
    """The held ticket is in this state from now on. Only this sets it: its tags' rows carry it."""
    ticket.state = state
    if ticket.tags:
        work.session.execute(
            update(TicketTag).where(TicketTag.ticket_id == ticket.id).values(state=state)
        )
