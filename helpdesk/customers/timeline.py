"""The customer's timeline: copies of events, made in the transaction in which they happened.

The one observer of `core.work`, so that no package has to know the timeline and none can forget
it. Not for writing entries by hand.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ColumnElement, exists, not_, or_, select, union_all
from sqlalchemy.orm import aliased

from helpdesk.core import events, reach
from helpdesk.core.paging import Page, clamp_limit, cut, keyset
from helpdesk.core.work import Emitted, Work, subject_of
from helpdesk.customers import permissions, records
from helpdesk.customers.models import TimelineEntry


def observe(work: Work, emitted: list[Emitted]) -> None:
    """Copy what concerns a customer to the timeline of the record that stands for them today."""
    told = [(e, e.event.customer_id) for e in emitted if e.event.is_told]
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
    folded: bool = False,
) -> Page[TimelineEntry]:
    """Newest first. `channels` keeps entries that carry one of them (chat, call, ...).

    `folded`: of what comes often only the newest of each subject, so that a long exchange does not
    drown the record.
    """
    permissions.require_desk(work)
    customer = permissions.get_customer(work, customer_id)
    return entries_of(
        work, customer.id, cursor, limit, kinds=kinds, channels=channels, folded=folded
    )


def folding() -> list[str]:
    """The kinds of which only the newest of a subject is read."""
    return sorted(kind for kind, event in events.kinds().items() if event.folds)


def before(
    work: Work, customer_id: str, subject_ids: Collection[str], *, most: int
) -> dict[str, list[TimelineEntry]]:
    """The newest folded entries of each subject, newest first, in one statement."""
    if not subject_ids:
        return {}
    pieces = [
        select(TimelineEntry.seq)
        .where(
            TimelineEntry.subject_id == subject_id,
            TimelineEntry.customer_id == customer_id,
            TimelineEntry.kind.in_(folding()),
        )
        .order_by(TimelineEntry.at.desc(), TimelineEntry.seq.desc())
        .limit(most)
        .subquery()
        for subject_id in subject_ids
    ]
    wanted = union_all(*(select(piece.c.seq) for piece in pieces))
    found: dict[str, list[TimelineEntry]] = {}
    for entry in work.session.scalars(
        select(TimelineEntry)
        .where(TimelineEntry.seq.in_(wanted))
        .order_by(TimelineEntry.at.desc(), TimelineEntry.seq.desc())
    ):
        found.setdefault(entry.subject_id or "", []).append(entry)
    return found


def _is_newest() -> ColumnElement[bool]:
    """It does not fold, or nothing that folds followed it on the same subject."""
    later = aliased(TimelineEntry)
    followed = exists(
        select(later.seq).where(
            later.subject_id == TimelineEntry.subject_id,
            later.customer_id == TimelineEntry.customer_id,
            later.kind.in_(folding()),
            later.at >= TimelineEntry.at,
            or_(later.at > TimelineEntry.at, later.seq > TimelineEntry.seq),
        )
    )
    return or_(TimelineEntry.kind.not_in(folding()), not_(followed))


def entries_of(
    work: Work,
    customer_id: str,
    cursor: str | None = None,
    limit: int | None = None,
    *,
    kinds: Collection[str] = (),
    channels: Collection[str] = (),
    folded: bool = False,
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
    if folded:
        statement = statement.where(_is_newest())
    order = (TimelineEntry.at.expression, TimelineEntry.seq.expression)
    page = keyset(statement, order, cursor=cursor, limit=limit)
    found = cut(work.session.scalars(page).all(), limit, lambda entry: (entry.at, entry.seq))
    unseen = reach.hidden(work, [entry.facts for entry in found.items])
    shown = [one for one, is_hidden in zip(found.items, unseen, strict=True) if not is_hidden]
    return Page(shown, found.next_cursor)
