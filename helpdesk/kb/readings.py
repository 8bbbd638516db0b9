"""Articles that known customers read, and the contacts that followed within a day.

A reading names its customer until that day is over; afterwards it only counts. Not for readers
whom nobody knows: of them an article keeps no more than when it was read last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, or_, select, update

from helpdesk.core.ids import new_id
from helpdesk.core.paging import Page, clamp_limit, cut, keyset
from helpdesk.core.work import Work
from helpdesk.kb import permissions
from helpdesk.kb.models import Article, Reading
from helpdesk.kb.uses import Case

WINDOW = timedelta(hours=24)
HALF_A_DAY = timedelta(hours=12)
KEPT = timedelta(days=400)
BATCH = 500


@dataclass(frozen=True, slots=True)
class Followed:
    """An article: read by known customers so many times, followed by contacts so many times."""

    article_id: str
    read: int
    contacts: int
    last_at: datetime


def is_news(work: Work, article_id: str) -> bool:
    """Whether `note` would write anything for a reader nobody knows."""
    wanted = select(Article.id).where(Article.id == article_id, _long_unread(work))
    return work.session.scalar(wanted) is not None


def note(work: Work, article_id: str, locale: str, customer_id: str | None) -> None:
    """Somebody read it: when, and where it is known who, one row for the day."""
    work.session.execute(
        update(Article)
        .where(Article.id == article_id, _long_unread(work))
        .values(read_at=work.at)
        .execution_options(synchronize_session=False)
    )
    if customer_id is None:
        return
    day = f"{work.at:%Y-%m-%d}"
    there = select(Reading.id).where(
        Reading.customer_id == customer_id, Reading.article_id == article_id, Reading.day == day
    )
    if work.session.scalar(there.limit(1)) is None:
        work.insert_later(
            Reading, id=new_id(), article_id=article_id, locale=locale[:10],
            customer_id=customer_id, day=day, at=work.at, due_at=work.at + WINDOW,
        )  # fmt: skip


def due(work: Work, *, most: int) -> Sequence[Reading]:
    """Readings whose day is over."""
    wanted = select(Reading).where(Reading.settled_at.is_(None), Reading.due_at <= work.at)
    return work.session.scalars(wanted.order_by(Reading.due_at).limit(most)).all()


def settle(work: Work, row: Reading, contact_at: datetime | None, case: Case | None) -> None:
    """Write down whether a contact followed, and forget who it was."""
    row.settled_at, row.customer_id = work.at, None
    if contact_at is not None and case is not None:
        row.contact_at, row.case_kind, row.case_id = contact_at, case.kind, case.id


def before_contact(work: Work, days: int, *, most: int) -> list[Followed]:
    """The articles after which customers wrote or called all the same, most often first."""
    permissions.require_writing(work)
    since = work.at - timedelta(days=days)
    times = func.count()
    rows = work.session.execute(
        select(Reading.article_id, times, func.max(Reading.contact_at))
        .where(Reading.contact_at.is_not(None), Reading.contact_at >= since)
        .group_by(Reading.article_id)
        .order_by(times.desc(), Reading.article_id)
        .limit(most)
    ).all()
    counts = work.session.execute(
        select(Reading.article_id, func.count())
        .where(Reading.at >= since, Reading.article_id.in_([row[0] for row in rows]))
        .group_by(Reading.article_id)
    )
    read = dict(counts.all())
    return [Followed(one, max(read.get(one, 0), n), n, last) for one, n, last in rows if last]


def contacts_after(
    work: Work, article_id: str, *, cursor: str | None = None, limit: int | None = None
) -> Page[Reading]:
    """The rows behind one article's figure, the last contact first."""
    permissions.require_writing(work)
    most = clamp_limit(limit)
    wanted = select(Reading).where(
        Reading.article_id == article_id, Reading.contact_at.is_not(None)
    )
    keys = [Reading.contact_at, Reading.id]
    rows = work.session.scalars(keyset(wanted, keys, cursor=cursor, limit=most)).all()
    return cut(rows, most, lambda row: [row.contact_at, row.id])


def forget_old(work: Work) -> int:
    old = select(Reading.id).where(Reading.at < work.at - KEPT).limit(BATCH)
    ids = list(work.session.scalars(old))
    if ids:
        work.session.execute(delete(Reading).where(Reading.id.in_(ids)))
    return len(ids)


def _long_unread(work: Work) -> ColumnElement[bool]:
    return or_(Article.read_at.is_(None), Article.read_at < work.at - HALF_A_DAY)
