"""Tables of what came of articles: put before somebody who was about to write, read, searched for.

Who somebody was stands in them only until it is settled whether they wrote all the same; after
that they count, and name nobody.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.core.db import Base, Id, pk

UNSETTLED = "settled_at IS NULL"
FOLLOWED = "contact_at IS NOT NULL"


def _where(name: str, which: str, *columns: str) -> Index:
    return Index(name, *columns, postgresql_where=text(which), sqlite_where=text(which))


class Offer(Base):
    """Articles offered while one form was filled in. `outcome` is a word of `kb.deflection`.

    `reader` is a hash of a browser's own mark where nobody knows whose it is. `case_id` is what
    they wrote all the same.
    """

    __tablename__ = "kb_offer"
    __table_args__ = (
        Index("ix_kb_offer_list", "shown_at", "id"),
        Index("ix_kb_offer_outcome", "outcome", "shown_at", "id"),
        Index("ix_kb_offer_customer", "customer_id"),
        _where("ix_kb_offer_due", UNSETTLED, "due_at"),
        _where("ix_kb_offer_reader", UNSETTLED, "reader"),
    )

    id: Mapped[pk]
    place: Mapped[str] = mapped_column(String(8))  # portal, widget
    locale: Mapped[str] = mapped_column(String(10))
    customer_id: Mapped[str | None] = mapped_column(Id)
    reader: Mapped[str] = mapped_column(String(64), default="")
    is_known: Mapped[bool] = mapped_column(default=False)
    shown_at: Mapped[datetime]
    opened_at: Mapped[datetime | None]  # the first time
    declared_at: Mapped[datetime | None]
    declared_id: Mapped[str | None] = mapped_column(Id)  # the article that they say answered it
    due_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(String(8), default="")
    contact_at: Mapped[datetime | None]
    case_kind: Mapped[str] = mapped_column(String(12), default="")  # ticket, conversation
    case_id: Mapped[str | None] = mapped_column(Id)


class OfferedArticle(Base):
    """One of the articles of an offer."""

    __tablename__ = "kb_offered"
    __table_args__ = (Index("ix_kb_offered_article", "article_id"),)

    offer_id: Mapped[str] = mapped_column(Id, ForeignKey("kb_offer.id"), primary_key=True)
    article_id: Mapped[str] = mapped_column(Id, primary_key=True)  # it may be gone by now
    opened_at: Mapped[datetime | None]


class Reading(Base):
    """A known customer read an article; one row a day (a merge may bring a second one).

    Settled: whether a contact followed.
    """

    __tablename__ = "kb_reading"
    __table_args__ = (
        Index("ix_kb_reading_day", "customer_id", "article_id", "day"),
        Index("ix_kb_reading_list", "at", "article_id"),
        Index("ix_kb_reading_article", "article_id", "contact_at", "id"),
        _where("ix_kb_reading_followed", FOLLOWED, "contact_at", "article_id"),
        _where("ix_kb_reading_due", UNSETTLED, "due_at"),
    )

    id: Mapped[pk]
    article_id: Mapped[str] = mapped_column(Id)  # it may be gone by now
    locale: Mapped[str] = mapped_column(String(10))
    customer_id: Mapped[str | None] = mapped_column(Id)
    day: Mapped[str] = mapped_column(String(10))
    at: Mapped[datetime]
    due_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    contact_at: Mapped[datetime | None]
    case_kind: Mapped[str] = mapped_column(String(12), default="")
    case_id: Mapped[str | None] = mapped_column(Id)


class Asked(Base):
    """How often words were searched for on one day, found nothing, and led to an article."""

    __tablename__ = "kb_asked"

    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    words: Mapped[str] = mapped_column(String(120), primary_key=True)
    locale: Mapped[str] = mapped_column(String(10), primary_key=True)
    asked: Mapped[int] = mapped_column(default=0)
    empty: Mapped[int] = mapped_column(default=0)
    opened: Mapped[int] = mapped_column(default=0)
    last_at: Mapped[datetime]
