"""The customer's timeline: copies of events, made in the transaction in which they happened.

The one observer of `core.work`, so that no package has to know the timeline and none can forget
it. Not for writing entries by hand.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select

from helpdesk.core import reach
from helpdesk.core.paging import Page, clamp_limit, cut, keyset
from helpdesk.core.work import Emitted, Work, subject_of
from helpdesk.customers import permissions, records
from helpdesk.customers.models import TimelineEntry


def observe(work: Work, emitted: list[Emitted]) -> None:
    """Copy what concerns a customer to the timeline of the record that stands for them today."""
    told = [(e, e.event.customer_id) for e in emitted if e.event.on_timeline]
    concerned = [(e, customer_id) for e, customer_id in told if customer_id]
    if not concerned:
        return
    leads = records.current_ids(work, {customer_id for _, customer_id in concerned})
    for e, customer_id in concerned:
        work.insert_later(
            TimelineEntry,
            event_id=e.id,
            customer_id=leads[customer_id],
            at=e.at,
            kind=e.event.kind,
            actor=e.actor,
            subject_id=subject_of(e.event),
            facts=e.event.facts(),
        )


def timeline(
    work: Work,
    customer_id: str,
    cursor: str | None = None,
    limit: int | None = None,
    *,
    kinds: Collection[str] = (),
    channels: Collection[str] = (),
) -> Page[TimelineEntry]:
    """Newest first. `channels` keeps entries that carry one of them (chat, call, ...)."""
    permissions.require_desk(work)
    customer = permissions.get_customer(work, customer_id)
    return entries_of(work, customer.id, cursor, limit, kinds=kinds, channels=channels)


def entries_of(
    work: Work,
    customer_id: str,
    cursor: str | None = None,
    limit: int | None = None,
    *,
    kinds: Collection[str] = (),
    channels: Collection[str] = (),
) -> Page[TimelineEntry]:
    """The same for a record that the caller has already been allowed to see.

    A page of somebody limited to some queues lacks what happened in others, so it may be shorter.
    """
    limit = clamp_limit(limit)
    statement = select(TimelineEntry).where(TimelineEntry.customer_id == customer_id)
    if kinds:
        statement = statement.where(TimelineEntry.kind.in_(kinds))
    if channels:
        statement = statement.where(TimelineEntry.facts["channel"].as_string().in_(channels))
    order = (TimelineEntry.at.expression, TimelineEntry.seq.expression)
    page = keyset(statement, order, cursor=cursor, limit=limit)
    found = cut(work.session.scalars(page).all(), limit, lambda entry: (entry.at, entry.seq))
    unseen = reach.hidden(work, [entry.facts for entry in found.items])
    shown = [one for one, is_hidden in zip(found.items, unseen, strict=True) if not is_hidden]
    return Page(shown, found.next_cursor)
