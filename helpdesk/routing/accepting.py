"""Taking an offer: the item is the agent's, the slot is held by the assignment.

On the path of every chat, so it speaks to tables (ADR 8): three round trips besides the commit. Not
for what an accepted offer means on its channel (see `helpdesk.workflows`).
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, case, func, select, update

from helpdesk.core.clock import seconds_between
from helpdesk.core.db import table_of
from helpdesk.core.errors import Conflict, NotFound
from helpdesk.core.ids import new_id
from helpdesk.core.ready import Ready
from helpdesk.core.together import Together
from helpdesk.core.work import Work
from helpdesk.routing.events import OfferAccepted
from helpdesk.routing.holding import COLUMNS, HeldItem
from helpdesk.routing.models import AgentState, Assignment, Offer, Slot, WorkItem
from helpdesk.routing.offers import note


def accept(work: Work, offer_id: str, agent_id: str) -> tuple[Assignment, HeldItem]:
    """Take the offer. Conflict (`offer_gone`) when it expired, was withdrawn or answered before."""
    work.session.flush()
    row = _held(work, offer_id, agent_id)
    item = HeldItem(*row[: len(COLUMNS)])._replace(state="assigned")
    assignment = Assignment(
        id=new_id(),
        work_item_id=item.id,
        offer_id=offer_id,
        agent_id=agent_id,
        slot_id=row.slot_id,
        queue_id=item.queue_id,
        channel=item.channel,
        accepted_at=work.at,
    )
    _take(work, row, assignment)
    work.put(assignment)
    note(work, item.id, "accepted", agent_id, offer_id=offer_id)
    work.emit(
        OfferAccepted(
            customer_id=item.customer_id,
            offer_id=offer_id,
            work_item_id=item.id,
            agent_id=agent_id,
            queue_id=item.queue_id,
            channel=item.channel,
            waited_s=round(seconds_between(row.waiting_since, work.at)),
        )
    )
    return assignment, item


def _held(work: Work, offer_id: str, agent_id: str) -> Any:
    """The offer and its item, both held until the end of the transaction, still to be had."""
    row = _HOLD.first(work.sql, {"offer": offer_id})
    if row is None or row.agent_id != agent_id:
        raise NotFound("There is no such offer for you.", code="offer_not_found")
    # Both rows are held: what is read here stands.
    if row.offer_state != "live" or row.expires_at <= work.at or row.state != "offered":
        raise Conflict(
            "This offer is no longer open. The next one will come to you.", code="offer_gone"
        )
    return row


def _take(work: Work, row: Any, assignment: Assignment) -> None:
    _TAKE.make(
        work.sql,
        taken_offer=assignment.offer_id,
        item=assignment.work_item_id,
        slot=assignment.slot_id,
        assignment=assignment.id,
        agent=assignment.agent_id,
        now=work.at,
        day=work.at.date().isoformat(),
    )
    work.told(Offer, assignment.offer_id, state="accepted", answered_at=work.at)
    work.told(
        WorkItem,
        assignment.work_item_id,
        state="assigned",
        front=1,
        ended_waiting_at=row.ended_waiting_at or work.at,
        version=row.version + 1,
    )


_ITEM, _OFFER = table_of(WorkItem), table_of(Offer)
_SLOT, _AGENT = table_of(Slot), table_of(AgentState)
_NOW = bindparam("now", type_=_OFFER.c.answered_at.type)

_HOLD = Ready(
    select(
        *COLUMNS,
        _OFFER.c.agent_id,
        _OFFER.c.slot_id,
        _OFFER.c.state.label("offer_state"),
        _OFFER.c.expires_at,
        _ITEM.c.waiting_since,
        _ITEM.c.ended_waiting_at,
        _ITEM.c.version,
    )
    .join(_ITEM, _ITEM.c.id == _OFFER.c.work_item_id)
    .where(_OFFER.c.id == bindparam("offer"))
    # Both, item first: PostgreSQL reads only rows it locks again after waiting for a lock, and an
    # offer as it was before the wait would be accepted though it has expired meanwhile.
    .with_for_update(of=[_ITEM, _OFFER])
)
_TAKE = Together(
    update(_OFFER)
    .where(_OFFER.c.id == bindparam("taken_offer"))
    .values(state="accepted", answered_at=_NOW),
    update(_ITEM)
    .where(_ITEM.c.id == bindparam("item"))
    .values(
        state="assigned",
        front=1,
        ended_waiting_at=func.coalesce(_ITEM.c.ended_waiting_at, _NOW),
        version=_ITEM.c.version + 1,
    ),
    update(_SLOT)
    .where(_SLOT.c.id == bindparam("slot"))
    .values(offer_id=None, assignment_id=bindparam("assignment")),
    update(_AGENT)
    .where(_AGENT.c.user_id == bindparam("agent"))
    .values(
        taken_today=case((_AGENT.c.today == bindparam("day"), _AGENT.c.taken_today + 1), else_=1),
        today=bindparam("day"),
        idle_since=_NOW,
        expired_in_row=0,
    ),
)
