"""Settles what articles were good for, once nobody can write about it any more (duty, upkeep).

A contact is whatever a customer began or wrote, on any channel: what we began does not count.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from helpdesk.core.actors import STAFF, system
from helpdesk.core.work import Work, begin
from helpdesk.customers import records
from helpdesk.customers.models import TimelineEntry
from helpdesk.identity.models import User
from helpdesk.kb import asked, offers, readings
from helpdesk.kb.uses import Case

SWEEPER = system("sweeper")
CONTACTS = ("conversation.opened", "ticket.opened", "ticket.customer_wrote")
BATCH = 100
ROUNDS = 20
LOOKED_AT = 100
USER = "user:"


def settle_due() -> None:
    """For the sweeper: offers after their seven days, readings after their day."""
    for step in (_settle_offers, _settle_readings):
        for _ in range(ROUNDS):
            with begin(SWEEPER) as work:
                done = step(work)
            if done < BATCH:
                break


def forget_old() -> None:
    """Rows that no report reads any more."""
    with begin(SWEEPER) as work:
        asked.forget_old(work)
    for step in (offers.forget_old, readings.forget_old):
        while True:
            with begin(SWEEPER) as work:
                if not step(work):
                    break


def first_contact(
    work: Work, customer_id: str, after: datetime, until: datetime
) -> tuple[datetime, Case] | None:
    """The first that the customer began or wrote after one time, up to another."""
    current = records.current_ids(work, {customer_id})[customer_id]
    rows = work.session.execute(
        select(TimelineEntry.at, TimelineEntry.kind, TimelineEntry.actor, TimelineEntry.subject_id)
        .where(
            TimelineEntry.customer_id == current,
            TimelineEntry.at > after,
            TimelineEntry.at <= until,
            TimelineEntry.kind.in_(CONTACTS),
        )
        .order_by(TimelineEntry.at, TimelineEntry.seq)
        .limit(LOOKED_AT)
    ).all()
    ours = _colleagues(work, {row.actor for row in rows})
    for row in rows:
        if row.actor not in ours and row.subject_id:
            kind = "conversation" if row.kind.startswith("conversation") else "ticket"
            return row.at, Case(kind, row.subject_id)
    return None


def _settle_offers(work: Work) -> int:
    rows = offers.due(work, most=BATCH)
    for row in rows:
        found = None
        if row.customer_id is not None:
            found = first_contact(work, row.customer_id, row.shown_at, row.due_at)
        offers.settle(work, row, *(found or (None, None)))
    return len(rows)


def _settle_readings(work: Work) -> int:
    rows = readings.due(work, most=BATCH)
    for row in rows:
        found = None
        if row.customer_id is not None:
            found = first_contact(work, row.customer_id, row.at, row.due_at)
        readings.settle(work, row, *(found or (None, None)))
    return len(rows)


def _colleagues(work: Work, actors: set[str]) -> set[str]:
    """Of these actors those who work here."""
    ids = {one.removeprefix(USER) for one in actors if one.startswith(USER)}
    if not ids:
        return set()
    wanted = select(User.id).where(User.id.in_(ids), User.role.in_(STAFF))
    return {f"{USER}{one}" for one in work.session.scalars(wanted)}
