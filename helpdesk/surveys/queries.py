"""Reads of surveys: answers as a list or file, figures over days, what was said of a ticket."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select

from helpdesk.core.paging import Page, clamp_limit, cut, keyset
from helpdesk.core.work import Work
from helpdesk.surveys import permissions
from helpdesk.surveys.models import Survey
from helpdesk.surveys.scales import SCALES, Figure, figure

MOST_EXPORTED = 100_000
STEP = 100


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which answers; `since` by the day of the answer."""

    since: datetime
    kind: str = ""
    queue_id: str = ""
    agent_id: str = ""
    low_only: bool = False


def figures(work: Work, wanted: Wanted) -> list[Figure]:
    """One for each kind that was asked or answered since then."""
    permissions.require_see(work)
    answered = _narrowed(
        select(Survey.kind, Survey.score, func.count()).where(Survey.answered_at >= wanted.since),
        wanted,
    ).group_by(Survey.kind, Survey.score)
    asked = _narrowed(
        select(Survey.kind, func.count()).where(Survey.sent_at >= wanted.since), wanted
    ).group_by(Survey.kind)
    counts: dict[str, dict[int, int]] = {}
    for kind, score, count in work.session.execute(answered):
        counts.setdefault(kind, {})[score] = count
    sent = {kind: int(count) for kind, count in work.session.execute(asked)}
    return [
        figure(kind, counts.get(kind, {}), sent.get(kind, 0))
        for kind in SCALES
        if kind in counts or kind in sent
    ]


def page_of_answers(
    work: Work, wanted: Wanted, *, cursor: str | None = None, limit: int | None = None
) -> Page[Survey]:
    """The newest first."""
    permissions.require_see(work)
    most = clamp_limit(limit)
    rows = work.session.scalars(
        keyset(
            _answers(wanted),
            [Survey.__table__.c.answered_at, Survey.__table__.c.id],
            cursor=cursor,
            limit=most,
        )
    ).all()
    return cut(rows, most, lambda row: [row.answered_at, row.id])


def every_answer(work: Work, wanted: Wanted) -> Iterator[Survey]:
    """For a file; page by page, so that memory stays small."""
    permissions.require_see(work)
    cursor, given = None, 0
    while given < MOST_EXPORTED:
        page = page_of_answers(work, wanted, cursor=cursor, limit=STEP)
        yield from page.items
        given += len(page.items)
        cursor = page.next_cursor
        work.session.expunge_all()
        if cursor is None:
            return


def of_ticket(work: Work, ticket_id: str) -> Sequence[Survey]:
    """What was asked and answered about a ticket, the newest first."""
    return work.session.scalars(
        select(Survey)
        .where(Survey.ticket_id == ticket_id, Survey.state != "planned")
        .order_by(Survey.id.desc())
        .limit(10)
    ).all()


def _answers(wanted: Wanted) -> Select[Any]:
    statement = select(Survey).where(
        Survey.answered_at.is_not(None), Survey.answered_at >= wanted.since
    )
    statement = _narrowed(statement, wanted)
    if wanted.low_only:
        low = [
            (Survey.kind == scale.kind) & (Survey.score <= scale.bad_to)
            for scale in SCALES.values()
        ]
        statement = statement.where(low[0] | low[1] | low[2])
    return statement


def _narrowed(statement: Any, wanted: Wanted) -> Any:
    if wanted.kind:
        statement = statement.where(Survey.kind == wanted.kind)
    if wanted.queue_id:
        statement = statement.where(Survey.queue_id == wanted.queue_id)
    if wanted.agent_id:
        statement = statement.where(Survey.agent_id == wanted.agent_id)
    return statement
