"""Telling people of the desk, and noting that they have read it.

Everybody reads and ends only their own. Not for deciding what is told to whom (see
`workflows.noticing`), nor for mail.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import delete, select, update

from helpdesk.core.db import table_of
from helpdesk.core.errors import NotFound
from helpdesk.core.ids import is_id, new_id
from helpdesk.core.work import Work
from helpdesk.notices.events import NoticeGiven, NoticesRead
from helpdesk.notices.models import Notice
from helpdesk.notices.queries import of

KEPT = timedelta(days=90)
LONGEST_TITLE, LONGEST_TEXT = 120, 300


def give(
    work: Work,
    user_ids: Iterable[str],
    *,
    kind: str,
    title: str,
    text: str = "",
    ticket_id: str | None = None,
    article_id: str | None = None,
) -> list[str]:
    """Tell each of these people once; answers the ids of the notices."""
    given = []
    for user_id in dict.fromkeys(user_ids):
        notice_id = new_id()
        work.insert(
            Notice,
            id=notice_id,
            user_id=user_id,
            at=work.at,
            kind=kind,
            ticket_id=ticket_id,
            article_id=article_id,
            title=clean_title(title),
            text=_cut(text, LONGEST_TEXT),
            read_at=None,
        )
        work.emit(NoticeGiven(notice_id=notice_id, user_id=user_id))
        given.append(notice_id)
    return given


def clean_title(title: str) -> str:
    """A title as it is kept."""
    return _cut(title, LONGEST_TITLE)


def get_own(work: Work, notice_id: str) -> Notice:
    """The actor's own notice; NotFound for anybody else's."""
    wanted = select(Notice).where(Notice.id == notice_id, of(work.actor))
    found = work.session.scalar(wanted) if is_id(notice_id) else None
    if found is None:
        raise NotFound("There is no such notice.")
    return found


def read(
    work: Work,
    *,
    notice_id: str | None = None,
    ticket_id: str | None = None,
    article_id: str | None = None,
) -> int:
    """The actor has read one notice, all about a ticket or an article, or all; how many were new.

    What they don't see stays new.
    """
    table = table_of(Notice)
    wanted = [of(work.actor), table.c.read_at.is_(None)]
    if notice_id is not None:
        wanted.append(table.c.id == notice_id)
    if ticket_id is not None:
        wanted.append(table.c.ticket_id == ticket_id)
    if article_id is not None:
        wanted.append(table.c.article_id == article_id)
    new = work.session.execute(
        update(table).where(*wanted).values(read_at=work.at).returning(table.c.id)
    ).all()
    if new:
        work.emit(NoticesRead(user_id=work.actor.id))
    return len(new)


def forget_old(work: Work, *, most: int = 500) -> int:
    """Remove what is older than three months; answers how many."""
    old = select(Notice.id).where(Notice.at < work.at - KEPT).order_by(Notice.at).limit(most)
    ids = list(work.session.scalars(old))
    if ids:
        work.session.execute(delete(Notice).where(Notice.id.in_(ids)))
    return len(ids)


def _cut(text: str, most: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1] + "…"
