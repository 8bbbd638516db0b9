"""Reading one's own notices: the list, and how many are new."""

from __future__ import annotations

from sqlalchemy import ScalarSelect, func, literal_column, select

from helpdesk.core.paging import Page, clamp_limit, cut, keyset
from helpdesk.core.work import Work
from helpdesk.notices.models import Notice

COUNTED = 100


def page_of_notices(
    work: Work, *, cursor: str | None = None, limit: int | None = None
) -> Page[Notice]:
    """The actor's own, the newest first."""
    most = clamp_limit(limit)
    statement = select(Notice).where(Notice.user_id == work.actor.id)
    rows = work.session.scalars(keyset(statement, [Notice.id], cursor=cursor, limit=most)).all()
    return cut(rows, most, lambda row: [row.id])


def unread(work: Work, user_id: str) -> int:
    """How many the person has not read, at most a hundred."""
    return int(work.session.scalar(select(counted_unread(user_id))) or 0)


def counted_unread(user_id: str) -> ScalarSelect[int]:
    """The same as a part of another query."""
    new = (
        select(literal_column("1"))
        .where(Notice.user_id == user_id, Notice.read_at.is_(None))
        .limit(COUNTED)
        .subquery()
    )
    return select(func.count()).select_from(new).scalar_subquery()
