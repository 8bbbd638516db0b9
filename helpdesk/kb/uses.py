"""Articles in cases: which one solved a ticket, was sent to a customer, or was looked at for it.

`Article.uses` counts cases, not clicks: those that it solved or was inserted in, once readers have
seen it; what a draft is said to have solved counts from its first publication on. Not for whether
the actor may see the case (`workflows.knowledge`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select, update

from helpdesk.core.db import insert_if_absent
from helpdesk.core.errors import Invalid
from helpdesk.core.work import Work
from helpdesk.kb import permissions
from helpdesk.kb.events import ArticleUsed
from helpdesk.kb.models import Article, ArticleUse

WAYS = ("solved", "inserted", "shown")
COUNTED = ("solved", "inserted")
KINDS = ("ticket", "conversation")


@dataclass(frozen=True, slots=True)
class Case:
    """A ticket or a conversation."""

    kind: str
    id: str


def use(work: Work, article_id: str, case: Case, how: str) -> bool:
    """Note it; False where that was known (it then counts how often)."""
    permissions.require_writing(work)
    if how not in WAYS or case.kind not in KINDS:
        raise Invalid(fields={"how": f"Choose one of {', '.join(WAYS)}."})
    article = permissions.get_article(work, article_id)
    counted = _is_counted(article, how) and not _counts(work, article.id, case)
    values = {
        "case_id": case.id, "article_id": article.id, "how": how, "case_kind": case.kind,
        "times": 1, "at": work.at, "actor": work.actor.label,
    }  # fmt: skip
    if not insert_if_absent(work.session, ArticleUse, values):
        row = work.session.get_one(ArticleUse, (case.id, article.id, how), with_for_update=True)
        row.times, row.at, row.actor = row.times + 1, work.at, work.actor.label
        return False
    if counted:
        _count(work, article.id, 1)
    work.emit(ArticleUsed(article_id=article.id, case_kind=case.kind, case_id=case.id, how=how))
    return True


def unuse(work: Work, article_id: str, case: Case, how: str) -> bool:
    """It was a mistake; False where there was nothing to take back."""
    permissions.require_writing(work)
    row = work.session.get(ArticleUse, (case.id, article_id, how), with_for_update=True)
    if row is None:
        return False
    work.session.delete(row)
    work.session.flush()
    article = work.session.get_one(Article, article_id)
    if _is_counted(article, how) and not _counts(work, article_id, case):
        _count(work, article_id, -1)
    work.emit(
        ArticleUsed(
            article_id=article_id, case_kind=case.kind, case_id=case.id, how=how, removed=True
        )
    )
    return True


def count_anew(work: Work, article: Article) -> None:
    """What was noted while it was a draft counts from now on."""
    article.uses = (
        work.session.scalar(
            select(func.count(ArticleUse.case_id.distinct())).where(
                ArticleUse.article_id == article.id, ArticleUse.how.in_(COUNTED)
            )
        )
        or 0
    )


def of_case(work: Work, case_ids: Sequence[str]) -> Sequence[ArticleUse]:
    """What was used in these cases (a ticket and its conversations), the last first."""
    permissions.require_writing(work)
    wanted = select(ArticleUse).where(ArticleUse.case_id.in_(list(case_ids)))
    return work.session.scalars(wanted.order_by(ArticleUse.at.desc()).limit(100)).all()


def counts(work: Work, article_id: str) -> dict[str, int]:
    """By way how many cases."""
    permissions.require_writing(work)
    rows = work.session.execute(
        select(ArticleUse.how, func.count())
        .where(ArticleUse.article_id == article_id)
        .group_by(ArticleUse.how)
    )
    return {row.how: row[1] for row in rows}


def _is_counted(article: Article, how: str) -> bool:
    return how in COUNTED and article.published_at is not None


def _counts(work: Work, article_id: str, case: Case) -> bool:
    there = select(ArticleUse.how).where(
        ArticleUse.case_id == case.id,
        ArticleUse.article_id == article_id,
        ArticleUse.how.in_(COUNTED),
    )
    return work.session.scalar(there.limit(1)) is not None


def _count(work: Work, article_id: str, more: int) -> None:
    work.session.execute(
        update(Article)
        .where(Article.id == article_id)
        .values(uses=Article.uses + more)
        .execution_options(synchronize_session="fetch")
    )
