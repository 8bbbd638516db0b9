"""Offers: made, declined, expired, withdrawn. Each is one compare-and-set on a row.

The order of locks is item, slot, offer everywhere, so that two transactions never wait for each
other in a circle. Not for choosing whom to ask (see `matching`) nor for taking an offer (see
`accepting`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import and_, bindparam, func, or_, select, update
from sqlalchemy.orm.attributes import set_committed_value

from helpdesk.core.db import table_of
from helpdesk.core.errors import Conflict, NotFound
from helpdesk.core.ids import new_id
from helpdesk.core.ready import Ready
from helpdesk.core.work import Work
from helpdesk.customers.called import called_now
from helpdesk.customers.models import Customer
from helpdesk.routing.cards import card
from helpdesk.routing.decision import Decision
from helpdesk.routing.events import OfferEnded, OfferMade, PresenceChanged
from helpdesk.routing.models import (
    AgentState,
    Assignment,
    Offer,
    Queue,
    RoutingNote,
    Slot,
    WorkItem,
)
from helpdesk.routing.roster import roster
from helpdesk.routing.state import LIVE, TAKES_ALL, like, room_of

OFFER_S = {
    "call": 20,
    "chat": 30,
    "sms": 60,
    "callback": 20,
    "form": 600,
    "email": 600,
    "ticket": 600,
}
EXPIRED_IN_ROW = 2
QUIET = {"synchronize_session": False}


def offer_seconds(queue: Queue | None, channel: str) -> int:
    """How long an offer on this channel lives: the queue's own figure, else the house's."""
    own = like(queue.offer_s, channel) if queue else None
    return int(own or OFFER_S.get(channel, 30))


def note(work: Work, item_id: str, kind: str, agent_id: str | None = None, **details: Any) -> None:
    """Add a line to the item's routing story."""
    work.insert_later(
        RoutingNote,
        work_item_id=item_id,
        at=work.at,
        kind=kind,
        agent_id=agent_id,
        details=details,
    )


def make_offer(
    work: Work, item: WorkItem, decision: Decision, queue: Queue, *, beside_own: bool = False
) -> Offer | None:
    """Put the item before the chosen agent; None when the item or the agent's slot is gone.

    `beside_own`: what they have in hand of the same customer takes no room.
    """
    agent_id, offer_id = str(decision.agent), new_id()
    if not _claim_item(work, item):
        return None
    own = item.customer_id if beside_own else None
    slot_id = _claim_slot(work, agent_id, item.channel, offer_id, own=own)
    if slot_id is None:
        item.state = "waiting"
        work.session.flush()
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
    if not work.is_unsent(item):
        work.session.flush()
    work.put(offer)
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
        ),
        frame=card(offer, item, queue.name, _name_of(work, item.customer_id)),
    )
    return offer


def _name_of(work: Work, customer_id: str) -> str:
    return called_now(work, work.session.get(Customer, customer_id))


def _claim_item(work: Work, item: WorkItem) -> bool:
    """Make a waiting item offered. One that this transaction has just made is nobody else's yet."""
    if work.is_unsent(item):
        item.state = "offered"
        return True
    claimed = _CLAIM_ITEM.first(work.sql, {"item": item.id})
    if claimed is None:
        return False
    set_committed_value(item, "state", "offered")
    set_committed_value(item, "version", claimed.version)
    return True


_ITEM, _SLOT = table_of(WorkItem), table_of(Slot)

_CLAIM_ITEM = Ready(
    update(_ITEM)
    .where(_ITEM.c.id == bindparam("item"), _ITEM.c.state == "waiting")
    .values(state="offered", version=_ITEM.c.version + 1, last_look=None)
    .returning(_ITEM.c.version)
)

_EMPTY = and_(
    _SLOT.c.offer_id.is_(None), _SLOT.c.assignment_id.is_(None), _SLOT.c.blocked_by.is_(None)
)
_CLAIM_SLOT = Ready(
    update(_SLOT)
    .where(
        _SLOT.c.id
        == select(_SLOT.c.id)
        .where(
            _SLOT.c.agent_id == bindparam("agent"),
            _SLOT.c.channel == bindparam("on_channel"),
            _SLOT.c.retired.is_(False),
            _EMPTY,
        )
        .order_by(_SLOT.c.number)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery(),
        _EMPTY,
    )
    .values(offer_id=bindparam("offer"))
    .returning(_SLOT.c.id)
)


def _claim_slot(
    work: Work, agent_id: str, channel: str, offer_id: str, *, own: str | None = None
) -> str | None:
    """Take one free slot; an exclusive channel takes all that are free, or none.

    What the agent can lay aside stays in their hands; where anybody else has them on the line
    there is no room. `own` is a customer who is not anybody else.
    """
    room = room_of(roster(work).capacity.get(agent_id, {}), channel)
    slot_id: str | None = _CLAIM_SLOT.scalar(
        work.sql, {"agent": agent_id, "on_channel": room, "offer": offer_id}
    )
    if slot_id is None or channel not in TAKES_ALL:
        return slot_id
    work.session.execute(
        update(Slot)
        .where(
            Slot.agent_id == agent_id,
            Slot.offer_id.is_(None),
            Slot.assignment_id.is_(None),
            Slot.blocked_by.is_(None),
            Slot.id != slot_id,
        )
        .values(blocked_by=slot_id)
        .execution_options(**QUIET)
    )
    attended = select(func.count()).where(
        Slot.agent_id == agent_id,
        Slot.id != slot_id,
        Slot.blocked_by.is_(None),
        Slot.channel.in_(LIVE),
    )
    if own is not None:
        theirs = (
            select(Assignment.id)
            .join(WorkItem, WorkItem.id == Assignment.work_item_id)
            .where(Assignment.agent_id == agent_id, WorkItem.customer_id == own)
            .where(Assignment.finished_at.is_(None))
        )
        attended = attended.where(
            or_(Slot.assignment_id.is_(None), Slot.assignment_id.not_in(theirs))
        )
    if work.session.scalar(attended):
        free_slot(work, slot_id, channel)
        return None
    return slot_id


_EMPTY_SLOT = Ready(
    update(_SLOT).where(_SLOT.c.id == bindparam("slot")).values(offer_id=None, assignment_id=None)
)


def free_slot(work: Work, slot_id: str, channel: str) -> None:
    """Nothing holds the slot any more, nor what it blocked."""
    _EMPTY_SLOT.run(work.sql, {"slot": slot_id})
    unblock(work, slot_id, channel)


def unblock(work: Work, slot_id: str, channel: str) -> None:
    """What a slot of an exclusive channel has blocked is free."""
    if channel in TAKES_ALL:
        work.session.execute(
            update(Slot)
            .where(Slot.blocked_by == slot_id)
            .values(blocked_by=None)
            .execution_options(**QUIET)
        )


_OFFER_AND_ITEM = (
    select(Offer, WorkItem)
    .join(WorkItem, WorkItem.id == Offer.work_item_id)
    .where(Offer.id == bindparam("offer", type_=Offer.id.type))
    # Both, item first: PostgreSQL reads only rows it locks again after waiting for a lock, and an
    # offer as it was before the wait would be accepted though it has expired meanwhile.
    .with_for_update(of=[WorkItem, Offer])
    .execution_options(populate_existing=True)
)


def _locked(work: Work, offer_id: str) -> tuple[Offer, WorkItem]:
    """The offer and its item, both held until the end of the transaction."""
    row = work.session.execute(_OFFER_AND_ITEM, {"offer": offer_id}).first()
    if row is None:
        raise NotFound("There is no such offer for you.", code="offer_not_found")
    return row[0], row[1]


def decline(work: Work, offer_id: str, agent_id: str, reason: str = "") -> WorkItem:
    """Say no; the item waits again at its age, this agent is skipped until others were asked."""
    offer = work.session.get(Offer, offer_id)
    if offer is None or offer.agent_id != agent_id:
        raise NotFound("There is no such offer for you.", code="offer_not_found")
    item = end_offer(work, offer, "declined", reason or "declined")
    if item is None:
        raise Conflict("This offer is no longer open.", code="offer_gone")
    return item


def expire(work: Work, offer: Offer) -> WorkItem | None:
    """The deadline has passed. The second in a row makes the agent "not responding".

    Offers that lay before the agent side by side are one absence and count once: whoever was out
    of the room for half a minute missed all of them with one step.
    """
    item = end_offer(work, offer, "expired", "no_answer")
    if item is None:
        return None
    state = work.session.get(
        AgentState, offer.agent_id, with_for_update=True, populate_existing=True
    )
    if state is not None and _is_another_absence(state, offer):
        state.expired_in_row += 1
        state.expiry_counted_at = work.at
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
        work.session.flush()  # whoever is looked for next must see it
    return item


def _is_another_absence(state: AgentState, offer: Offer) -> bool:
    """Whether the offer was made after the last one that counted had run out."""
    counted = state.expiry_counted_at
    return counted is None or offer.made_at >= counted


def end_offer(work: Work, offer: Offer, outcome: str, reason: str) -> WorkItem | None:
    """End a live offer (`declined`, `expired`, `withdrawn`); None when it was not live any more.

    Declined and expired: the agent joins the asked. Withdrawn counts against nobody.
    """
    offer, item = _locked(work, offer.id)
    if offer.state != "live":
        return None
    offer.state, offer.answered_at, offer.reason = outcome, work.at, reason[:200]
    free_slot(work, offer.slot_id, offer.channel)
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


def hold_items_offered_to(work: Work, agent_id: str) -> None:
    """Lock what is offered to an agent before their state is changed: item first, everywhere."""
    work.session.execute(
        select(WorkItem.id)
        .join(Offer, Offer.work_item_id == WorkItem.id)
        .where(Offer.agent_id == agent_id, Offer.state == "live")
        .order_by(WorkItem.id)
        .with_for_update(of=WorkItem)
    ).all()


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


def beside_calls(work: Work, *, limit: int = 100) -> Sequence[Offer]:
    """Live offers of what nobody waits for on the line, to agents who are in a call meanwhile."""
    in_a_call = select(Slot.id).where(
        Slot.agent_id == Offer.agent_id,
        Slot.channel.in_(TAKES_ALL),
        Slot.assignment_id.is_not(None),
    )
    return work.session.scalars(
        select(Offer)
        .where(Offer.state == "live", Offer.channel.not_in(LIVE), in_a_call.exists())
        .limit(limit)
    ).all()


def overdue(work: Work, *, limit: int = 100) -> Sequence[Offer]:
    """Live offers past their deadline."""
    return work.session.scalars(
        select(Offer)
        .where(Offer.state == "live", Offer.expires_at <= work.at)
        .order_by(Offer.expires_at)
        .limit(limit)
    ).all()
