"""The copy of each ticket's soonest deadline that lists are ordered by.

The clocks call it whenever that deadline moves, in the same transaction. Not for working it out.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, update
from sqlalchemy.orm.util import identity_key

from helpdesk.core.db import table_of
from helpdesk.core.work import Work
from helpdesk.tickets.models import NEVER, Ticket

_TABLE = table_of(Ticket)
_COPY = (
    update(_TABLE)
    .where(_TABLE.c.id == bindparam("ticket"))
    .values(next_due_at=bindparam("due", type_=_TABLE.c.next_due_at.type))
)


def keep_copy(work: Work, ticket_id: str, due_at: datetime | None) -> None:
    """A ticket that is at hand is written with its other changes, others at once."""
    held = work.session.identity_map.get(identity_key(Ticket, ticket_id))
    if held is not None:
        held.next_due_at = due_at or NEVER
    else:
        work.sql.execute(_COPY, {"ticket": ticket_id, "due": due_at or NEVER})


def shown(ticket: Ticket) -> datetime | None:
    """The deadline as people know it: none instead of one in another age."""
    return None if ticket.next_due_at >= NEVER else ticket.next_due_at
