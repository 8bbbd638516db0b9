"""Reading one's own notices: the list, and how many are new.

What is about a ticket that a limited agent does not see stays away until they see it again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from sqlalchemy import (
    ColumnElement,
    FromClause,
    ScalarSelect,
    and_,
    func,
    literal_column,
    or_,
    select,
)

from helpdesk.core import reach
from helpdesk.core.actors import Actor
from helpdesk.core.db import table_of
from helpdesk.core.paging import Page, clamp_limit, cut, keyset
from helpdesk.core.work import Work
from helpdesk.notices.models import Notice

COUNTED = 100
MOST_ALIKE = 20


def page_of_notices(
    work: Work, *, cursor: str | None = None, limit: int | None = None
) -> Page[Notice]:
    """The actor's own, the newest first."""
    most = clamp_limit(limit)
    statement = select(Notice).where(of(work.actor))
    rows = work.session.scalars(keyset(statement, [Notice.id], cursor=cursor, limit=most)).all()
    return cut(rows, most, lambda row: [row.id])


def of(person: Actor) -> ColumnElement[bool]:
    """Condition: the notice is theirs, and about nothing out of their reach."""
    table: FromClause = table_of(Notice)
    theirs = table.c.user_id == person.id
    if not person.is_limited:
        return theirs
    about = table.c.ticket_id
    return and_(theirs, or_(about.is_(None), reach.sees(person, "ticket", about)))


def unread(work: Work, person: Actor) -> int:
    """How many the person has not read, at most a hundred."""
    return int(work.session.scalar(select(counted_unread(person))) or 0)


def still_new(work: Work, user_ids: Collection[str], ticket_id: str, title: str) -> set[str]:
    """Who of them has not read yet that this has happened on the ticket, or on many others.

    `title` as it is kept (`service.clean_title`).

    So a change to hundreds of tickets at once buries nobody.
    """
    if not user_ids:
        return set()
    rows = work.session.execute(
        select(Notice.user_id, Notice.ticket_id)
        .where(
            Notice.user_id.in_(user_ids),
            Notice.read_at.is_(None),
            Notice.title == title,
        )
        .limit(MOST_ALIKE * len(user_ids))
    ).all()
    alike = Counter(user_id for user_id, _ in rows)
    here = {user_id for user_id, about in rows if about == ticket_id}
    return here | {user_id for user_id, many in alike.items() if many >= MOST_ALIKE}


def counted_unread(person: Actor) -> ScalarSelect[int]:
    """The same as a part of another query."""
    new = (
        select(literal_column("1"))
        .where(of(person), Notice.read_at.is_(None))
        .limit(COUNTED)
        .subquery()
    )
    return select(func.count()).select_from(new).scalar_subquery()
