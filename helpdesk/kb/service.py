"""Articles: begun, put in their place, given an owner and an audience, looked at again in time.

Whoever changes an article holds its row. Not for its words (`writing`) and what readers see of them
(`publishing`), nor for files, ratings and cases.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, update

from helpdesk.core.db import insert_rows
from helpdesk.core.errors import Invalid
from helpdesk.core.ids import is_id, new_id
from helpdesk.core.work import Work
from helpdesk.customers.field_values import tag_name
from helpdesk.identity.models import User
from helpdesk.kb import addresses, locales, permissions, sections, settings, slugs, writing
from helpdesk.kb.errors import StaleArticle
from helpdesk.kb.events import ArticleAdded, ArticleChanged
from helpdesk.kb.models import Article, ArticleLabel, Remark

MOST_LABELS = 30
FIELDS = frozenset({
    "section_id", "owner_id", "audience", "segment_id", "labels", "position", "review_every_days",
    "review_due_at",
})  # fmt: skip


def add_article(
    work: Work,
    *,
    title: str,
    body: str = "",
    summary: str = "",
    locale: str | None = None,
    audience: str = "public",
    segment_id: str | None = None,
    section_id: str | None = None,
    owner_id: str | None = None,
    labels: Sequence[str] = (),
    slug: str = "",
    note: str = "",
    article_id: str | None = None,
) -> Article:
    """A draft that belongs to its author (or `owner_id`), with its first version.

    `article_id` where others refer to it already.
    """
    permissions.require_writing(work)
    chosen = settings.get(work)
    source = locales.code(locale) if locale else chosen.default_locale
    sections.audience_of(work, audience, segment_id)
    row = Article(
        id=article_id or new_id(),
        section_id=sections.need_section(work, section_id),
        position=0,
        owner_id=_owner(work, owner_id) or _author(work),
        state="draft",
        is_live=False,
        audience=audience,
        segment_id=segment_id if audience == "segment" else None,
        source_locale=source,
        labels=label_names(labels),
        publish_at=None,
        publish_versions={},
        published_at=None,
        read_at=None,
        archived_at=None,
        review_every_days=chosen.review_every_days,
        review_due_at=None,
        reminded_at=None,
        created_at=work.at,
        created_by=work.actor.label,
        updated_at=work.at,
        helpful=0,
        unhelpful=0,
        uses=0,
        version=1,
    )
    work.session.add(row)
    work.session.flush()
    _write_labels(work, row)
    words = writing.Words.of(title, summary, body)
    writing.begin_language(work, row, source, words, note=note, slug=slug)
    work.emit(ArticleAdded(article_id=row.id, locale=source))
    work.audit("article.added", "article", row.id, title=words.title, audience=audience)
    return row


def change_article(
    work: Work, article_id: str, *, changes: Mapping[str, Any], version: int | None = None
) -> Article:
    """Set what is named; StaleArticle when it changed since `version`.

    Who may read it is published at once, or at its time where that is set: there it needs the right
    to publish.
    """
    permissions.require_writing(work)
    if unknown := set(changes) - FIELDS:
        raise Invalid(fields={min(unknown): "This can't be changed."})
    row = permissions.get_article(work, article_id, lock=True)
    if version is not None and row.version != version:
        raise stale(row)
    wanted = _checked(work, row, changes)
    before = {name: getattr(row, name) for name in wanted}
    changed = {name: value for name, value in wanted.items() if before[name] != value}
    if not changed:
        return row
    goes_out = row.is_live or row.state == "scheduled"
    if goes_out and changed.keys() & {"audience", "segment_id", "section_id"}:
        permissions.require_publishing(work, row.audience)
        permissions.require_publishing(work, wanted.get("audience", row.audience))
    for name, value in changed.items():
        setattr(row, name, value)
    if "labels" in changed:
        _write_labels(work, row)
    if "review_due_at" in changed:
        row.reminded_at = None
    if "owner_id" in changed:
        _hand_over(work, row, before["owner_id"])
    touch(work, row, sorted(changed))
    work.audit(
        "article.changed", "article", row.id,
        changed={name: [_plain(before[name]), _plain(value)] for name, value in changed.items()},
    )  # fmt: skip
    return row


def change_slug(work: Work, article_id: str, locale: str, slug: str) -> str:
    """Another address for one language; the one before leads on to it for ever."""
    permissions.require_writing(work)
    row = permissions.get_article(work, article_id, lock=True)
    if row.is_live:
        permissions.require_publishing(work, row.audience)
    text = writing.get_language(work, row.id, locale, lock=True)
    before, text.slug = text.slug, addresses.take_this(work, "article", row.id, locale, slug)
    if text.slug != before:
        touch(work, row, ["slug"])
        work.audit("article.moved", "article", row.id, locale=locale, before=before, slug=text.slug)
    return text.slug


def is_free_slug(work: Work, locale: str, slug: str) -> bool:
    """Whether this address leads nowhere yet."""
    made = slugs.slug(slug, locale, instead="")
    return bool(made) and addresses.look_up(work, "article", locale, made) is None


def note_reviewed(work: Work, article_id: str, *, next_in_days: int | None = None) -> Article:
    """Somebody looked and it is still right: due again after its days (or these)."""
    permissions.require_writing(work)
    row = permissions.get_article(work, article_id, lock=True)
    days = settings.review_days(next_in_days) or row.review_every_days
    row.review_due_at = work.at + timedelta(days=days) if days else None
    row.reminded_at = None
    touch(work, row, ["review_due_at"])
    work.audit("article.reviewed", "article", row.id, due=_plain(row.review_due_at))
    return row


def stale(row: Article) -> StaleArticle:
    return StaleArticle(number=row.version, actor="", at=row.updated_at, changed=())


def touch(work: Work, row: Article, changed: Sequence[str]) -> None:
    """What every change of the (held) article has in common: a new version, and an event."""
    row.version += 1
    row.updated_at = work.at
    work.session.flush()
    work.emit(ArticleChanged(article_id=row.id, version=row.version, changed=list(changed)))


def label_names(labels: Sequence[object]) -> list[str]:
    """Labels as they are stored: lower case, each once."""
    names = list(dict.fromkeys(tag_name(one) for one in labels))
    if len(names) > MOST_LABELS:
        raise Invalid(fields={"labels": f"Use at most {MOST_LABELS} labels."})
    return names


def _checked(work: Work, row: Article, changes: Mapping[str, Any]) -> dict[str, Any]:
    wanted = dict(changes)
    if "section_id" in wanted:
        wanted["section_id"] = sections.need_section(work, wanted["section_id"])
    if "owner_id" in wanted:
        wanted["owner_id"] = _owner(work, wanted["owner_id"])
    if "labels" in wanted:
        wanted["labels"] = label_names(wanted["labels"])
    if "review_every_days" in wanted:
        wanted["review_every_days"] = settings.review_days(wanted["review_every_days"])
    if "review_due_at" in wanted:
        wanted["review_due_at"] = _day(work, wanted["review_due_at"])
    if wanted.keys() & {"audience", "segment_id"}:
        audience = wanted.get("audience", row.audience)
        segment_id = wanted.get("segment_id", row.segment_id) if audience == "segment" else None
        sections.audience_of(work, audience, segment_id)
        wanted |= {"audience": audience, "segment_id": segment_id}
    return wanted


def _owner(work: Work, owner_id: str | None) -> str | None:
    if owner_id is None:
        return None
    user = work.session.get(User, owner_id) if is_id(owner_id) else None
    if user is None or not user.is_active or user.role not in ("agent", "supervisor", "admin"):
        raise Invalid(fields={"owner_id": "Choose a colleague who works at the desk."})
    return user.id


def _hand_over(work: Work, row: Article, before: str | None) -> None:
    """What readers found wrong is the new owner's work."""
    own = Remark.owner_id == before if before is not None else Remark.owner_id.is_(None)
    work.session.execute(
        update(Remark)
        .where(Remark.article_id == row.id, Remark.done_at.is_(None), own)
        .values(owner_id=row.owner_id)
        .execution_options(synchronize_session=False)
    )


def _author(work: Work) -> str | None:
    return work.actor.id if work.actor.kind == "user" else None


def _day(work: Work, value: datetime | None) -> datetime | None:
    far = work.at + timedelta(days=settings.LONGEST_REVIEW)
    if value is not None and not (value.tzinfo and value <= far):
        raise Invalid(fields={"review_due_at": "Choose a day within ten years."})
    return value


def _write_labels(work: Work, row: Article) -> None:
    work.session.execute(delete(ArticleLabel).where(ArticleLabel.article_id == row.id))
    rows = [{"article_id": row.id, "label": label} for label in row.labels]
    insert_rows(work.session, ArticleLabel, rows)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
