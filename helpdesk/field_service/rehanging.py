"""Visits go along where their ticket is merged into another one, and come back with it.

What a visit means for its ticket (`workflows.visit_course`) then lands on the one that goes on.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select, update

from helpdesk.core.work import Work
from helpdesk.field_service.models import Visit


def move(work: Work, from_id: str, to_id: str, *, only: Collection[str] | None = None) -> list[str]:
    """All of one ticket's visits, or those of `only`; answers their ids. Both tickets are held."""
    wanted = select(Visit.id).where(Visit.ticket_id == from_id)
    if only is not None:
        wanted = wanted.where(Visit.id.in_(list(only)))
    ids = list(work.session.scalars(wanted.order_by(Visit.id)))
    if ids:
        work.session.execute(
            update(Visit)
            .where(Visit.id.in_(ids))
            .values(ticket_id=to_id, version=Visit.version + 1)
            .execution_options(synchronize_session="fetch")
        )
    return ids
