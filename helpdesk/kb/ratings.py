"""Whether articles helped, and remarks about them: work for the owner until somebody ends it.

One rating per reader and version, which the reader may change. Not for telling the owner (see
`workflows.noticing_articles`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import case, func, select, update

from helpdesk.core.db import insert_if_absent
from helpdesk.core.errors import Invalid, NotFound, TooMany
from helpdesk.core.ids import is_id, new_id
from helpdesk.core.paging import Page, clamp_limit, cut, keyset
from helpdesk.core.work import Work
from helpdesk.customers.field_values import text as checked_text
from helpdesk.identity.models import User
from helpdesk.kb import permissions
from helpdesk.kb.errors import ArticleGone
from helpdesk.kb.events import ArticleRated, RemarkMade
from helpdesk.kb.models import Article, Rating, Remark, Translation

LONGEST = 2_000
MOST_AN_HOUR = 5
OUTCOMES = ("changed", "answered", "declined")


@dataclass(frozen=True, slots=True)
class Helpful:
    """How one version was found."""

    locale: str
    number: int
    yes: int
    no: int


def rate(
    work: Work, article_id: str, locale: str, number: int, *, helpful: bool, mark: str = ""
) -> None:
    """The reader's word on a version they could read; `mark` tells browsers nobody knows apart."""
    article = _readable(work, article_id, locale, number)
    key = (article.id, locale, number, reader_key(work, mark))
    row = work.session.get(Rating, key, with_for_update=True)
    if row is not None and row.helpful == helpful:
        return
    if row is None:
        names = ("article_id", "locale", "number", "reader")
        values = dict(zip(names, key, strict=True)) | {"helpful": helpful, "at": work.at}
        if not insert_if_absent(work.session, Rating, values):
            return  # the same reader twice at this moment
        _count(work, article.id, helpful=helpful, more=1)
    else:
        row.helpful, row.at = helpful, work.at
        _count(work, article.id, helpful=helpful, more=1)
        _count(work, article.id, helpful=not helpful, more=-1)
    work.emit(ArticleRated(article_id=article.id, locale=locale, number=number, helpful=helpful))


def remark(
    work: Work, article_id: str, locale: str, number: int, text: str, *, mark: str = ""
) -> Remark:
    """What a reader misses, or a colleague found wrong; it becomes work for the owner."""
    article = _readable(work, article_id, locale, number)
    said = checked_text(text, "text", longest=LONGEST)
    key = reader_key(work, mark)
    if not permissions.writes(work.actor):
        _need_patience(work, key)
    row = Remark(
        id=new_id(),
        article_id=article.id,
        locale=locale,
        number=number,
        owner_id=article.owner_id,
        source="desk" if permissions.writes(work.actor) else "reader",
        reader=key,
        customer_id=work.actor.customer_id,
        text=said,
        at=work.at,
        done_at=None,
        done_by=None,
        outcome="",
    )
    work.session.add(row)
    work.session.flush()
    work.emit(RemarkMade(article_id=article.id, remark_id=row.id, owner_id=row.owner_id))
    return row


def reader_key(work: Work, mark: str = "") -> str:
    """Who rates, so that nobody counts twice; a hash, so that nobody reads who it was."""
    who = f"{mark} mark" if work.actor.kind == "visitor" and mark else work.actor.label
    return hashlib.sha256(f"kb {who}".encode()).hexdigest()


def own_rating(
    work: Work, article_id: str, locale: str, number: int, *, mark: str = ""
) -> bool | None:
    """What this reader said of the version; None: nothing yet."""
    row = work.session.get(Rating, (article_id, locale, number, reader_key(work, mark)))
    return row.helpful if row is not None else None


def by_version(work: Work, article_id: str) -> list[Helpful]:
    """How each version was found, the newest first of each language; for those who write."""
    permissions.require_writing(work)
    yes = func.sum(case((Rating.helpful, 1), else_=0))
    rows = work.session.execute(
        select(Rating.locale, Rating.number, yes, func.count())
        .where(Rating.article_id == permissions.get_article(work, article_id).id)
        .group_by(Rating.locale, Rating.number)
        .order_by(Rating.locale, Rating.number.desc())
    )
    return [Helpful(locale, number, good, all_ - good) for locale, number, good, all_ in rows]


def page_of_remarks(
    work: Work,
    *,
    owner_id: str | None = None,
    article_id: str | None = None,
    open_only: bool = True,
    cursor: str | None = None,
    limit: int | None = None,
) -> Page[Remark]:
    """What is to be worked on, the oldest first; of one article: the newest first."""
    permissions.require_writing(work)
    most = clamp_limit(limit)
    statement = select(Remark)
    if owner_id is not None:
        statement = statement.where(Remark.owner_id == owner_id)
    if article_id is not None:
        statement = statement.where(Remark.article_id == article_id)
    if open_only:
        statement = statement.where(Remark.done_at.is_(None))
    keys = [Remark.at, Remark.id]
    rows = work.session.scalars(
        keyset(statement, keys, cursor=cursor, limit=most, descending=article_id is not None)
    ).all()
    return cut(rows, most, lambda row: [row.at, row.id])


def count_open(work: Work, owner_id: str, *, most: int = 100) -> int:
    """How many wait for this person; counted no further than `most`."""
    permissions.require_writing(work)
    some = select(Remark.id).where(Remark.owner_id == owner_id, Remark.done_at.is_(None))
    return work.session.scalar(select(func.count()).select_from(some.limit(most).subquery())) or 0


def end_remark(work: Work, remark_id: str, outcome: str) -> Remark:
    """It is worked on: changed, answered or declined."""
    permissions.require_writing(work)
    if outcome not in OUTCOMES:
        raise Invalid(fields={"outcome": f"Choose one of {', '.join(OUTCOMES)}."})
    row = get_remark(work, remark_id, lock=True)
    if row.done_at is None:
        row.done_at, row.done_by, row.outcome = work.at, _user(work), outcome
        work.audit(
            "article.remark_ended", "article", row.article_id, remark=row.id, outcome=outcome
        )
    return row


def give_remark(work: Work, remark_id: str, user_id: str) -> Remark:
    """Somebody else of the desk works on it."""
    permissions.require_writing(work)
    user = work.session.get(User, user_id) if is_id(user_id) else None
    if user is None or not user.is_active or user.role not in ("agent", "supervisor", "admin"):
        raise Invalid(fields={"user_id": "Choose a colleague who works at the desk."})
    row = get_remark(work, remark_id, lock=True)
    if row.owner_id != user.id:
        row.owner_id = user.id
        work.emit(RemarkMade(article_id=row.article_id, remark_id=row.id, owner_id=user.id))
        work.audit("article.remark_given", "article", row.article_id, remark=row.id, to=user.id)
    return row


def get_remark(work: Work, remark_id: str, *, lock: bool = False) -> Remark:
    permissions.require_writing(work)
    row = work.session.get(Remark, remark_id, with_for_update=lock) if is_id(remark_id) else None
    if row is None:
        raise NotFound("This remark does not exist.")
    return row


def languages_of(work: Work, rows: Sequence[Remark]) -> dict[tuple[str, str], str]:
    """By (article, language) the title, for a list of remarks."""
    wanted = select(Translation.article_id, Translation.locale, Translation.title).where(
        Translation.article_id.in_({row.article_id for row in rows})
    )
    return {(one, locale): title for one, locale, title in work.session.execute(wanted)}


def _readable(work: Work, article_id: str, locale: str, number: int) -> Article:
    """The article, where this version of it is, or was, what such readers see."""
    wanted = select(Article).where(Article.id == article_id, permissions.readable(work))
    article = work.session.scalar(wanted) if is_id(article_id) else None
    text = work.session.get(Translation, (article_id, locale)) if article is not None else None
    if article is None or text is None or text.published_number is None:
        raise ArticleGone
    if not 0 < number <= text.published_number:
        raise NotFound("There is no such version.")
    return article


def _count(work: Work, article_id: str, *, helpful: bool, more: int) -> None:
    column = Article.helpful if helpful else Article.unhelpful
    work.session.execute(
        update(Article)
        .where(Article.id == article_id)
        .values({column: column + more})
        .execution_options(synchronize_session="fetch")
    )


def _need_patience(work: Work, key: str) -> None:
    recent = select(func.count()).where(
        Remark.reader == key, Remark.at > work.at - timedelta(hours=1)
    )
    if (work.session.scalar(recent) or 0) >= MOST_AN_HOUR:
        raise TooMany("You have told us much already. Please wait an hour.", retry_after_s=3600)


def _user(work: Work) -> str | None:
    return work.actor.id if work.actor.kind == "user" else None
