"""Assignments: from accept to the end of wrap-up, and what cuts them short.

Not for the conversation itself; workflows end both together.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import bindparam, or_, select, update

from helpdesk.core.db import table_of
from helpdesk.core.errors import Conflict, Invalid, NotFound
from helpdesk.core.ready import Ready
from helpdesk.core.together import Together
from helpdesk.core.work import Work
from helpdesk.routing.events import AssignmentFinished, WrapUpStarted
from helpdesk.routing.holding import HeldItem
from helpdesk.routing.models import AgentState, Assignment, Queue, Slot, WorkItem
from helpdesk.routing.offers import note, unblock
from helpdesk.routing.roster import queue_row
from helpdesk.routing.state import like

WRAP_UP_S = {"call": 120, "callback": 120, "chat": 90, "sms": 60, "form": 0, "ticket": 0}
HOUSE_OUTCOMES = (
    ("resolved", "Resolved"),
    ("follow_up", "Needs follow-up"),
    ("no_answer", "No answer from the customer"),
)
KEPT_FOR_LOST_BROWSER_S = 60
TICKET_KEPT_FOR_LOST_BROWSER_S = 1800  # nobody waits at the other end of the line


def wrap_up_seconds(queue: Queue, channel: str) -> int:
    """How long wrap-up may take on this channel; 0 means there is none."""
    own = like(queue.wrap_up_s, channel)
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


def end_contact(work: Work, item: WorkItem | HeldItem) -> Ended | None:
    """The contact is over: wrap-up begins, or the assignment ends where there is none.

    None when nobody had it in contact any more. The item is held and assigned.
    """
    work.session.flush()
    seconds = wrap_up_seconds(queue_row(work, item.queue_id), item.channel)
    until = work.at + timedelta(seconds=seconds) if seconds else None
    row = _END_CONTACT.first(work.sql, {"of": item.id, "now": work.at, "until": until})
    if row is None:
        return None
    version = _DONE.scalar(work.sql, {"item": item.id})
    work.told(Assignment, row.id, contact_ended_at=work.at, lost_at=None, wrap_up_until=until)
    work.told(WorkItem, item.id, state="done", version=version)
    note(work, item.id, "contact_ended", row.agent_id)
    ended = Ended(*row)
    if until is None:
        _finish(work, ended, item, outcome=None, released=None)
    else:
        work.emit(
            WrapUpStarted(
                customer_id=item.customer_id,
                assignment_id=ended.id,
                agent_id=ended.agent_id,
                queue_id=ended.queue_id,
                subject_id=item.subject_id,
                until=until.isoformat(),
            )
        )
    return ended


def finish_wrap_up(
    work: Work,
    item: WorkItem | HeldItem,
    agent_id: str,
    *,
    outcome: str,
    note_text: str = "",
    next_step: str = "",
) -> None:
    """Close the wrap-up with what came of the contact; the slot is free again. The item is held."""
    work.session.flush()
    row = _LATEST.first(work.sql, {"of": item.id})
    if row is None or row.agent_id != agent_id:
        raise NotFound("There is no wrap-up of yours here.", code="no_wrap_up")
    if row.contact_ended_at is None:
        raise Conflict("End the conversation first.", code="contact_open")
    if outcome not in {code for code, _ in outcomes(queue_row(work, row.queue_id))}:
        raise Invalid(
            "Choose one of the outcomes of this queue.",
            fields={"outcome": "This is not one of the queue's outcomes."},
            code="unknown_outcome",
        )
    said = {
        "note": note_text.replace("\0", "")[:4000] or None,
        "next_step": next_step.replace("\0", "")[:300] or None,
    }
    _finish(work, Ended(*row), item, outcome=outcome, released=None, **said)


def end_by_time_limit(work: Work, assignment: Assignment, item: WorkItem) -> None:
    """Wrap-up has used up its time."""
    work.session.flush()
    _finish(work, _ended(assignment), item, outcome=None, released="time_limit")


def release(work: Work, assignment: Assignment, item: WorkItem, why: str) -> None:
    """Take the work from the agent without wrap-up; the caller puts it back in line."""
    assignment.contact_ended_at = work.at
    work.session.flush()
    _finish(work, _ended(assignment), item, outcome=None, released=why)


class Ended(NamedTuple):
    """An assignment whose contact is over."""

    id: str
    agent_id: str
    slot_id: str
    queue_id: str
    channel: str
    accepted_at: datetime
    contact_ended_at: datetime


def _ended(assignment: Assignment) -> Ended:
    return Ended(*(getattr(assignment, name) for name in Ended._fields))


def _finish(
    work: Work,
    ended: Ended,
    item: WorkItem | HeldItem,
    *,
    outcome: str | None,
    released: str | None,
    note: str | None = None,
    next_step: str | None = None,
) -> None:
    values = {"outcome": outcome, "released": released, "note": note, "next_step": next_step}
    _FINISH.make(
        work.sql,
        **{f"its_{name}": value for name, value in values.items()},
        finished=ended.id,
        slot=ended.slot_id,
        agent=ended.agent_id,
        now=work.at,
    )
    work.told(Assignment, ended.id, finished_at=work.at, lost_at=None, **values)
    work.told(AgentState, ended.agent_id, idle_since=work.at)
    unblock(work, ended.slot_id, ended.channel)
    _tell_finished(work, ended, item, outcome, released)


def _tell_finished(
    work: Work, ended: Ended, item: WorkItem | HeldItem, outcome: str | None, released: str | None
) -> None:
    note(work, item.id, "finished", ended.agent_id, outcome=outcome, released=released)
    over = ended.contact_ended_at or work.at
    work.emit(
        AssignmentFinished(
            customer_id=item.customer_id,
            assignment_id=ended.id,
            agent_id=ended.agent_id,
            queue_id=ended.queue_id,
            channel=ended.channel,
            subject_id=item.subject_id,
            outcome=outcome,
            released=released,
            contact_s=round((over - ended.accepted_at).total_seconds()),
            wrap_up_s=round((work.at - over).total_seconds()),
        )
    )


_TABLE, _ITEM = table_of(Assignment), table_of(WorkItem)
_SLOT, _AGENT = table_of(Slot), table_of(AgentState)
_NOW = bindparam("now", type_=_TABLE.c.finished_at.type)
_FACTS = [_TABLE.c[name] for name in Ended._fields]

_END_CONTACT = Ready(
    update(_TABLE)
    .where(
        _TABLE.c.work_item_id == bindparam("of"),
        _TABLE.c.finished_at.is_(None),
        _TABLE.c.contact_ended_at.is_(None),
    )
    .values(contact_ended_at=_NOW, lost_at=None, wrap_up_until=bindparam("until"))
    .returning(*_FACTS)
)
_LATEST = Ready(
    select(*_FACTS)
    .where(_TABLE.c.work_item_id == bindparam("of"), _TABLE.c.finished_at.is_(None))
    .order_by(_TABLE.c.accepted_at.desc())
    .limit(1)
    .with_for_update()
)
_DONE = Ready(
    update(_ITEM)
    .where(_ITEM.c.id == bindparam("item"))
    .values(state="done", version=_ITEM.c.version + 1)
    .returning(_ITEM.c.version)
)
_FINISH = Together(
    update(_TABLE)
    .where(_TABLE.c.id == bindparam("finished"))
    .values(
        finished_at=_NOW,
        lost_at=None,
        outcome=bindparam("its_outcome"),
        released=bindparam("its_released"),
        note=bindparam("its_note"),
        next_step=bindparam("its_next_step"),
    ),
    update(_SLOT).where(_SLOT.c.id == bindparam("slot")).values(offer_id=None, assignment_id=None),
    update(_AGENT).where(_AGENT.c.user_id == bindparam("agent")).values(idle_since=_NOW),
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
            # Its line in the call tells; a callback is kept as its workflow says.
            Assignment.channel.not_in(("call", "callback")),
        )
        .limit(limit)
    )
    return [(assignment, item) for assignment, item in rows]
