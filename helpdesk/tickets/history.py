"""A ticket's history: written with each change, read page by page. Nothing here is ever changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from helpdesk.core.paging import Page, clamp_limit, cut, keyset
from helpdesk.core.work import Work
from helpdesk.tickets.models import TicketChange


def note(
    work: Work,
    ticket_id: str,
    kind: str,
    *,
    changes: Mapping[str, Any] | None = None,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Add a line: who did it and when come from the work."""
    work.insert_later(
        TicketChange,
        ticket_id=ticket_id,
        at=work.at,
        actor=work.actor.label,
        kind=kind,
        changes=dict(changes or {}),
        details=dict(details or {}),
    )


def page_of_history(
    work: Work, ticket_id: str, *, cursor: str | None = None, limit: int | None = None
) -> Page[TicketChange]:
    """The newest first. For a ticket that the caller may see, and the desk only."""
    most = clamp_limit(limit)
    statement = select(TicketChange).where(TicketChange.ticket_id == ticket_id)
    rows = work.session.scalars(
        keyset(statement, [TicketChange.seq], cursor=cursor, limit=most)
    ).all()
    return cut(rows, most, lambda row: [row.seq])
