"""Assignments: from accept to the end of wrap-up, and what cuts them short.

Not for the conversation itself; workflows end both together.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import bindparam, or_, select

from helpdesk.core.errors import Conflict, Invalid, NotFound
from helpdesk.core.work import Work
from helpdesk.routing.events import AssignmentFinished, WrapUpStarted
from helpdesk.routing.models import AgentState, Assignment, Queue, WorkItem
from helpdesk.routing.offers import free_slot, note
from helpdesk.routing.roster import queue_row

WRAP_UP_S = {"call": 120, "chat": 90, "form": 0, "ticket": 0}
HOUSE_OUTCOMES = (
    ("resolved", "Resolved"),
    ("follow_up", "Needs follow-up"),
    ("no_answer", "No answer from the customer"),
)
KEPT_FOR_LOST_BROWSER_S = 60
TICKET_KEPT_FOR_LOST_BROWSER_S = 1800  # nobody waits at the other end of the line


def wrap_up_seconds(queue: Queue, channel: str) -> int:
    """How long wrap-up may take on this channel; 0 means there is none."""
    own = queue.wrap_up_s.get(channel)
    return int(WRAP_UP_S.get(channel, 90) if own is None else own)


def outcomes(queue: Queue) -> list[tuple[str, str]]:
    """The codes a wrap-up may take: the house's and the queue's own."""
    return [*HOUSE_OUTCOMES, *((o["code"], o["label"]) for o in queue.outcomes)]


def open_for_item(work: Work, item_id: str) -> Assignment | None:
    """The assignment that has the item now (contact or wrap-up)."""
    return work.session.scalar(_OPEN_FOR, {"item": item_id})


_OPEN_FOR = (
    select(Assignment)
    .where(
        Assignment.work_item_id == bindparam("item", type_=Assignment.work_item_id.type),
        Assignment.finished_at.is_(None),
    )
    .order_by(Assignment.accepted_at.desc())
    .limit(1)
    .with_for_update()
    .execution_options(populate_existing=True)
)


def open_of_agent(work: Work, agent_id: str) -> Sequence[tuple[Assignment, WorkItem]]:
    """All that an agent has in hand, oldest first."""
    rows = work.session.execute(
        select(Assignment, WorkItem)
        .join(WorkItem, WorkItem.id == Assignment.work_item_id)
        .where(Assignment.agent_id == agent_id, Assignment.finished_at.is_(None))
        .order_by(Assignment.accepted_at)
    )
    return [(assignment, item) for assignment, item in rows]


def end_contact(work: Work, item: WorkItem) -> Assignment | None:
    """The contact is over: wrap-up begins, or the assignment ends where there is none."""
    assignment = open_for_item(work, item.id)
    if assignment is None or assignment.contact_ended_at is not None:
        return assignment
    queue = queue_row(work, assignment.queue_id)
    seconds = wrap_up_seconds(queue, assignment.channel)
    assignment.contact_ended_at, assignment.lost_at = work.at, None
    item.state = "done"
    item.version += 1
    note(work, item.id, "contact_ended", assignment.agent_id)
    if seconds == 0:
        _finish(work, assignment, item, outcome=None, released=None)
        return assignment
    assignment.wrap_up_until = work.at + timedelta(seconds=seconds)
    work.emit(
        WrapUpStarted(
            customer_id=item.customer_id,
            assignment_id=assignment.id,
            agent_id=assignment.agent_id,
            queue_id=assignment.queue_id,
            subject_id=item.subject_id,
            until=assignment.wrap_up_until.isoformat(),
        )
    )
    return assignment


def finish_wrap_up(
    work: Work,
    item: WorkItem,
    agent_id: str,
    *,
    outcome: str,
    note_text: str = "",
    next_step: str = "",
) -> Assignment:
    """Close the wrap-up with what came of the contact; the slot is free again."""
    assignment = open_for_item(work, item.id)
    if assignment is None or assignment.agent_id != agent_id:
        raise NotFound("There is no wrap-up of yours here.", code="no_wrap_up")
    if assignment.contact_ended_at is None:
        raise Conflict("End the conversation first.", code="contact_open")
    queue = queue_row(work, assignment.queue_id)
    if outcome not in {code for code, _ in outcomes(queue)}:
        raise Invalid(
            "Choose one of the outcomes of this queue.",
            fields={"outcome": "This is not one of the queue's outcomes."},
            code="unknown_outcome",
        )
    assignment.note = note_text.replace("\0", "")[:4000] or None
    assignment.next_step = next_step.replace("\0", "")[:300] or None
    _finish(work, assignment, item, outcome=outcome, released=None)
    return assignment


def end_by_time_limit(work: Work, assignment: Assignment, item: WorkItem) -> None:
    """Wrap-up has used up its time."""
    _finish(work, assignment, item, outcome=None, released="time_limit")


def release(work: Work, assignment: Assignment, item: WorkItem, why: str) -> None:
    """Take the work from the agent without wrap-up; the caller puts it back in line."""
    assignment.contact_ended_at = work.at
    _finish(work, assignment, item, outcome=None, released=why)


def _finish(
    work: Work, assignment: Assignment, item: WorkItem, *, outcome: str | None, released: str | None
) -> None:
    ended = assignment.contact_ended_at or work.at
    assignment.finished_at, assignment.outcome, assignment.released = work.at, outcome, released
    assignment.lost_at = None
    work.session.flush()
    free_slot(work, assignment.slot_id, assignment.channel)
    state = work.session.get(AgentState, assignment.agent_id)
    if state is not None:
        state.idle_since = work.at
    note(work, item.id, "finished", assignment.agent_id, outcome=outcome, released=released)
    work.emit(
        AssignmentFinished(
            customer_id=item.customer_id,
            assignment_id=assignment.id,
            agent_id=assignment.agent_id,
            queue_id=assignment.queue_id,
            channel=assignment.channel,
            subject_id=item.subject_id,
            outcome=outcome,
            released=released,
            contact_s=round((ended - assignment.accepted_at).total_seconds()),
            wrap_up_s=round((work.at - ended).total_seconds()),
        )
    )


def past_wrap_up(work: Work, *, limit: int = 100) -> Sequence[tuple[Assignment, WorkItem]]:
    """Wrap-ups whose time is used up."""
    rows = work.session.execute(
        select(Assignment, WorkItem)
        .join(WorkItem, WorkItem.id == Assignment.work_item_id)
        .where(Assignment.finished_at.is_(None), Assignment.wrap_up_until <= work.at)
        .limit(limit)
    )
    return [(assignment, item) for assignment, item in rows]


def lost_too_long(work: Work, *, limit: int = 100) -> Sequence[tuple[Assignment, WorkItem]]:
    """Contacts whose agent's browser has been gone for longer than they are kept."""
    rows = work.session.execute(
        select(Assignment, WorkItem)
        .join(WorkItem, WorkItem.id == Assignment.work_item_id)
        .where(
            Assignment.contact_ended_at.is_(None),
            Assignment.lost_at <= work.at - timedelta(seconds=KEPT_FOR_LOST_BROWSER_S),
            or_(
                Assignment.channel != "ticket",
                Assignment.lost_at <= work.at - timedelta(seconds=TICKET_KEPT_FOR_LOST_BROWSER_S),
            ),
        )
        .limit(limit)
    )
    return [(assignment, item) for assignment, item in rows]
