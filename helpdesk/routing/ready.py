"""Who could take a queue's next piece of work now: what the floor, the wall and the API call free.

Decided by the router's own rules, so that a screen can never count somebody as free whom the router
passes over. Not for offering anything.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import aliased

from helpdesk.core.work import Work
from helpdesk.routing import floor, models
from helpdesk.routing.matching import could_take
from helpdesk.routing.state import AgentState, Id, WorkItem


def ready(
    work: Work, people: Sequence[AgentState], usual: Mapping[str, Collection[str]]
) -> dict[str, frozenset[Id]]:
    """For each queue, who could take the first of those who wait there now.

    Where nobody waits: who could take the next to come, on any channel the queue is used to
    (`usual`), or on those the house is used to where it has seen nothing yet.
    """
    queues, now = floor.queues(work), floor.epoch(work.at)
    first = _first_in_line(work)
    house = {item.channel for items in first.values() for item in items}.union(*usual.values())
    house = house or {channel for person in people for channel in person.slots}
    found: dict[str, frozenset[Id]] = {}
    for queue_id in queues:
        items = first.get(queue_id) or _next_to_come(queue_id, usual.get(queue_id) or house, now)
        takers = (could_take(item, people, queues, now) for item in items)
        found[queue_id] = frozenset().union(*takers)
    return found


def _first_in_line(work: Work) -> dict[str, list[WorkItem]]:
    """The item served next in each queue where somebody waits; one look into the index for each."""
    item, queue = aliased(models.WorkItem), models.Queue
    head = (
        select(item.id)
        .where(item.queue_id == queue.id, item.state == "waiting")
        .order_by(item.front, item.sort_key, item.id)
        .limit(1)
        .correlate(queue)
        .scalar_subquery()
    )
    rows = work.session.scalars(
        select(models.WorkItem).join(queue, models.WorkItem.id == head).where(queue.is_active)
    )
    return {row.queue_id: [floor.item_value(row)] for row in rows}


def _next_to_come(queue_id: str, channels: Collection[str], now: float) -> list[WorkItem]:
    return [WorkItem("", channel, queue_id, now) for channel in sorted(channels)]
