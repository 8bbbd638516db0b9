"""The copy of each ticket's soonest deadline that lists are ordered by.

The clocks call it whenever that deadline moves, in the same transaction. Not for working it out.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import bindparam, update
from sqlalchemy.orm.util import identity_key

from helpdesk.core.db import table_of
from helpdesk.core.rows import touching
from helpdesk.core.work import Work
from helpdesk.tickets.models import NEVER, Ticket

_TABLE = table_of(Ticket)
_COPY = touching(
    update(_TABLE)
    .where(_TABLE.c.id == bindparam("ticket"))
    .values(next_due_at=bindparam("due", type_=_TABLE.c.next_due_at.type))
)


def keep_copies(work: Work, moved: Mapping[str, datetime | None]) -> None:
    """Tickets that are at hand are written with their other changes, others at once."""
    others = []
    for ticket_id, due_at in moved.items():
        held = work.session.identity_map.get(identity_key(Ticket, ticket_id))
        if held is not None:
            held.next_due_at = due_at or NEVER
        else:
            others.append({"ticket": ticket_id, "due": due_at or NEVER})
    if others:
        work.sql.execute(_COPY, others)


def shown(ticket: Ticket) -> datetime | None:
    """The deadline as people know it: none instead of one in another age."""
    return None if ticket.next_due_at >= NEVER else ticket.next_due_at
