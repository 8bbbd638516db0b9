"""Tables of returns. What was said about one is on the ticket behind it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.core.db import Base, Id, Sequence64, pk

OPEN = "ended_at IS NULL"


class ReturnCase(Base):
    """Goods on their way back. `state` is a word of `returns.steps`, which also says who has to
    act; `due_at` is until when, None: until whenever. `late_told_at`: somebody was told that it
    is late.
    """

    __tablename__ = "return_case"
    __table_args__ = (
        Index("ix_return_case_customer", "customer_id", "opened_at", "id"),
        Index("ix_return_case_order", "order_id"),
        Index("ix_return_case_list", "opened_at", "id"),
        Index(
            "ix_return_case_due", "due_at", "id",
            postgresql_where=text(OPEN), sqlite_where=text(OPEN),
        ),
    )  # fmt: skip

    id: Mapped[pk]
    ticket_id: Mapped[str] = mapped_column(Id, unique=True)
    customer_id: Mapped[str] = mapped_column(Id)
    order_id: Mapped[str] = mapped_column(Id)
    order_number: Mapped[str] = mapped_column(String(60))
    reason: Mapped[str] = mapped_column(String(20))
    wish: Mapped[str] = mapped_column(String(12))
    goodwill: Mapped[bool] = mapped_column(default=False)  # outside of the rule, by a colleague
    state: Mapped[str] = mapped_column(String(12))
    since: Mapped[datetime]
    due_at: Mapped[datetime | None]
    late_told_at: Mapped[datetime | None]
    label_url: Mapped[str] = mapped_column(String(500), default="")
    opened_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)


class ReturnItem(Base):
    """So many of one line of the order; the name is kept as it was."""

    __tablename__ = "return_item"
    __table_args__ = (Index("ix_return_item_line", "line_id"),)

    id: Mapped[pk]
    return_id: Mapped[str] = mapped_column(Id, ForeignKey("return_case.id"), index=True)
    line_id: Mapped[str] = mapped_column(Id)
    name: Mapped[str] = mapped_column(String(160))
    quantity: Mapped[int]


class ReturnStep(Base):
    """One step that was taken, by whom, and until when the next one was due."""

    __tablename__ = "return_step"
    __table_args__ = (Index("ix_return_step_list", "return_id", "seq"),)

    seq: Mapped[int] = mapped_column(Sequence64, primary_key=True, autoincrement=True)
    return_id: Mapped[str] = mapped_column(Id, ForeignKey("return_case.id"))
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(80))
    state: Mapped[str] = mapped_column(String(12))
    due_at: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(String(1000), default="")
