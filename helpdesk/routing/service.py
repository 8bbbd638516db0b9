"""The live router: work enters, is looked at, waits again, moves, leaves.

Every transaction that could make a match looks for one before it commits (`look_for_agent` after an
arrival, `look_for_work` after an agent got free), and `settle` looks over everything: after the
commit, since two transactions may each have missed the other, and each second by the sweeper. Not
for channels: what an item is about is an id here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import bindparam, select

from helpdesk.core.clock import seconds_between
from helpdesk.core.errors import Conflict, Invalid, NotFound
from helpdesk.core.ids import new_id
from helpdesk.core.work import Work
from helpdesk.routing import floor
from helpdesk.routing.decision import Decision
from helpdesk.routing.events import WorkLeft, WorkMoved, WorkQueued
from helpdesk.routing.matching import asked_now, choose_item, consider, misfit
from helpdesk.routing.matching import match as match_all
from helpdesk.routing.models import Offer, Queue, WorkItem
from helpdesk.routing.offers import end_offer, live_offer_of, make_offer, note
from helpdesk.routing.roster import roster
from helpdesk.routing.state import LIVE, AgentState, given_work, room_of
from helpdesk.routing.state import Queue as QueueValue

MOST_TRIES = 12
LOOKED_AT = 200
NOTED = 20

LIVE_HEAD_START_S = 86_400
"""Somebody on the line comes before what was written, unless that has waited for a day longer."""


def enqueue(
    work: Work,
    *,
    channel: str,
    subject_kind: str,
    subject_id: str,
    customer_id: str,
    queue_id: str,
    reason: str = "",
    skills: dict[str, int] | None = None,
    preferred: Sequence[str] = (),
    value_head_start_s: int = 0,
    priority_head_start_s: int = 0,
    since: datetime | None = None,
    front: bool = False,
) -> WorkItem:
    """Put a piece of work in line; the customer's head start is bounded by the queue's maximum.

    `since`: it stood in line before and stands there again at that age; `front`: before
    all who were not there before.
    """
    queue, since = get_queue(work, queue_id), since or work.at
    value = max(0, min(value_head_start_s, queue.max_value_head_start_s))
    asked_for = queue.priority_head_start_s + priority_head_start_s + value
    head_start = asked_for + (LIVE_HEAD_START_S if channel in LIVE else 0)
    item = WorkItem(
        id=new_id(),
        channel=channel,
        subject_kind=subject_kind,
        subject_id=subject_id,
        customer_id=customer_id,
        queue_id=queue_id,
        state="waiting",
        waiting_since=since,
        head_start_s=head_start,
        sort_key=floor.sort_key(since, head_start),
        front=0 if front else 1,
        skills=skills or {},
        preferred=list(preferred),
        preferred_for_s=queue.preferred_head_start_s if preferred else 0,
        asked=[],
        been_in=[],
        reason=reason[:160],
    )
    work.put(item)
    note(work, item.id, "queued", None, queue_id=queue_id, head_start_s=asked_for)
    work.emit(
        WorkQueued(
            customer_id=customer_id, work_item_id=item.id, queue_id=queue_id, channel=channel
        )
    )
    return item


def get_queue(work: Work, queue_id: str) -> Queue:
    """The queue as the roster knows it, for reading only."""
    queue = roster(work).queue_rows.get(queue_id)
    if queue is None:
        raise NotFound("This queue does not exist.")
    return queue


def find_queue(work: Work, slug_or_id: str) -> Queue | None:
    """The active queue of that slug, id or name, for reading only."""
    for queue in roster(work).queue_rows.values():
        if queue.is_active and slug_or_id in (queue.slug, queue.id, queue.name):
            return queue
    return None


def look_for_agent(work: Work, item: WorkItem) -> Offer | None:
    """Offer this item to whom the rules choose now; None when nobody fits (and why is noted)."""
    queues = floor.queues(work)
    with work.session.no_autoflush:
        people = floor.agents(work, floor.reachable(queues[item.queue_id]))
    for _ in range(MOST_TRIES):
        decision = consider(floor.item_value(item), people, queues, floor.epoch(work.at))
        if decision.agent is None:
            _note_nobody(work, item, decision)
            return None
        offer = make_offer(work, item, decision, get_queue(work, item.queue_id))
        if offer is not None:
            return offer
        # Others are taking this agent's slots (or the item) right now: ask somebody else.
        people = _without_room(people, str(decision.agent), item.channel)
        if not work.is_unsent(item):
            work.session.refresh(item)
        if item.state != "waiting":
            return None
    return None


def offer_to(
    work: Work, item: WorkItem, agent_id: str, *, beside_own: bool = False
) -> Offer | None:
    """Put the item before somebody chosen by name, whatever queues they serve.

    None when they have no room. Whether they are there is the caller's question. `beside_own`: what
    they have in hand of the same customer takes none.
    """
    queue, value = floor.queues(work)[item.queue_id], floor.item_value(item)
    now = floor.epoch(work.at)
    decision = Decision(
        item=item.id,
        agent=agent_id,
        at=now,
        queue=item.queue_id,
        strategy="by_name",
        score=value.score(now),
        front=value.front,
        asked=asked_now(value, queue, now),
        candidates_total=1,
    )
    queue_row = get_queue(work, item.queue_id)
    return make_offer(work, item, decision, queue_row, beside_own=beside_own)


def fits(work: Work, item: WorkItem, agent_id: str) -> bool:
    """Whether this person is among those whom the rules may ask at the item's present age."""
    queue, value = floor.queues(work)[item.queue_id], floor.item_value(item)
    asked = asked_now(value, queue, floor.epoch(work.at))
    return any(misfit(p, asked) is None for p in floor.agents(work, only=[agent_id]))


def look_for_work(work: Work, agent_id: str) -> list[Offer]:
    """Fill this agent's free slots with what waits; answers the offers made."""
    queues = floor.queues(work)
    sources = floor.feeding(queues, floor.served_by(work, agent_id))
    if not sources or not floor.anything_waits(work, sources):
        return []
    mine = floor.agents(work, only=[agent_id])
    if not mine or not mine[0].on_duty or not mine[0].open_channels():
        return []
    mine_open = mine[0].open_channels()
    rows = {r.id: r for r in floor.waiting(work, sources, channels=mine_open, limit=LOOKED_AT)}
    if not rows:
        return []
    people = _others_and(mine[0], floor.agents(work, sources))
    offers: list[Offer] = []
    while rows:
        me = next(p for p in people if p.id == agent_id)
        values = [floor.item_value(row) for row in rows.values()]
        decision = choose_item(me, values, queues, floor.epoch(work.at), colleagues=people)
        if decision is None:
            break
        item = rows.pop(str(decision.item))
        offer = make_offer(work, item, decision, get_queue(work, item.queue_id))
        if offer is None:
            continue
        offers.append(offer)
        people = _with_slot_taken(people, agent_id, item.channel)
    return offers


def settle(work: Work, *, limit: int = LOOKED_AT) -> list[Offer]:
    """One look over everything that waits: every match the rules allow now is offered."""
    queues = floor.queues(work)
    everybody = floor.agents(work)
    first = floor.waiting(work, list(queues), limit=NOTED)
    free = [p for p in everybody if p.on_duty and p.open_channels()]
    offers: list[Offer] = []
    offered: set[str] = set()
    # Only lines that somebody has room for are looked into: the others' length must not matter.
    sources = floor.feeding(queues, {str(q) for p in free for q in p.queues})
    open_now = {channel for p in free for channel in p.open_channels()}
    found = floor.waiting(work, sources, channels=open_now, limit=limit) if free else ()
    rows = {row.id: row for row in found}
    wanted = {q for row in (*first, *found) for q in floor.reachable(queues[row.queue_id])}
    people = [p for p in everybody if not p.queues.isdisjoint(wanted)]
    values = [floor.item_value(row) for row in rows.values()]
    for decision in match_all(values, people, queues, floor.epoch(work.at)):
        item = rows[str(decision.item)]
        offer = make_offer(work, item, decision, get_queue(work, item.queue_id))
        offered.add(item.id)
        if offer is not None:
            offers.append(offer)
    _note_all(work, [row for row in first if row.id not in offered], people, queues)
    return offers


def anything_to_settle(work: Work) -> bool:
    """A cheap look before taking a write lock: does anything wait at all?"""
    return (
        work.session.scalar(select(WorkItem.id).where(WorkItem.state == "waiting").limit(1))
        is not None
    )


def return_to_line(
    work: Work,
    item: WorkItem,
    *,
    why: str,
    front: bool = False,
    queue_id: str | None = None,
    preferred: Sequence[str] = (),
    preferred_for_s: int = 0,
    not_to: Collection[str] = (),
    was_answered: bool = True,
) -> None:
    """An item whose assignment has just been released waits again at its original age.

    `front`: before all others (its agent vanished). `not_to` are skipped until others were asked.
    `was_answered`: whoever had it was there for the customer. Then their wait counts as answered,
    in this queue, even if they give up where they wait now.
    """
    before = item.queue_id
    if was_answered and item.ended_waiting_at is not None:
        item.answered_queue_id = item.answered_queue_id or before
    age = seconds_between(item.waiting_since, work.at)
    item.state = "waiting"  # `ended_waiting_at` stays: the customer's wait was over when answered
    item.front = 0 if front else 1
    item.queue_id = queue_id or item.queue_id
    item.preferred = list(preferred)
    item.preferred_for_s = round(age) + preferred_for_s if preferred else 0
    item.asked = list(not_to)
    item.shown = item.shown_at = None  # what was told was of a wait that had ended
    item.version += 1
    note(work, item.id, "returned", None, why=why, queue_id=item.queue_id, front=front)
    work.session.flush()
    if item.queue_id != before:
        _moved(work, item, before, why)


def move(work: Work, item: WorkItem, queue_id: str, why: str) -> None:
    """A waiting item goes on waiting in another queue, at its original age."""
    if item.state != "waiting":
        raise Conflict("This work is not waiting any more.", code="not_waiting")
    before = item.queue_id
    item.been_in = [*item.been_in, before]
    item.queue_id, item.asked = queue_id, []
    item.version += 1
    note(work, item.id, "moved", None, why=why, from_queue_id=before, queue_id=queue_id)
    work.session.flush()
    _moved(work, item, before, why)


def _moved(work: Work, item: WorkItem, before: str, why: str) -> None:
    work.emit(
        WorkMoved(
            customer_id=item.customer_id,
            work_item_id=item.id,
            from_queue_id=before,
            to_queue_id=item.queue_id,
            why=why,
        )
    )


def leave(work: Work, subject_kind: str, subject_id: str) -> WorkItem | None:
    """The customer gave up: a waiting or offered item ends; None when there is none such."""
    item = work.session.scalar(
        select(WorkItem)
        .where(
            WorkItem.subject_kind == subject_kind,
            WorkItem.subject_id == subject_id,
            WorkItem.state.in_(("waiting", "offered")),
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if item is None:
        return None
    offer = live_offer_of(work, item.id)
    _left(work, item, (item.answered_queue_id and item.ended_waiting_at) or work.at)
    if offer is not None:
        end_offer(work, offer, "withdrawn", "customer_left")
    return item


def left_unanswered(work: Work, item: WorkItem, *, was_answered: bool = False) -> None:
    """The customer gave up after somebody took the (held) item and before they were there.

    `was_answered`: by somebody before; then their wait in line was over.
    """
    _left(work, item, (was_answered and item.ended_waiting_at) or work.at)


def _left(work: Work, item: WorkItem, ended_waiting_at: datetime) -> None:
    item.state, item.ended_waiting_at = "left", ended_waiting_at
    item.version += 1
    work.session.flush()
    waited = round(seconds_between(item.waiting_since, work.at))
    note(work, item.id, "left", None, waited_s=waited)
    work.emit(
        WorkLeft(
            customer_id=item.customer_id,
            work_item_id=item.id,
            queue_id=item.queue_id,
            channel=item.channel,
            waited_s=waited,
        )
    )


def item_of(
    work: Work, subject_kind: str, subject_id: str, *, for_update: bool = False
) -> WorkItem | None:
    """The newest work item about a subject; `for_update` holds it and reads it as it stands then.

    Whoever changes a conversation or an assignment together with its item holds the item first.
    """
    wanted = {"kind": subject_kind, "subject": subject_id}
    return work.session.scalar(_HELD_ITEM_OF if for_update else _ITEM_OF, wanted)


_ITEM_OF = (
    select(WorkItem)
    .where(
        WorkItem.subject_kind == bindparam("kind"),
        WorkItem.subject_id == bindparam("subject", type_=WorkItem.subject_id.type),
    )
    .order_by(WorkItem.waiting_since.desc(), WorkItem.id.desc())
    .limit(1)
)
_HELD_ITEM_OF = _ITEM_OF.with_for_update().execution_options(populate_existing=True)


def prefer_queue(work: Work, queue_id: str | None, fallback: str | None) -> Queue:
    """The active queue asked for, else the fallback, else the first active one."""
    for wanted in (queue_id, fallback):
        queue = find_queue(work, wanted) if wanted else None
        if queue is not None:
            return queue
    active = [queue for queue in roster(work).queue_rows.values() if queue.is_active]
    if not active:
        raise Invalid(
            "No queue is set up yet. An administrator adds one under Queues.", code="no_queue"
        )
    return min(active, key=lambda queue: queue.name)


def _others_and(me: AgentState, people: list[AgentState]) -> list[AgentState]:
    return [me, *(p for p in people if p.id != me.id)]


def _with_slot_taken(people: Sequence[AgentState], agent_id: str, channel: str) -> list[AgentState]:
    return [given_work(p, channel, p.idle_since) if p.id == agent_id else p for p in people]


def _without_room(people: Sequence[AgentState], agent_id: str, channel: str) -> list[AgentState]:
    return [_full(p, room_of(p.slots, channel)) if p.id == agent_id else p for p in people]


def _full(person: AgentState, channel: str) -> AgentState:
    return replace(person, used={**person.used, channel: person.slots.get(channel, 0)})


def _note_nobody(work: Work, item: WorkItem, decision: Decision) -> None:
    """Write down why nobody fitted, but only when the answer differs from the last one."""
    counts = dict(decision.skipped_counts)
    look = ";".join(f"{k}={v}" for k, v in counts.items()) + f";step={decision.step}"
    if item.last_look == look[:200]:
        return
    item.last_look = look[:200]
    details = decision.as_dict()
    del details["candidates"]
    note(work, item.id, "nobody", None, **details)


def _note_all(
    work: Work,
    rows: Sequence[WorkItem],
    people: Sequence[AgentState],
    queues: Mapping[str, QueueValue],
) -> None:
    for row in rows[:NOTED]:
        decision = consider(floor.item_value(row), people, queues, floor.epoch(work.at))
        if decision.agent is None:
            _note_nobody(work, row, decision)
