"""How each queue stands now, for the supervisor's wall and the API. Not for reports over days."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import Integer, cast, func, select

from helpdesk.core.clock import seconds_between
from helpdesk.core.work import Work
from helpdesk.routing import floor, queries, waits
from helpdesk.routing.models import Assignment, Queue, WorkItem
from helpdesk.routing.ready import ready
from helpdesk.routing.state import LIVE
from helpdesk.routing.state import AgentState as AgentValue


@dataclass(frozen=True, slots=True)
class QueueNow:
    """One queue on the supervisor's wall. Waits in seconds; `service_level` 0-1 over the last day.

    Service level: answered within the queue's target / offered less those who left within 10 s. A
    contact counts once, where it was answered first, or where its customer gave up before that.
    That and the longest and mean wait are of live contacts alone: a ticket that lay for an hour
    kept nobody on the line. The mean leaves callbacks out, whose wait was their choice. `lying`:
    how many of those who wait are such, and for how long the oldest. `ready`: who could take the
    queue's next piece of work now.
    """

    id: str
    name: str
    waiting: int
    offered: int
    lying: int
    longest_wait_s: int
    longest_lying_s: int
    in_contact: int
    in_wrap_up: int
    agents_on_duty: int
    ready: frozenset[Any]
    answered_today: int
    left_today: int
    mean_wait_s: int | None
    live_waits: int
    service_level: float | None
    target_s: int
    target_percent: int
    within_p50: float | None
    within_p90: float | None

    @property
    def agents_free(self) -> int:
        return len(self.ready)


SHORT_ABANDON_S = 10


def queues_now(work: Work) -> list[QueueNow]:
    """Every active queue with its figures, in a fixed number of queries but for coverage."""
    rows = queries.queues(work, active_only=True)
    people = floor.agents(work)
    states = _item_states(work)
    open_now = _open_assignments(work)
    days = _last_day(work, {q.id: q.target_s for q in rows})
    free = ready(work, people, {queue_id: one.channels for queue_id, one in days.items()})
    nobody: frozenset[Any] = frozenset()
    found = []
    for queue in rows:
        takers, day = free.get(queue.id, nobody), days.get(queue.id, _Day())
        found.append(_queue_now(work, queue, people, takers, states, open_now, day))
    return found


@dataclass(slots=True)
class _Day:
    """`answered` and `left` count every channel, the rest live contacts; `stayed` and `waited_s`
    those who were answered where they waited, which nobody did who is rung back.
    """

    answered: int = 0
    left: int = 0
    live: int = 0
    stayed: int = 0
    in_target: int = 0
    waited_s: float = 0.0
    channels: set[str] = field(default_factory=set)


def _queue_now(
    work: Work,
    queue: Queue,
    people: Sequence[AgentValue],
    free: frozenset[Any],
    states: Mapping[str, Sequence[_Standing]],
    open_now: dict[str, tuple[int, int]],
    day: _Day,
) -> QueueNow:
    rows = states.get(queue.id, ())
    longest = {live: max((r.age_s for r in rows if r.live is live), default=0) for live in _EACH}
    members = [p for p in people if queue.id in p.queues]
    covered = waits.coverage(work, queue.id)
    contact, wrap_up = open_now.get(queue.id, (0, 0))
    return QueueNow(
        id=queue.id,
        name=queue.name,
        waiting=sum(r.count for r in rows if r.state == "waiting"),
        offered=sum(r.count for r in rows if r.state == "offered"),
        lying=sum(r.count for r in rows if not r.live),
        longest_wait_s=longest[True],
        longest_lying_s=longest[False],
        in_contact=contact,
        in_wrap_up=wrap_up,
        agents_on_duty=sum(p.on_duty for p in members),
        ready=free,
        answered_today=day.answered,
        left_today=day.left,
        mean_wait_s=round(day.waited_s / day.stayed) if day.stayed else None,
        live_waits=day.live,
        service_level=day.in_target / day.live if day.live else None,
        target_s=queue.target_s,
        target_percent=queue.target_percent,
        within_p50=covered.within_p50,
        within_p90=covered.within_p90,
    )


@dataclass(frozen=True, slots=True)
class _Standing:
    """How many of one channel stand in one state, and for how long the oldest."""

    state: str
    live: bool
    count: int
    age_s: int


_EACH = (True, False)


def _item_states(work: Work) -> Mapping[str, Sequence[_Standing]]:
    keys = (WorkItem.queue_id, WorkItem.state, WorkItem.channel)
    rows = work.session.execute(
        select(*keys, func.count(), func.min(WorkItem.waiting_since))
        .where(WorkItem.state.in_(("waiting", "offered")))
        .group_by(*keys)
    )
    found: dict[str, list[_Standing]] = defaultdict(list)
    for queue_id, state, channel, count, oldest in rows:
        age_s = round(seconds_between(oldest, work.at))
        found[queue_id].append(_Standing(state, channel in LIVE, count, age_s))
    return found


def _open_assignments(work: Work) -> dict[str, tuple[int, int]]:
    wrapping = cast(Assignment.contact_ended_at.is_not(None), Integer)
    rows = work.session.execute(
        select(Assignment.queue_id, func.count(), func.sum(wrapping))
        .where(Assignment.finished_at.is_(None))
        .group_by(Assignment.queue_id)
    )
    return {queue_id: (total - (wrap or 0), wrap or 0) for queue_id, total, wrap in rows}


def _last_day(work: Work, targets: dict[str, int]) -> dict[str, _Day]:
    """What came of the waits that ended in the last 24 hours (at most 20,000 are looked at)."""
    rows = work.session.execute(
        select(
            WorkItem.queue_id,
            WorkItem.answered_queue_id,
            WorkItem.channel,
            WorkItem.state,
            WorkItem.waiting_since,
            WorkItem.ended_waiting_at,
        )
        .where(
            WorkItem.queue_id.in_(targets), WorkItem.ended_waiting_at > work.at - timedelta(days=1)
        )
        .order_by(WorkItem.ended_waiting_at.desc())
        .limit(20_000)
    )
    days: dict[str, _Day] = defaultdict(_Day)
    for now_in, answered_in, channel, state, since, ended in rows:
        queue_id = answered_in or now_in
        if ended is not None and queue_id in targets:
            left = state == "left" and answered_in is None
            waited = seconds_between(since, ended)
            _count(days[queue_id], channel, left, waited, targets[queue_id])
    return days


def _count(day: _Day, channel: str, left: bool, waited_s: float, target_s: int) -> None:
    day.channels.add(channel)
    day.left += left
    day.answered += not left
    if channel not in LIVE or (left and waited_s <= SHORT_ABANDON_S):
        return
    day.live += 1
    if left:
        return
    day.in_target += waited_s <= target_s
    if channel != "callback":
        day.stayed += 1
        day.waited_s += waited_s
