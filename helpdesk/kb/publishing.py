"""What readers see of an article: taken through its workflow, now or at a time, and offline again.

Versions are published, not texts: what was approved or scheduled is what goes out, whatever was
written since. Not for writing (see `writing`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update

from helpdesk.core.db import insert_rows
from helpdesk.core.errors import Conflict, Invalid, NotFound
from helpdesk.core.work import Work
from helpdesk.kb import addresses, markdown, permissions, uses, workflow, writing
from helpdesk.kb.errors import NoSuchStep, NotReady
from helpdesk.kb.events import (
    ArticlePublished,
    ArticleRemoved,
    ArticleReviewAsked,
    ArticleReviewDue,
    ArticleSentBack,
    ArticleWithdrawn,
)
from helpdesk.kb.models import (
    Article,
    ArticleFile,
    ArticleLabel,
    ArticleUse,
    ArticleVersion,
    FileUse,
    Rating,
    Remark,
    Translation,
    Unsaved,
)
from helpdesk.kb.service import stale, touch

FURTHEST = timedelta(days=730)
MOST_DUE = 100
Versions = Mapping[str, int]


def take_step(
    work: Work,
    article_id: str,
    step: str,
    *,
    versions: Versions | None = None,
    at: datetime | None = None,
    note: str = "",
    version: int | None = None,
) -> Article:
    """One step of the workflow. `versions` {language: number} go out, None: the newest of all.

    `at` is when, for `schedule`. NoSuchStep, NotReady with what to mend, StaleArticle.
    """
    permissions.require_writing(work)
    row = permissions.get_article(work, article_id, lock=True)
    if version is not None and row.version != version:
        raise stale(row)
    _need_step(work, row, step)
    before = row.state
    if step == "publish":
        _publish(work, row, _chosen(work, row, versions))
    elif step == "schedule":
        _schedule(work, row, at, _chosen(work, row, versions))
    elif step in ("withdraw", "archive"):
        _take_offline(work, row, "archived" if step == "archive" else "withdrawn")
    row.state = workflow.leads_to(step, is_live=row.is_live)
    row.archived_at = work.at if step == "archive" else None
    if step != "schedule":
        row.publish_at, row.publish_versions = None, {}
    _tell(work, row, step, writing.clean_note(note))
    touch(work, row, ["state"])
    work.audit(f"article.{_PAST[step]}", "article", row.id, before=before, state=row.state)
    return row


def withdraw_language(work: Work, article_id: str, locale: str) -> Article:
    """Readers of this language get another one from now on; not for the source."""
    permissions.require_writing(work)
    row = permissions.get_article(work, article_id, lock=True)
    permissions.require_publishing(work, row.audience)
    text = writing.get_language(work, row.id, locale, lock=True)
    if locale == row.source_locale:
        raise Conflict("Take the whole article offline instead.", code="source_language")
    if text.published_number is not None:
        text.published_number = None
        _forget_files(work, row.id, locale)
        touch(work, row, ["languages", locale])
        work.audit("article.language_withdrawn", "article", row.id, locale=locale)
    return row


def publish_due(work: Work, *, most: int = MOST_DUE) -> Sequence[str]:
    """Ids of scheduled articles whose time has come."""
    return work.session.scalars(
        select(Article.id)
        .where(Article.state == "scheduled", Article.publish_at <= work.at)
        .order_by(Article.publish_at)
        .limit(most)
    ).all()


def publish_scheduled(work: Work, article_id: str) -> bool:
    """Publish the versions that were chosen; False when somebody changed their mind meanwhile."""
    row = permissions.get_article(work, article_id, lock=True)
    if row.state != "scheduled" or row.publish_at is None or row.publish_at > work.at:
        return False
    take_step(work, article_id, "publish", versions=dict(row.publish_versions))
    return True


def reminders_due(work: Work, *, most: int = MOST_DUE) -> Sequence[str]:
    """Ids of live articles whose day of review has come and whose owner was not told yet."""
    return work.session.scalars(
        select(Article.id)
        .where(
            Article.is_live,
            Article.reminded_at.is_(None),
            Article.review_due_at.is_not(None),
            Article.review_due_at <= work.at,
        )
        .order_by(Article.review_due_at)
        .limit(most)
    ).all()


def remind(work: Work, article_id: str) -> bool:
    """Note that its owner is told; False where that was done."""
    told = work.session.execute(
        update(Article)
        .where(Article.id == article_id, Article.reminded_at.is_(None), Article.is_live)
        .values(reminded_at=work.at)
        .returning(Article.owner_id)
        .execution_options(synchronize_session=False)
    ).first()
    if told is not None:
        work.emit(ArticleReviewDue(article_id=article_id, owner_id=told[0]))
    return told is not None


def remove(work: Work, article_id: str) -> list[str]:
    """An archived article, for good; answers its files, to be removed after the commit."""
    permissions.require_set_up(work)
    row = permissions.get_article(work, article_id, lock=True)
    if row.state != "archived":
        raise Conflict("Archive this article first.", code="not_archived")
    titles = [text.title for text in writing.languages(work, row.id).values()]
    files = list(
        work.session.scalars(select(ArticleFile.id).where(ArticleFile.article_id == row.id))
    )
    used_elsewhere = set(
        work.session.scalars(select(FileUse.file_id).where(FileUse.file_id.in_(files)))
    )
    if used_elsewhere:
        raise Conflict("Another article shows a file of this one.", code="in_use")
    for table in (
        FileUse, ArticleFile, Rating, Remark, ArticleUse, Unsaved, ArticleVersion, Translation,
        ArticleLabel,
    ):  # fmt: skip
        work.session.execute(delete(table).where(table.article_id == row.id))
    addresses.forget(work, row.id)
    work.session.delete(row)
    work.session.flush()
    work.emit(ArticleRemoved(article_id=row.id))
    work.audit("article.removed", "article", row.id, titles=titles)
    return files


def _need_step(work: Work, row: Article, step: str) -> None:
    if step not in workflow.STEPS:
        raise Invalid(fields={"step": f"Choose one of {', '.join(workflow.STEPS)}."})
    if not workflow.may_take(step, row.state, is_live=row.is_live):
        word = workflow.STEPS[step].word
        raise NoSuchStep(f"“{word}” can't be done with an article that is {row.state}.")
    if workflow.STEPS[step].releases:
        permissions.require_publishing(work, row.audience)


def _chosen(work: Work, row: Article, versions: Versions | None) -> dict[str, ArticleVersion]:
    """The versions to go out, each found fit for readers."""
    there = writing.languages(work, row.id)
    wanted = versions if versions is not None else {k: text.number for k, text in there.items()}
    source = there[row.source_locale]
    if row.source_locale not in wanted and source.published_number is None:
        raise NotReady(["The language it is written in has to be published with or before others."])
    found: dict[str, ArticleVersion] = {}
    for locale, number in wanted.items():
        one = (
            work.session.get(ArticleVersion, (row.id, locale, number)) if locale in there else None
        )
        if one is None:
            raise NotFound("There is no such version.")
        found[locale] = one
    if wrong := [why for one in found.values() for why in why_not(one.locale, one.body)]:
        raise NotReady(wrong)
    return found


def why_not(locale: str, body: str) -> list[str]:
    """What has to be mended before readers may see this text; empty where nothing has."""
    if not body.strip():
        return [f"There is no text yet ({locale})."]
    return [f"{why} ({locale})" for why in markdown.problems(body)]


def _publish(work: Work, row: Article, chosen: Mapping[str, ArticleVersion]) -> None:
    first = row.published_at is None
    for locale, one in chosen.items():
        text = writing.get_language(work, row.id, locale, lock=True)
        text.published_number = one.number
        _forget_files(work, row.id, locale)
        shown = [{"file_id": f, "article_id": row.id, "locale": locale} for f in one.files]
        insert_rows(work.session, FileUse, shown)
    row.is_live, row.published_at = True, row.published_at or work.at
    row.read_at = row.read_at or work.at
    if row.review_every_days and (row.review_due_at is None or row.review_due_at <= work.at):
        row.review_due_at = work.at + timedelta(days=row.review_every_days)
        row.reminded_at = None
    if first:
        uses.count_anew(work, row)
    numbers = {locale: one.number for locale, one in chosen.items()}
    work.emit(ArticlePublished(article_id=row.id, versions=numbers, first=first))


def _schedule(
    work: Work, row: Article, at: datetime | None, chosen: Mapping[str, ArticleVersion]
) -> None:
    if at is None or not work.at < at <= work.at + FURTHEST:
        raise Invalid(fields={"at": "Choose a time within the next two years."})
    row.publish_at = at
    row.publish_versions = {locale: one.number for locale, one in chosen.items()}


def _take_offline(work: Work, row: Article, why: str) -> None:
    if not row.is_live:
        return
    row.is_live = False
    for text in writing.languages(work, row.id).values():
        text.published_number = None
    work.session.execute(delete(FileUse).where(FileUse.article_id == row.id))
    work.emit(ArticleWithdrawn(article_id=row.id, why=why))


def _forget_files(work: Work, article_id: str, locale: str) -> None:
    work.session.execute(
        delete(FileUse).where(FileUse.article_id == article_id, FileUse.locale == locale)
    )


def _tell(work: Work, row: Article, step: str, note: str) -> None:
    if step == "submit":
        work.emit(ArticleReviewAsked(article_id=row.id, by=work.actor.label))
    elif step == "send_back":
        work.emit(ArticleSentBack(article_id=row.id, by=work.actor.label, note=note))


_PAST = {
    "submit": "review_asked",
    "send_back": "sent_back",
    "schedule": "scheduled",
    "publish": "published",
    "withdraw": "withdrawn",
    "archive": "archived",
    "restore": "restored",
}
