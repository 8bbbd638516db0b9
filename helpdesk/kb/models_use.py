"""Tables of what stands around articles: files, ratings, remarks, and the cases they help in."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.core.db import Base, Id, pk

OPEN = "done_at IS NULL"


class ArticleFile(Base):
    """A picture or file for articles; `id` is its name in the store of attachments.

    It was added while `article_id` was written; others may show it as well (`kb_file_use`).
    """

    __tablename__ = "kb_file"
    __table_args__ = (Index("ix_kb_file_article", "article_id", "id"),)

    id: Mapped[pk]
    article_id: Mapped[str] = mapped_column(Id, ForeignKey("kb_article.id"))
    name: Mapped[str] = mapped_column(String(120))
    type: Mapped[str] = mapped_column(String(80))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    added_at: Mapped[datetime]
    added_by: Mapped[str] = mapped_column(String(80))
    removed_at: Mapped[datetime | None]


class FileUse(Base):
    """The published version of this language shows the file to whoever may read it."""

    __tablename__ = "kb_file_use"
    __table_args__ = (Index("ix_kb_file_use_article", "article_id", "locale"),)

    file_id: Mapped[str] = mapped_column(Id, primary_key=True)
    article_id: Mapped[str] = mapped_column(Id, ForeignKey("kb_article.id"), primary_key=True)
    locale: Mapped[str] = mapped_column(String(10), primary_key=True)


class Rating(Base):
    """Whether a version helped one reader; saying it again changes it. `reader` is a hash."""

    __tablename__ = "kb_rating"

    article_id: Mapped[str] = mapped_column(Id, ForeignKey("kb_article.id"), primary_key=True)
    locale: Mapped[str] = mapped_column(String(10), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    reader: Mapped[str] = mapped_column(String(64), primary_key=True)
    helpful: Mapped[bool]
    at: Mapped[datetime]


class Remark(Base):
    """What a reader or a colleague found wrong or missing: work for the article's owner.

    `source` reader or desk. Open until `done_at`; `outcome` changed, answered or declined.
    """

    __tablename__ = "kb_remark"
    __table_args__ = (
        Index("ix_kb_remark_article", "article_id", "at", "id"),
        Index(
            "ix_kb_remark_open",
            "owner_id",
            "at",
            "id",
            postgresql_where=text(OPEN),
            sqlite_where=text(OPEN),
        ),
        Index("ix_kb_remark_reader", "reader", "at"),
        Index("ix_kb_remark_customer", "customer_id"),
    )

    id: Mapped[pk]
    article_id: Mapped[str] = mapped_column(Id, ForeignKey("kb_article.id"))
    locale: Mapped[str] = mapped_column(String(10))
    number: Mapped[int]  # the version that it is about
    owner_id: Mapped[str | None] = mapped_column(Id)  # of the article, or whom it was given to
    source: Mapped[str] = mapped_column(String(8))
    reader: Mapped[str] = mapped_column(String(64))
    customer_id: Mapped[str | None] = mapped_column(Id)
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    done_by: Mapped[str | None] = mapped_column(Id)
    outcome: Mapped[str] = mapped_column(String(10), default="")


class ArticleUse(Base):
    """An article in a case: `how` solved, inserted or shown. A case is a ticket or conversation."""

    __tablename__ = "kb_use"
    __table_args__ = (Index("ix_kb_use_article", "article_id", "at"),)

    case_id: Mapped[str] = mapped_column(Id, primary_key=True)
    article_id: Mapped[str] = mapped_column(Id, ForeignKey("kb_article.id"), primary_key=True)
    how: Mapped[str] = mapped_column(String(10), primary_key=True)
    case_kind: Mapped[str] = mapped_column(String(12))  # ticket, conversation
    times: Mapped[int] = mapped_column(default=1)
    at: Mapped[datetime]  # the last time
    actor: Mapped[str] = mapped_column(String(80))
