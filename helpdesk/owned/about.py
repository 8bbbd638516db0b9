"""What a ticket is about: the orders and things that hang on it, and the tickets of each.

Tickets are named by id alone here; whether the actor sees one, its own package says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import delete, select

from helpdesk.core.db import insert_if_absent
from helpdesk.core.work import Work
from helpdesk.owned.models import Asset, ShopOrder, TicketAbout

MOST = 20


@dataclass(frozen=True, slots=True)
class About:
    orders: Sequence[ShopOrder] = field(default_factory=tuple)
    assets: Sequence[Asset] = field(default_factory=tuple)

    def __bool__(self) -> bool:
        return bool(self.orders or self.assets)


def hang(work: Work, ticket_id: str, subject: str, subject_id: str) -> bool:
    """Say that the ticket is about it; False when that was known."""
    row = {
        "ticket_id": ticket_id, "subject_id": subject_id, "subject": subject, "at": work.at,
        "actor": work.actor.label,
    }  # fmt: skip
    return insert_if_absent(work.session, TicketAbout, row)


def unhang(work: Work, ticket_id: str, subject_id: str) -> None:
    work.session.execute(
        delete(TicketAbout).where(
            TicketAbout.ticket_id == ticket_id, TicketAbout.subject_id == subject_id
        )
    )


def of_ticket(work: Work, ticket_id: str) -> About:
    """Nothing costs one statement."""
    rows = work.session.execute(
        select(TicketAbout.subject, TicketAbout.subject_id)
        .where(TicketAbout.ticket_id == ticket_id)
        .order_by(TicketAbout.at, TicketAbout.subject_id)
        .limit(MOST)
    ).all()
    if not rows:
        return About()
    orders = [row.subject_id for row in rows if row.subject == "order"]
    assets = [row.subject_id for row in rows if row.subject == "asset"]
    return About(
        work.session.scalars(select(ShopOrder).where(ShopOrder.id.in_(orders))).all()
        if orders
        else (),
        work.session.scalars(select(Asset).where(Asset.id.in_(assets))).all() if assets else (),
    )


def tickets_of(work: Work, subject_id: str) -> Sequence[str]:
    """The newest tickets about it."""
    wanted = select(TicketAbout.ticket_id).where(TicketAbout.subject_id == subject_id)
    return work.session.scalars(wanted.order_by(TicketAbout.at.desc()).limit(MOST)).all()
