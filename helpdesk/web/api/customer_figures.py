"""What can be counted about one customer today, by the formulas of the glossary.

Not for reports over many customers. Times are calendar time: no clock here knows opening hours.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select

from helpdesk.channels.models import Conversation
from helpdesk.channels.queries import visible
from helpdesk.core.clock import seconds_between
from helpdesk.core.work import Work
from helpdesk.routing.models import Assignment, WorkItem
from helpdesk.routing.queue_figures import SHORT_ABANDON_S
from helpdesk.web.api.shapes import View


class FigureView(View):
    """One figure over `count` cases; the others are null while there are none.

    `unit` is s (seconds) or share (0 to 1, in `mean` alone).
    """

    name: str
    formula: str
    unit: str
    count: int
    mean: float | None
    median: float | None
    p90: float | None


class FiguresView(View):
    customer_id: str
    conversations: int
    conversations_by_channel: dict[str, int]
    first_contact_at: datetime | None
    last_contact_at: datetime | None
    metrics: list[FigureView]


def figures_of(work: Work, customer_id: str) -> FiguresView:
    """Three queries, however long the history."""
    wanted: Any = select(
        Conversation.channel, Conversation.opened_at, Conversation.answered_at
    ).where(Conversation.customer_id == customer_id)
    talks = work.session.execute(visible(work.actor, wanted)).all()
    opened = sorted(talk.opened_at for talk in talks)
    answered = [seconds_between(t.opened_at, t.answered_at) for t in talks if t.answered_at]
    return FiguresView(
        customer_id=customer_id,
        conversations=len(talks),
        conversations_by_channel=dict(sorted(Counter(talk.channel for talk in talks).items())),
        first_contact_at=opened[0] if opened else None,
        last_contact_at=opened[-1] if opened else None,
        metrics=[
            _times(
                "first_response_time",
                "first public message by a person - conversation opened, in calendar time",
                answered,
            ),
            *_waits(work, customer_id),
        ],
    )


def _waits(work: Work, customer_id: str) -> list[FigureView]:
    """How long the customer stood in line, up to the first accept or until they left."""
    first = (
        select(Assignment.work_item_id, func.min(Assignment.accepted_at).label("at"))
        .join(WorkItem, WorkItem.id == Assignment.work_item_id)
        .where(WorkItem.customer_id == customer_id)
        .group_by(Assignment.work_item_id)
        .subquery()
    )
    rows = work.session.execute(
        select(WorkItem.waiting_since, WorkItem.ended_waiting_at, WorkItem.state, first.c.at)
        .outerjoin(first, first.c.work_item_id == WorkItem.id)
        .where(WorkItem.customer_id == customer_id, *_within_reach(work))
    ).all()
    taken = [seconds_between(row.waiting_since, row.at) for row in rows if row.at]
    left = [
        seconds_between(row.waiting_since, row.ended_waiting_at)
        for row in rows
        if row.at is None and row.state == "left" and row.ended_waiting_at
    ]
    gave_up = sum(seconds > SHORT_ABANDON_S for seconds in left)
    return [
        _times("average_speed_of_answer", "wait until accepted, of answered contacts only", taken),
        _times("waiting_time", "wait until accepted or until the customer left", [*taken, *left]),
        FigureView(
            name="abandonment",
            formula=f"left while waiting after {SHORT_ABANDON_S} s / offered",
            unit="share",
            count=len(rows),
            mean=gave_up / len(rows) if rows else None,
            median=None,
            p90=None,
        ),
    ]


def _within_reach(work: Work) -> list[ColumnElement[bool]]:
    """Somebody limited to some queues counts what waited there."""
    if work.actor.queue_ids is None:
        return []
    return [WorkItem.queue_id.in_(sorted(work.actor.queue_ids))]


def _times(name: str, formula: str, seconds: Sequence[float]) -> FigureView:
    some = bool(seconds)
    return FigureView(
        name=name,
        formula=formula,
        unit="s",
        count=len(seconds),
        mean=round(statistics.fmean(seconds), 1) if some else None,
        median=round(statistics.median(seconds), 1) if some else None,
        p90=round(_percentile(sorted(seconds), 0.9), 1) if some else None,
    )


def _percentile(ordered: Sequence[float], share: float) -> float:
    """Between neighbours by distance."""
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)
