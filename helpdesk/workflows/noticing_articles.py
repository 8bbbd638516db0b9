"""Who is told of what happens to articles: owners of remarks and reviews, and who may publish.

Where nobody looks after an article, supervisors are told. Nobody hears of what they did themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from helpdesk.core.work import Emitted, Work
from helpdesk.identity.models import User
from helpdesk.kb import queries
from helpdesk.kb.events import ArticleReviewAsked, ArticleReviewDue, ArticleSentBack, RemarkMade
from helpdesk.kb.models import Article, Remark
from helpdesk.notices import service as notices

MOST_TOLD = 20
_DESK = ("agent", "supervisor", "admin")


@dataclass(frozen=True, slots=True)
class Told:
    """`owner_id` None: supervisors are told. `text` "": the article's title."""

    title: str
    owner_id: str | None
    text: str = ""


def tell(work: Work, emitted: Emitted) -> None:
    """Give the notices that this event asks for, if any."""
    event: Any = emitted.event
    if type(event) not in _BY_EVENT:
        return
    article = work.session.get(Article, event.article_id)
    told = _BY_EVENT[type(event)](work, event, article) if article is not None else None
    if article is None or told is None:
        return
    title = queries.lines(work, [article])[0].text.title
    notices.give(
        work,
        [one for one in _whom(work, told.owner_id) if emitted.actor != f"user:{one}"],
        kind="article",
        title=told.title,
        text=f"{title}: {told.text}" if told.text else title,
        article_id=article.id,
    )


def _whom(work: Work, owner_id: str | None) -> list[str]:
    owner = work.session.get(User, owner_id) if owner_id is not None else None
    if owner is not None and owner.is_active and owner.role in _DESK:
        return [owner.id]
    boss = select(User.id).where(User.is_active, User.role.in_(("supervisor", "admin")))
    return list(work.session.scalars(boss.order_by(User.role.desc(), User.id).limit(MOST_TOLD)))


def _due(work: Work, event: ArticleReviewDue, article: Article) -> Told:
    return Told("An article is due for review", article.owner_id)


def _asked(work: Work, event: ArticleReviewAsked, article: Article) -> Told | None:
    return Told("An article waits for your review", None) if article.state == "review" else None


def _sent_back(work: Work, event: ArticleSentBack, article: Article) -> Told:
    return Told("Your article came back from review", article.owner_id, event.note)


def _remarked(work: Work, event: RemarkMade, article: Article) -> Told | None:
    remark = work.session.get(Remark, event.remark_id)
    if remark is None or remark.done_at is not None:
        return None
    who = "A colleague" if remark.source == "desk" else "A reader"
    return Told(f"{who} found something in an article", remark.owner_id, remark.text)


_BY_EVENT: Mapping[type, Callable[[Work, Any, Article], Told | None]] = {
    ArticleReviewDue: _due,
    ArticleReviewAsked: _asked,
    ArticleSentBack: _sent_back,
    RemarkMade: _remarked,
}
