"""From rows to the values that `matching` decides on.

The only translation between tables and pure routing; both directions of a wait's story use it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, or_, select

from helpdesk.core.work import Work
from helpdesk.routing import models
from helpdesk.routing.models import AgentState as AgentRow
from helpdesk.routing.models import PresenceChoice, QueueMember, Slot
from helpdesk.routing.overflow import OverflowRule
from helpdesk.routing.requirements import Step
from helpdesk.routing.state import AgentState, Queue, WorkItem
from helpdesk.routing.strategies import strategy_named

HOUSE_PRESENCES = ("available", "break", "training", "offline")


def epoch(at: datetime) -> float:
    return at.timestamp()


def instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def sort_key(waiting_since: datetime, head_start_s: int) -> int:
    """Milliseconds; lower is served first, and it never changes while the item waits."""
    return round(epoch(waiting_since) * 1000) - head_start_s * 1000


def steps_of(relaxation: Iterable[Mapping[str, Any]]) -> tuple[Step, ...]:
    return tuple(
        Step(
            after=float(step["after_s"]),
            drop=tuple(step.get("drop", ())),
            lower=tuple(sorted(step.get("lower", {}).items())),
            add_queues=tuple(step.get("add_queues", ())),
        )
        for step in relaxation
    )


def queue_value(row: models.Queue) -> Queue:
    return Queue(
        id=row.id,
        skills=row.skills,
        steps=steps_of(row.relaxation),
        strategy=strategy_named(row.strategy, **row.weights),
        most_value_head_start=row.max_value_head_start_s,
        overflow=tuple(
            OverflowRule(when=rule["when"], to=rule["to"], over=float(rule.get("over", 0)))
            for rule in row.overflow
        ),
    )


def queues(work: Work) -> dict[str, Queue]:
    """Every queue as a value; there are tens of them, not thousands."""
    return {row.id: queue_value(row) for row in work.session.scalars(select(models.Queue))}


def item_value(row: models.WorkItem) -> WorkItem:
    return WorkItem(
        id=row.id,
        channel=row.channel,
        queue=row.queue_id,
        waiting_since=epoch(row.waiting_since),
        head_start=float(row.head_start_s),
        front=row.front == 0,
        skills=row.skills,
        preferred=tuple(row.preferred),
        preferred_for=float(row.preferred_for_s),
        refused_by=frozenset(row.asked),
    )


def waiting(
    work: Work, queue_ids: Collection[str], *, limit: int = 200, channel: str | None = None
) -> Sequence[models.WorkItem]:
    """The first `limit` waiting items of these queues in the order they are served."""
    statement = (
        select(models.WorkItem)
        .where(models.WorkItem.state == "waiting", models.WorkItem.queue_id.in_(queue_ids))
        .order_by(models.WorkItem.front, models.WorkItem.sort_key, models.WorkItem.id)
        .limit(limit)
    )
    if channel:
        statement = statement.where(models.WorkItem.channel == channel)
    return work.session.scalars(statement).all()


def reachable(queue: Queue) -> frozenset[str]:
    """The queue and those that its steps may add some time."""
    added = (str(q) for step in queue.steps for q in step.add_queues)
    return frozenset((str(queue.id), *added))


def feeding(all_queues: Mapping[str, Queue], served: Collection[str]) -> frozenset[str]:
    """Queues whose items may reach somebody who serves `served`."""
    wanted = set(served)
    return frozenset(q for q, value in all_queues.items() if reachable(value) & wanted)


def agents(
    work: Work, queue_ids: Collection[str] | None = None, *, only: Collection[str] | None = None
) -> list[AgentState]:
    """The people of these queues (or just those named) with all that decides about them."""
    counts_as = presence_meaning(work)
    served = _queues_served(work, queue_ids, only)
    if not served:
        return []
    used = _slots_used(work, served)
    columns = AgentRow.__table__.c
    statement = select(
        columns.user_id,
        columns.presence,
        columns.connected,
        columns.not_responding_at,
        columns.skills,
        columns.capacity,
        columns.idle_since,
        columns.today,
        columns.taken_today,
    ).where(columns.is_active)
    if len(served) <= 500:
        statement = statement.where(columns.user_id.in_(served))
    today = work.at.date().isoformat()
    return [
        AgentState(
            id=row.user_id,
            queues=frozenset(served[row.user_id]),
            skills=row.skills,
            presence=counts_as.get(row.presence, "offline"),
            connected=row.connected,
            not_responding=row.not_responding_at is not None,
            slots=row.capacity,
            used=used.get(row.user_id, {}),
            idle_since=epoch(row.idle_since),
            handled_today=row.taken_today if row.today == today else 0,
        )
        for row in work.session.execute(statement)
        if row.user_id in served
    ]


def presence_meaning(work: Work) -> dict[str, str]:
    """What each choosable state counts as: available, break, training or offline."""
    meaning = {code: code for code in HOUSE_PRESENCES}
    rows = work.session.execute(select(PresenceChoice.code, PresenceChoice.counts_as))
    meaning.update((row.code, row.counts_as) for row in rows)
    return meaning


def _queues_served(
    work: Work, queue_ids: Collection[str] | None, only: Collection[str] | None
) -> dict[str, set[str]]:
    statement = select(QueueMember.user_id, QueueMember.queue_id)
    if queue_ids is not None:
        statement = statement.where(QueueMember.queue_id.in_(queue_ids))
    if only is not None:
        statement = statement.where(QueueMember.user_id.in_(only))
    served: dict[str, set[str]] = defaultdict(set)
    for user_id, queue_id in work.session.execute(statement):
        served[user_id].add(queue_id)
    return served


def _slots_used(work: Work, people: Collection[str]) -> dict[str, dict[str, int]]:
    """Slots held by a live offer or an assignment, wrap-up included, by agent and channel."""
    statement = (
        select(Slot.agent_id, Slot.channel, func.count())
        .where(or_(Slot.offer_id.is_not(None), Slot.assignment_id.is_not(None)))
        .group_by(Slot.agent_id, Slot.channel)
    )
    if len(people) <= 500:
        statement = statement.where(Slot.agent_id.in_(people))
    used: dict[str, dict[str, int]] = defaultdict(dict)
    for agent_id, channel, count in work.session.execute(statement):
        used[agent_id][channel] = count
    return used
