"""Tables of knowledge: sections, articles, their languages and versions, addresses and readers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.core.db import Base, Id, Json, pk

LIVE = "is_live"
SCHEDULED = "state = 'scheduled'"
UNTOLD = "is_live AND reminded_at IS NULL AND review_due_at IS NOT NULL"
FOLLOWS = "source_version IS NOT NULL"
DOUBTED = "is_live AND unhelpful >= 3"


def _among(name: str, which: str, *columns: str) -> Index:
    """An index of a part of the articles, as each database is asked for that part."""
    return Index(
        f"ix_kb_article_{name}",
        *columns,
        postgresql_where=text(which),
        sqlite_where=text(which.replace("is_live", "is_live = 1")),
    )


class Segment(Base):
    """Customers by a rule: those with one of `tags`, or of one of `organisation_ids`.

    With `needs_both` a customer has to fit both that are given.
    """

    __tablename__ = "kb_segment"

    id: Mapped[pk]
    name: Mapped[str] = mapped_column(String(80), unique=True)
    tags: Mapped[list[str]] = mapped_column(Json, default=list)
    organisation_ids: Mapped[list[str]] = mapped_column(Json, default=list)
    needs_both: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)


class Section(Base):
    """A place for articles. Those without a parent are categories.

    `names` {locale: {"name", "description"}}. Whoever may not enter a section reads nothing in it
    and below it, whatever the article says of itself.
    """

    __tablename__ = "kb_section"
    __table_args__ = (Index("ix_kb_section_tree", "parent_id", "position", "id"),)

    id: Mapped[pk]
    parent_id: Mapped[str | None] = mapped_column(Id, ForeignKey("kb_section.id"))
    position: Mapped[int] = mapped_column(default=0)
    names: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    audience: Mapped[str] = mapped_column(String(10), default="public")
    segment_id: Mapped[str | None] = mapped_column(Id, ForeignKey("kb_segment.id"))
    icon: Mapped[str] = mapped_column(String(40), default="")
    created_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)


class Article(Base):
    """A piece of knowledge; what it says is in its translations.

    `state` is a word of `kb.workflow` and says what its authors are at; `is_live` whether readers
    see anything of it. Both: a live article may be worked on and reviewed anew meanwhile.
    """

    __tablename__ = "kb_article"
    __table_args__ = (
        Index("ix_kb_article_list", "updated_at", "id"),
        Index("ix_kb_article_state", "state", "updated_at", "id"),
        Index("ix_kb_article_owner", "owner_id", "updated_at", "id"),
        Index("ix_kb_article_in_section", "section_id", "updated_at", "id"),
        _among("shelf", LIVE, "section_id", "position", "id"),
        _among("audience", LIVE, "audience", "published_at", "id"),
        _among("counted", LIVE, "section_id", "audience", "segment_id"),
        _among("newest", LIVE, "published_at", "id"),
        _among("scheduled", SCHEDULED, "publish_at"),
        _among("review", LIVE, "review_due_at", "id"),
        _among("untold", UNTOLD, "review_due_at"),
        _among("doubted", DOUBTED, "unhelpful", "id"),
        _among("unread", LIVE, "read_at", "id"),
    )

    id: Mapped[pk]
    section_id: Mapped[str | None] = mapped_column(Id, ForeignKey("kb_section.id"))
    position: Mapped[int] = mapped_column(default=0)
    owner_id: Mapped[str | None] = mapped_column(Id)  # a user; None: nobody looks after it
    state: Mapped[str] = mapped_column(String(10))
    is_live: Mapped[bool] = mapped_column(default=False)
    audience: Mapped[str] = mapped_column(String(10))
    segment_id: Mapped[str | None] = mapped_column(Id, ForeignKey("kb_segment.id"))
    source_locale: Mapped[str] = mapped_column(String(10))
    labels: Mapped[list[str]] = mapped_column(Json, default=list)
    publish_at: Mapped[datetime | None]  # while scheduled, and then these versions by language
    publish_versions: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    published_at: Mapped[datetime | None]  # the first time
    archived_at: Mapped[datetime | None]
    review_every_days: Mapped[int | None]
    review_due_at: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(80))  # an actor's label
    updated_at: Mapped[datetime]
    helpful: Mapped[int] = mapped_column(default=0)
    unhelpful: Mapped[int] = mapped_column(default=0)
    uses: Mapped[int] = mapped_column(default=0)  # cases it was used in
    read_at: Mapped[datetime | None]  # the last time, to half a day; else when it was published
    version: Mapped[int] = mapped_column(default=1)


class ArticleLabel(Base):
    """A copy of an article's labels, so that a list by label is one index."""

    __tablename__ = "kb_article_label"
    __table_args__ = (Index("ix_kb_article_label_list", "label", "article_id"),)

    article_id: Mapped[str] = mapped_column(Id, ForeignKey("kb_article.id"), primary_key=True)
    label: Mapped[str] = mapped_column(String(50), primary_key=True)


class Translation(Base):
    """An article in one language: its text as it is worked on, and which version readers see.

    `number` is the newest version, `major` the newest that other languages have to follow. For a
    language that is not the source, `source_version` is the source's version that it says.
    """

    __tablename__ = "kb_translation"
    __table_args__ = (
        Index("ix_kb_translation_locale", "locale", "updated_at", "article_id"),
        Index(
            "ix_kb_translation_follows",
            "article_id",
            "locale",
            postgresql_where=text(FOLLOWS),
            sqlite_where=text(FOLLOWS),
        ),
    )

    article_id: Mapped[str] = mapped_column(Id, ForeignKey("kb_article.id"), primary_key=True)
    locale: Mapped[str] = mapped_column(String(10), primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    summary: Mapped[str] = mapped_column(String(500), default="")
    body: Mapped[str] = mapped_column(Text, default="")
    slug: Mapped[str] = mapped_column(String(90))  # the current one of `kb_slug`
    number: Mapped[int]
    major: Mapped[int]
    published_number: Mapped[int | None]
    source_version: Mapped[int | None]
    updated_at: Mapped[datetime]
    updated_by: Mapped[str] = mapped_column(String(80))


class ArticleVersion(Base):
    """What one language of an article said at one time. Never changed.

    `files` are those that its readers see (not those in internal notes); `source_version` and
    `major` as the translation had them then.
    """

    __tablename__ = "kb_version"

    article_id: Mapped[str] = mapped_column(Id, ForeignKey("kb_article.id"), primary_key=True)
    locale: Mapped[str] = mapped_column(String(10), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    title: Mapped[str] = mapped_column(String(200))
    summary: Mapped[str] = mapped_column(String(500), default="")
    body: Mapped[str] = mapped_column(Text, default="")
    note: Mapped[str] = mapped_column(String(200), default="")
    files: Mapped[list[str]] = mapped_column(Json, default=list)
    source_version: Mapped[int | None]
    major: Mapped[int]
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(80))


class Unsaved(Base):
    """What somebody is writing and has not saved as a version yet; everybody has their own."""

    __tablename__ = "kb_unsaved"

    article_id: Mapped[str] = mapped_column(Id, ForeignKey("kb_article.id"), primary_key=True)
    locale: Mapped[str] = mapped_column(String(10), primary_key=True)
    user_id: Mapped[str] = mapped_column(Id, primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    summary: Mapped[str] = mapped_column(String(500), default="")
    body: Mapped[str] = mapped_column(Text, default="")
    upon: Mapped[int]  # the version it was begun upon
    at: Mapped[datetime]


class Slug(Base):
    """An address that leads to an article or a section, for ever; one of each is the current."""

    __tablename__ = "kb_slug"
    __table_args__ = (
        Index("ix_kb_slug_subject", "subject_id", "locale"),
        Index("ix_kb_slug_words", "slug", "kind"),
    )

    kind: Mapped[str] = mapped_column(String(8), primary_key=True)  # article, section
    locale: Mapped[str] = mapped_column(String(10), primary_key=True)
    slug: Mapped[str] = mapped_column(String(90), primary_key=True)
    subject_id: Mapped[str] = mapped_column(Id)
    is_current: Mapped[bool]
    at: Mapped[datetime]


# Found through this module by migrations; the other files hold what readers and cases leave.
from helpdesk.kb.models_measure import Asked, Offer, OfferedArticle, Reading  # noqa: E402
from helpdesk.kb.models_use import ArticleFile, ArticleUse, FileUse, Rating, Remark  # noqa: E402

__all__ = [
    "Article",
    "ArticleFile",
    "ArticleLabel",
    "ArticleUse",
    "ArticleVersion",
    "Asked",
    "FileUse",
    "Offer",
    "OfferedArticle",
    "Rating",
    "Reading",
    "Remark",
    "Section",
    "Segment",
    "Slug",
    "Translation",
    "Unsaved",
]
