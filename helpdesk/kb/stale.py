"""Live articles that somebody should look at, by the reason why. Each list has its own index."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import and_, literal_column, select
from sqlalchemy.orm import aliased, defer

from helpdesk.core.errors import Invalid
from helpdesk.core.paging import Page, clamp_limit, cut, keyset
from helpdesk.core.work import Work
from helpdesk.kb import permissions, queries
from helpdesk.kb.models import Article, Translation
from helpdesk.kb.queries import Filter, Line

REASONS = ("due", "behind", "doubted", "unread")


def page(
    work: Work, reason: str, days: int, *, cursor: str | None = None, limit: int | None = None
) -> Page[Line]:
    """`due` longest first; `behind` their source; `doubted` by most of those who rated;
    `unread` for so many days.
    """
    permissions.require_writing(work)
    if reason not in REASONS:
        raise Invalid(fields={"reason": f"Choose one of {', '.join(REASONS)}."})
    if reason == "due":
        return queries.page(work, Filter(is_due=True), cursor=cursor, limit=limit)
    if reason == "behind":
        return _behind(work, cursor, clamp_limit(limit))
    if reason == "doubted":
        return _doubted(work, cursor, clamp_limit(limit))
    return _unread(work, days, cursor, clamp_limit(limit))


def _behind(work: Work, cursor: str | None, most: int) -> Page[Line]:
    source = aliased(Translation)
    wanted = (
        select(Translation)
        .options(defer(Translation.body))
        .join(Article, and_(Article.id == Translation.article_id, Article.is_live))
        .join(
            source,
            and_(source.article_id == Article.id, source.locale == Article.source_locale),
        )
        .where(Translation.source_version.is_not(None), Translation.source_version < source.major)
    )
    keys = [Translation.article_id, Translation.locale]
    rows = work.session.scalars(
        keyset(wanted, keys, cursor=cursor, limit=most, descending=False)
    ).all()
    found = cut(rows, most, lambda row: [row.article_id, row.locale])
    ids = list(dict.fromkeys(row.article_id for row in found.items))
    articles = work.session.scalars(
        select(Article).where(Article.id.in_(ids)).order_by(Article.id)
    ).all()
    return Page(queries.lines(work, articles), found.next_cursor)


def _doubted(work: Work, cursor: str | None, most: int) -> Page[Line]:
    wanted = select(Article).where(
        # A plain number: SQLite takes the index of a part only for words that it can see.
        Article.is_live,
        Article.unhelpful >= literal_column("3"),
        Article.unhelpful > Article.helpful,
    )
    keys = [Article.unhelpful, Article.id]
    rows = work.session.scalars(keyset(wanted, keys, cursor=cursor, limit=most)).all()
    found = cut(rows, most, lambda row: [row.unhelpful, row.id])
    return Page(queries.lines(work, found.items), found.next_cursor)


def _unread(work: Work, days: int, cursor: str | None, most: int) -> Page[Line]:
    wanted = select(Article).where(
        Article.is_live, Article.read_at < work.at - timedelta(days=days)
    )
    keys = [Article.read_at, Article.id]
    rows = work.session.scalars(
        keyset(wanted, keys, cursor=cursor, limit=most, descending=False)
    ).all()
    found = cut(rows, most, lambda row: [row.read_at, row.id])
    return Page(queries.lines(work, found.items), found.next_cursor)
