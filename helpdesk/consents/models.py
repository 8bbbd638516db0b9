"""Tables of consent: purposes with their texts, every yes and no, links that say no."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.core.db import Base, Id, Json, pk


class ConsentPurpose(Base):
    """What we write or call for, as an administrator set it; built-in ones have no row until then.

    `basis`: always (nobody can say no), unless_withdrawn, only_given.
    """

    __tablename__ = "consent_purpose"

    key: Mapped[str] = mapped_column(String(40), primary_key=True)
    basis: Mapped[str] = mapped_column(String(16))
    channels: Mapped[list[str]] = mapped_column(Json, default=list)
    position: Mapped[int] = mapped_column(default=0)
    text_number: Mapped[int] = mapped_column(default=0)
    removed_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)


class ConsentText(Base):
    """One version of what a purpose says: `texts` {language: {"name", "text"}}."""

    __tablename__ = "consent_text"

    purpose: Mapped[str] = mapped_column(String(40), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    texts: Mapped[dict[str, Any]] = mapped_column(Json)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(80))


class Consent(Base):
    """Something a customer said about one purpose and channel. Nothing in it changes but who
    followed it: `superseded_by` is a later one of the same customer.

    `address` empty: every address of theirs. `state`: given, withdrawn.
    """

    __tablename__ = "consent"
    __table_args__ = (
        Index("ix_consent_customer", "customer_id", "purpose", "channel", "id"),
        Index("ix_consent_address", "address", "purpose", "channel"),
    )

    id: Mapped[pk]
    customer_id: Mapped[str] = mapped_column(Id)
    purpose: Mapped[str] = mapped_column(String(40))
    channel: Mapped[str] = mapped_column(String(12))
    address: Mapped[str] = mapped_column(String(254), default="")
    state: Mapped[str] = mapped_column(String(10))
    text_number: Mapped[int] = mapped_column(default=0)
    source: Mapped[str] = mapped_column(String(16))
    note: Mapped[str] = mapped_column(String(300), default="")
    actor: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime]
    superseded_by: Mapped[str | None] = mapped_column(Id)


class ConsentLink(Base):
    """The way to say no that stands in one mail: of its token only a hash is kept."""

    __tablename__ = "consent_link"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    customer_id: Mapped[str] = mapped_column(Id, index=True)
    purpose: Mapped[str] = mapped_column(String(40))
    address: Mapped[str] = mapped_column(String(254))
    language: Mapped[str] = mapped_column(String(10))
    created_at: Mapped[datetime]
