"""Offers: made, accepted, declined, expired, withdrawn. Each is one compare-and-set on a row.

The order of locks is item, slot, offer everywhere, so that two transactions never wait for each
other in a circle. Not for choosing whom to ask (see `matching`) nor for what an accepted offer means
on its channel (see `helpdesk.workflows`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import and_, func, select, update

from helpdesk.core.clock import seconds_between
from helpdesk.core.errors import Conflict, NotFound
from helpdesk.core.ids import new_id
from helpdesk.core.work import Work
from helpdesk.routing.decision import Decision
from helpdesk.routing.events import OfferAccepted, OfferEnded, OfferMade, PresenceChanged
from helpdesk.routing.models import AgentState, Assignment, Offer, Queue, RoutingNote, Slot, WorkItem
from helpdesk.routing.state import TAKES_ALL

OFFER_S = {"call": 20, "chat": 30, "callback": 20, "form": 600, "email": 600, "ticket": 600}
EXPIRED_IN_ROW = 2
QUIET = {"synchronize_session": False}


def offer_seconds(queue: Queue | None, channel: str) -> int:
    """How long an offer on this channel lives: the queue's own figure, else the house's."""
    own = queue.offer_s.get(channel) if queue else None
    return int(own or OFFER_S.get(channel, 30))


def note(
    work: Work, item_id: str, kind: str, agent_id: str | None = None, **details: Any
) -> None:
    """Add a line to the item's routing story."""
    work.session.add(
        RoutingNote(
            work_item_id=item_id, at=work.at, kind=kind, agent_id=agent_id, details=details
        )
    )


def make_offer(work: Work, item: WorkItem, decision: Decision, queue: Queue) -> Offer | None:
    """Put the item before the chosen agent; None when the item or the agent's slot is gone."""
    agent_id = str(decision.agent)
    claimed = work.session.execute(
        update(WorkItem)
        .where(WorkItem.id == item.id, WorkItem.state == "waiting")
        .values(state="offered", version=WorkItem.version + 1, last_look=None)
        .returning(WorkItem.id)
        .execution_options(**QUIET)
    ).first()
    if claimed is None:
        return None
    offer_id = new_id()
    slot_id = _claim_slot(work, agent_id, item.channel, offer_id)
    if slot_id is None:
        work.session.execute(
            update(WorkItem)
            .where(WorkItem.id == item.id)
            .values(state="waiting")
            .execution_options(**QUIET)
        )
        return None
    offer = Offer(
        id=offer_id,
        work_item_id=item.id,
        agent_id=agent_id,
        slot_id=slot_id,
        channel=item.channel,
        state="live",
        made_at=work.at,
        expires_at=work.at + timedelta(seconds=offer_seconds(queue, item.channel)),
        why=decision.as_dict(),
    )
    work.session.add(offer)
    work.session.flush()
    note(work, item.id, "offered", agent_id, offer_id=offer_id)
    work.emit(
        OfferMade(
            customer_id=item.customer_id,
            offer_id=offer_id,
            work_item_id=item.id,
            agent_id=agent_id,
            queue_id=item.queue_id,
            channel=item.channel,
            subject_kind=item.subject_kind,
            subject_id=item.subject_id,
            reason=item.reason,
            waiting_since=item.waiting_since.isoformat(),
            expires_at=offer.expires_at.isoformat(),
        )
    )
    return offer


def _claim_slot(work: Work, agent_id: str, channel: str, offer_id: str) -> str | None:
    """Take one free slot; an exclusive channel takes all the agent's slots or none."""
    free = and_(
        Slot.agent_id == agent_id,
        Slot.offer_id.is_(None),
        Slot.assignment_id.is_(None),
        Slot.blocked_by.is_(None),
    )
    one = (
        select(Slot.id)
        .where(free, Slot.channel == channel, Slot.retired.is_(False))
        .order_by(Slot.number)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    slot_id = work.session.scalar(
        update(Slot)
        .where(Slot.id == one, free)
        .values(offer_id=offer_id)
        .returning(Slot.id)
        .execution_options(**QUIET)
    )
    if slot_id is None or channel not in TAKES_ALL:
        return slot_id
    work.session.execute(
        update(Slot)
        .where(free, Slot.id != slot_id)
        .values(blocked_by=slot_id)
        .execution_options(**QUIET)
    )
    held = work.session.scalar(
        select(func.count()).where(
            Slot.agent_id == agent_id, Slot.id != slot_id, Slot.blocked_by.is_(None)
        )
    )
    if held:
        free_slot(work, slot_id)
        return None
    return slot_id


def free_slot(work: Work, slot_id: str) -> None:
    """Nothing holds the slot any more, nor what it blocked."""
    work.session.execute(
        update(Slot)
        .where(Slot.id == slot_id)
        .values(offer_id=None, assignment_id=None)
        .execution_options(**QUIET)
    )
    work.session.execute(
        update(Slot)
        .where(Slot.blocked_by == slot_id)
        .values(blocked_by=None)
        .execution_options(**QUIET)
    )


def get_offer(work: Work, offer_id: str, agent_id: str) -> Offer:
    """The agent's own offer; NotFound for somebody else's."""
    offer = work.session.get(Offer, offer_id, populate_existing=True)
    if offer is None or offer.agent_id != agent_id:
        raise NotFound("There is no such offer for you.", code="offer_not_found")
    return offer


def accept(work: Work, offer_id: str, agent_id: str) -> tuple[Assignment, WorkItem]:
    """Take the offer. Conflict (`offer_gone`) when it expired, was withdrawn or answered before."""
    offer = get_offer(work, offer_id, agent_id)
    item = _lock_item(work, offer.work_item_id)
    taken = work.session.execute(
        update(Offer)
        .where(Offer.id == offer_id, Offer.state == "live", Offer.expires_at > work.at)
        .values(state="accepted", answered_at=work.at)
        .returning(Offer.id)
        .execution_options(**QUIET)
    ).first()
    if taken is None or item.state != "offered":
        raise Conflict("This offer is no longer open. The next one will come to you.", code="offer_gone")
    assignment = Assignment(
        id=new_id(),
        work_item_id=item.id,
        offer_id=offer_id,
        agent_id=agent_id,
        slot_id=offer.slot_id,
        queue_id=item.queue_id,
        channel=item.channel,
        accepted_at=work.at,
    )
    work.session.add(assignment)
    item.state, item.front = "assigned", 1
    item.ended_waiting_at = work.at
    item.version += 1
    work.session.flush()
    work.session.execute(
        update(Slot)
        .where(Slot.id == offer.slot_id)
        .values(offer_id=None, assignment_id=assignment.id)
        .execution_options(**QUIET)
    )
    _count_taken(work, agent_id)
    note(work, item.id, "accepted", agent_id, offer_id=offer_id)
    work.emit(
        OfferAccepted(
            customer_id=item.customer_id,
            offer_id=offer_id,
            work_item_id=item.id,
            agent_id=agent_id,
            queue_id=item.queue_id,
            channel=item.channel,
            waited_s=round(seconds_between(item.waiting_since, work.at)),
        )
    )
    return assignment, item


def _count_taken(work: Work, agent_id: str) -> None:
    today = work.at.date().isoformat()
    state = work.session.get(AgentState, agent_id)
    if state is None:
        return
    state.taken_today = state.taken_today + 1 if state.today == today else 1
    state.today, state.idle_since, state.expired_in_row = today, work.at, 0


def decline(work: Work, offer_id: str, agent_id: str, reason: str = "") -> WorkItem:
    """Say no; the item waits again at its age and this agent is skipped until all others were asked."""
    offer = get_offer(work, offer_id, agent_id)
    item = end_offer(work, offer, "declined", reason or "declined")
    if item is None:
        raise Conflict("This offer is no longer open.", code="offer_gone")
    return item


def expire(work: Work, offer: Offer) -> WorkItem | None:
    """The deadline has passed. The second in a row makes the agent "not responding"."""
    item = end_offer(work, offer, "expired", "no_answer")
    if item is None:
        return None
    state = work.session.get(AgentState, offer.agent_id, populate_existing=True)
    if state is not None:
        state.expired_in_row += 1
        if state.expired_in_row >= EXPIRED_IN_ROW and state.not_responding_at is None:
            state.not_responding_at = work.at
            state.version += 1
            work.emit(
                PresenceChanged(
                    agent_id=state.user_id,
                    presence=state.presence,
                    connected=state.connected,
                    not_responding=True,
                )
            )
    return item


def end_offer(work: Work, offer: Offer, outcome: str, reason: str) -> WorkItem | None:
    """End a live offer (`declined`, `expired`, `withdrawn`); None when it was not live any more.

    Declined and expired: the agent joins the asked. Withdrawn counts against nobody.
    """
    item = _lock_item(work, offer.work_item_id)
    ended = work.session.execute(
        update(Offer)
        .where(Offer.id == offer.id, Offer.state == "live")
        .values(state=outcome, answered_at=work.at, reason=reason[:200])
        .returning(Offer.id)
        .execution_options(**QUIET)
    ).first()
    if ended is None:
        return None
    free_slot(work, offer.slot_id)
    if item.state == "offered":
        item.state = "waiting"
        item.version += 1
        if outcome in ("declined", "expired"):
            before = [] if offer.why.get("starts_over") else item.asked
            item.asked = [*(a for a in before if a != offer.agent_id), offer.agent_id]
    note(work, item.id, outcome, offer.agent_id, offer_id=offer.id, reason=reason[:200])
    work.emit(
        OfferEnded(
            customer_id=item.customer_id,
            offer_id=offer.id,
            work_item_id=item.id,
            agent_id=offer.agent_id,
            queue_id=item.queue_id,
            outcome=outcome,
            reason=reason[:200],
        )
    )
    work.session.flush()
    return item


def live_offer_of(work: Work, item_id: str) -> Offer | None:
    return work.session.scalar(
        select(Offer).where(Offer.work_item_id == item_id, Offer.state == "live")
    )


def live_offers_to(work: Work, agent_id: str) -> Sequence[Offer]:
    return work.session.scalars(
        select(Offer)
        .where(Offer.agent_id == agent_id, Offer.state == "live")
        .order_by(Offer.made_at)
    ).all()


def overdue(work: Work, *, limit: int = 100) -> Sequence[Offer]:
    """Live offers past their deadline."""
    return work.session.scalars(
        select(Offer)
        .where(Offer.state == "live", Offer.expires_at <= work.at)
        .order_by(Offer.expires_at)
        .limit(limit)
    ).all()


def _lock_item(work: Work, item_id: str) -> WorkItem:
    item = work.session.scalar(
        select(WorkItem)
        .where(WorkItem.id == item_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if item is None:
        raise NotFound("This piece of work does not exist.")
    return item
