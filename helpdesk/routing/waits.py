"""Places in line and honest estimates for those who wait, from rows to words of seconds.

The arithmetic is `estimates`; here it gets its figures. What was told first is kept with the item,
so that coverage can be measured and the next estimates corrected by it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields, replace
from datetime import timedelta
from typing import Any, cast

from sqlalchemy import func, literal, select, tuple_

from helpdesk.core import db
from helpdesk.core.clock import seconds_between
from helpdesk.core.work import Work
from helpdesk.routing import estimates, floor
from helpdesk.routing.estimates import Correction, Coverage, Estimate, Outcome
from helpdesk.routing.models import Assignment, WorkItem
from helpdesk.routing.state import AgentState, room_of

LIVE = ("chat", "call", "callback")  # whoever waits there sees their place and time
SPOKEN = ("call", "callback")  # one line: a callback keeps a place among calls
PRESENT = "present"
KEPT = timedelta(seconds=2)
RECENT_HANDLED = 50
RECENT_WAITS = 200


def position(work: Work, item: WorkItem) -> int:
    """Place in the item's own queue and channel; 1 is served next.

    Callbacks stand in one line with the calls whose place they keep.
    """
    ahead = work.session.scalar(
        select(func.count())
        .select_from(WorkItem)
        .where(
            WorkItem.state == "waiting",
            WorkItem.queue_id == item.queue_id,
            WorkItem.channel.in_(line_of(item.channel)),
            tuple_(WorkItem.front, WorkItem.sort_key, WorkItem.id)
            < tuple_(item.front, item.sort_key, literal(item.id, WorkItem.id.type)),
        )
    )
    return 1 + (ahead or 0)


def lengths(work: Work, channel: str | None = None) -> dict[str, int]:
    """How many wait in each queue, on all channels or on one."""
    statement = (
        select(WorkItem.queue_id, func.count())
        .where(WorkItem.state == "waiting")
        .group_by(WorkItem.queue_id)
    )
    rows = work.session.execute(
        statement.where(WorkItem.channel == channel) if channel else statement
    )
    return {row[0]: row[1] for row in rows}


def line_of(channel: str) -> tuple[str, ...]:
    """The channels that wait in one line with this one."""
    return SPOKEN if channel in SPOKEN else (channel,)


def serving(people: Sequence[AgentState], channel: str) -> int:
    """Slots that people on duty have for a channel, in use or not."""
    return sum(p.slots.get(room_of(p.slots, channel), 0) for p in people if p.on_duty)


def who_is_here(people: Sequence[AgentState], channel: str) -> str:
    """Whether anybody could answer on this channel: present, away (on a break) or nobody."""
    able = [p for p in people if p.slots.get(room_of(p.slots, channel))]
    if any(p.on_duty for p in able):
        return PRESENT
    return "away" if any(p.signed_in for p in able) else "nobody"


def handling_times(work: Work, queue_id: str, channel: str) -> list[float]:
    """Recent handling times of the queue on this channel: seconds from accept to finish."""
    rows = work.session.execute(
        select(Assignment.accepted_at, Assignment.finished_at)
        .where(
            Assignment.queue_id == queue_id,
            Assignment.channel.in_(line_of(channel)),
            Assignment.finished_at.is_not(None),
        )
        .order_by(Assignment.finished_at.desc())
        .limit(RECENT_HANDLED)
    )
    return [seconds_between(began, ended) for began, ended in rows if ended is not None]


_GAVE_UP = (WorkItem.state == "left") & WorkItem.answered_queue_id.is_(None)


def outcomes(work: Work, queue_id: str) -> list[Outcome]:
    """What came of the latest promises in this queue, latest last."""
    rows = work.session.execute(
        select(WorkItem.promised, WorkItem.waiting_since, WorkItem.ended_waiting_at, _GAVE_UP)
        .where(WorkItem.queue_id == queue_id, WorkItem.ended_waiting_at.is_not(None))
        .order_by(WorkItem.ended_waiting_at.desc())
        .limit(RECENT_WAITS)
    ).all()
    return [
        estimates.outcome(told, seconds_between(since, ended), answered=not gave_up)
        for promised, since, ended, gave_up in reversed(rows)
        if (told := _stored(promised)) is not None and ended is not None
    ]


def coverage(work: Work, queue_id: str) -> Coverage:
    """How often what waiting customers were told came true."""
    return estimates.coverage(outcomes(work, queue_id))


def correction(work: Work, queue_id: str) -> Correction:
    return estimates.correction(outcomes(work, queue_id))


def _lately(work: Work, queue_id: str, channel: str) -> tuple[list[float], Correction]:
    """Handling times and what corrects an estimate, at most two seconds old.

    Both are of the last fifty and two hundred, read for everybody who enters the line.
    """
    shelf, key = db.current().remembered, f"routing.lately {queue_id} {line_of(channel)[0]}"
    at, found = shelf.get(key) or (None, None)
    if at is None or not at <= work.at < at + KEPT:
        found = handling_times(work, queue_id, channel), correction(work, queue_id)
        shelf[key] = work.at, found
    return cast("tuple[list[float], Correction]", found)


def tell_first(work: Work, item: WorkItem) -> None:
    """Keep what a customer is told on entering the line."""
    place, people = position(work, item), floor.agents(work, [item.queue_id])
    within = floor.reachable(floor.queues(work)[item.queue_id])
    able = people if len(within) == 1 else floor.agents(work, within)
    here = who_is_here(able, item.channel)
    more: dict[str, Any] = {} if here == PRESENT else {"here": here}
    times, corrected = _lately(work, item.queue_id, item.channel)
    estimate = estimates.estimate(place, times, serving(people, item.channel), corrected)
    if estimate is not None:
        item.promised, item.shown = asdict(estimate), {**asdict(estimate), **more}
        item.shown_at = work.at
    elif more:
        item.shown = {"position": place, **more}


def before_entering(work: Work, queue_id: str) -> dict[str, Any]:
    """What the widget shows before a chat: how long it takes for whoever comes now."""
    waiting = lengths(work, "chat").get(queue_id, 0)
    people = floor.agents(work, [queue_id])
    free = sum("chat" in p.open_channels() for p in people if p.on_duty)
    told: dict[str, Any] = {"waiting": waiting, "agents": sum(p.on_duty for p in people)}
    if free > waiting:
        return {**told, "wait_p50_s": 0, "wait_p90_s": 0}
    estimate = estimates.estimate(
        waiting + 1,
        handling_times(work, queue_id, "chat"),
        serving(people, "chat"),
        correction(work, queue_id),
    )
    return {**told, **_seconds(estimate)} if estimate else told


def shown(work: Work, item: WorkItem) -> dict[str, Any]:
    """Position and estimate as a waiting customer sees them now."""
    told: dict[str, Any] = {"position": position(work, item)}
    if here := (item.shown or {}).get("here"):
        told["here"] = here
    if (last := _stored(item.shown)) is not None and item.shown_at:
        now = estimates.remaining(last, None, seconds_between(item.shown_at, work.at))
        told.update(_seconds(now))
    return told


def tell_waiting(work: Work, *, most: int = 500) -> list[tuple[WorkItem, dict[str, Any]]]:
    """New places and estimates for all who wait on a live channel; answers those that changed.

    One pass per queue: people, handling times and correction are looked up once.
    """
    by_queue: dict[tuple[str, str], list[WorkItem]] = defaultdict(list)
    rows = work.session.scalars(
        select(WorkItem)
        .where(WorkItem.state == "waiting", WorkItem.channel.in_(LIVE))
        .order_by(WorkItem.queue_id, WorkItem.front, WorkItem.sort_key, WorkItem.id)
        .limit(most)
    )
    for row in rows:
        by_queue[row.queue_id, line_of(row.channel)[0]].append(row)
    told = []
    queues = floor.queues(work)
    for (queue_id, channel), line in by_queue.items():
        people = floor.agents(work, [queue_id])
        within = floor.reachable(queues[queue_id])
        here = who_is_here(people if len(within) == 1 else floor.agents(work, within), channel)
        times, corrected = handling_times(work, queue_id, channel), correction(work, queue_id)
        at_work = serving(people, channel)
        for place, item in enumerate(line, start=1):
            now = estimates.estimate(place, times, at_work, corrected)
            if (change := _update(work, item, place, now, here)) is not None:
                told.append((item, change))
    return told


def _update(
    work: Work, item: WorkItem, place: int, now: Estimate | None, here: str
) -> dict[str, Any] | None:
    """Store what is shown next; None when place, estimate (to five seconds) and who is here are
    as before.
    """
    last, more = _stored(item.shown), {} if here == PRESENT else {"here": here}
    as_here = (item.shown or {}).get("here", PRESENT) == here
    if now is None and last is None:  # no estimate, but the place is known and moves
        if item.shown == {"position": place, **more}:
            return None
        item.shown = {"position": place, **more}
        return {"position": place, "here": here}
    if last is not None and item.shown_at is not None:
        now = estimates.remaining(last, now, seconds_between(item.shown_at, work.at))
    assert now is not None
    now = replace(now, position=place)
    if as_here and last is not None and last.position == place and abs(last.p50 - now.p50) < 5:
        return None
    item.shown, item.shown_at = {**asdict(now), **more}, work.at
    item.promised = item.promised or asdict(now)
    return {"position": place, "here": here, **_seconds(now)}


_FIELDS = {field.name for field in fields(Estimate)}


def _stored(values: Mapping[str, Any] | None) -> Estimate | None:
    """An estimate as it was kept; what a later version added takes the least surprising value.

    None where only a place was told.
    """
    if not values or "p50" not in values:
        return None
    known = {name: value for name, value in values.items() if name in _FIELDS}
    return Estimate(**{"promise_left": known.get("p90", 0.0), **known})


def _seconds(estimate: Estimate) -> dict[str, Any]:
    told: dict[str, Any] = {
        "wait_p50_s": round(estimate.p50),
        "wait_p90_s": round(estimate.p90),
    }
    if estimate.overdue:
        told["overdue"] = True
    return told
