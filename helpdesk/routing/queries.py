"""Reads of routing for screens and sockets: offers, the floor, a work item's story."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Integer, and_, cast, func, select

from helpdesk.core.clock import seconds_between
from helpdesk.core.errors import NotFound
from helpdesk.core.work import Work
from helpdesk.customers.called import called, called_now, shown
from helpdesk.customers.models import Customer
from helpdesk.identity.models import User
from helpdesk.routing import floor
from helpdesk.routing.cards import card
from helpdesk.routing.models import (
    AgentState,
    Assignment,
    Offer,
    PresenceChoice,
    Queue,
    QueueMember,
    RoutingNote,
    Skill,
    WorkItem,
)
from helpdesk.routing.state import TAKES_ALL


def offer_frame(work: Work, offer_id: str) -> dict[str, Any] | None:
    """A live offer as the agent's client gets it; None when it is over."""
    row = work.session.execute(
        select(Offer, WorkItem, Queue.name, called())
        .join(WorkItem, WorkItem.id == Offer.work_item_id)
        .join(Queue, Queue.id == WorkItem.queue_id)
        .join(Customer, Customer.id == WorkItem.customer_id)
        .where(Offer.id == offer_id, Offer.state == "live")
    ).first()
    if row is None:
        return None
    offer, item, queue_name, customer_name = row
    return card(offer, item, queue_name, shown(customer_name))


def live_offers(work: Work, agent_id: str) -> list[dict[str, Any]]:
    """What is offered to an agent now, oldest first, as the client gets it."""
    rows = work.session.execute(
        select(Offer, WorkItem, Queue.name, called())
        .join(WorkItem, WorkItem.id == Offer.work_item_id)
        .join(Queue, Queue.id == WorkItem.queue_id)
        .join(Customer, Customer.id == WorkItem.customer_id)
        .where(Offer.agent_id == agent_id, Offer.state == "live")
        .order_by(Offer.made_at)
    )
    return [card(offer, item, queue, shown(name)) for offer, item, queue, name in rows]


def queues(work: Work, *, active_only: bool = False) -> Sequence[Queue]:
    statement = select(Queue).order_by(Queue.name)
    return work.session.scalars(
        statement.where(Queue.is_active) if active_only else statement
    ).all()


def skills(work: Work) -> Sequence[Skill]:
    return work.session.scalars(select(Skill).order_by(Skill.name)).all()


def presence_choices(work: Work) -> list[tuple[str, str, str]]:
    """(code, label, counts_as) of what an agent can choose, the house's four first."""
    house = [
        ("available", "Available", "available"),
        ("break", "Break", "break"),
        ("training", "Training", "training"),
        ("offline", "Offline", "offline"),
    ]
    rows = work.session.scalars(select(PresenceChoice).order_by(PresenceChoice.position))
    own = {row.code: (row.code, row.label, row.counts_as) for row in rows}
    return [own.pop(code, (code, label, means)) for code, label, means in house] + list(
        own.values()
    )


@dataclass(frozen=True, slots=True)
class AgentNow:
    """One agent on the supervisor's wall. `state` is one word for what they do now."""

    id: str
    name: str
    presence: str
    presence_label: str
    since: datetime
    connected: bool
    not_responding: bool
    state: str
    contacts: int
    calls: int  # of the contacts
    tickets: int  # of the contacts
    wrap_ups: int
    offers: int
    slots: int
    taken_today: int


class _Held(NamedTuple):
    """What somebody has in hand, counted. `contacts`: all that are not over."""

    contacts: int = 0
    calls: int = 0
    tickets: int = 0
    wrap_ups: int = 0
    offers: int = 0


def agents_now(work: Work) -> list[AgentNow]:
    """Everybody on the desk with what they do now, in four queries whatever their number."""
    labels = {code: label for code, label, _ in presence_choices(work)}
    meaning = floor.presence_meaning(work)
    busy = _per_agent(work)
    rows = work.session.execute(
        select(AgentState, User.name)
        .join(User, User.id == AgentState.user_id)
        .where(AgentState.is_active, User.is_active)
        .order_by(User.name)
    )
    today = work.at.date().isoformat()
    people = []
    for state, name in rows:
        held = busy.get(state.user_id, _Held())
        people.append(
            AgentNow(
                id=state.user_id,
                name=name,
                presence=state.presence,
                presence_label=labels.get(state.presence, state.presence),
                since=state.presence_since,
                connected=state.connected,
                not_responding=state.not_responding_at is not None,
                state=_doing(state, meaning, held.contacts, held.wrap_ups, held.offers),
                **held._asdict(),
                slots=sum(state.capacity.values()),
                taken_today=state.taken_today if state.today == today else 0,
            )
        )
    return people


def _doing(
    state: AgentState, meaning: Mapping[str, str], contacts: int, wrap_ups: int, offered: int
) -> str:
    means = meaning.get(state.presence, "offline")
    if not state.connected:
        return "gone" if means != "offline" or contacts else "offline"
    if state.not_responding_at is not None:
        return "not_responding"
    if contacts:
        return "in_contact"
    if wrap_ups:
        return "wrap_up"
    if offered:
        return "offered"
    return "free" if means == "available" else means


def _per_agent(work: Work) -> dict[str, _Held]:
    goes_on = Assignment.contact_ended_at.is_(None)
    kinds = (
        goes_on,
        and_(goes_on, Assignment.channel.in_(TAKES_ALL)),
        and_(goes_on, Assignment.channel == "ticket"),
        ~goes_on,
    )
    held = work.session.execute(
        select(Assignment.agent_id, *(func.sum(cast(one, Integer)) for one in kinds))
        .where(Assignment.finished_at.is_(None))
        .group_by(Assignment.agent_id)
    ).all()
    offered = work.session.execute(
        select(Offer.agent_id, func.count()).where(Offer.state == "live").group_by(Offer.agent_id)
    ).all()
    ringing: dict[str, int] = dict(offered)
    counts = {row[0]: _Held(*row[1:5], ringing.pop(row[0], 0)) for row in held}
    return counts | {a: _Held(offers=n) for a, n in ringing.items()}


@dataclass(frozen=True, slots=True)
class Story:
    """Everything that happened to one work item, for "why did this customer wait so long"."""

    item: WorkItem
    queue: Queue
    customer_name: str
    waited_s: int
    notes: Sequence[RoutingNote]
    offers: dict[str, Offer]
    assignments: Sequence[Assignment]
    people: dict[str, str]
    queues: dict[str, str]
    skills: dict[str, str]


def story(work: Work, work_item_id: str) -> Story:
    """The item's story in order; NotFound when there is no such item."""
    item = work.session.get(WorkItem, work_item_id)
    if item is None:
        raise NotFound("This piece of work does not exist.")
    notes = work.session.scalars(
        select(RoutingNote)
        .where(RoutingNote.work_item_id == item.id)
        .order_by(RoutingNote.seq)
        .limit(500)
    ).all()
    offers = work.session.scalars(
        select(Offer).where(Offer.work_item_id == item.id).order_by(Offer.made_at)
    ).all()
    held = work.session.scalars(
        select(Assignment)
        .where(Assignment.work_item_id == item.id)
        .order_by(Assignment.accepted_at)
    ).all()
    named = {n.agent_id for n in notes} | {o.agent_id for o in offers}
    for offer in offers:
        named |= {c["agent"] for c in offer.why.get("candidates", ())}
        named |= {s["agent"] for s in offer.why.get("skipped", ())}
    for line in notes:
        named |= {s["agent"] for s in line.details.get("skipped", ())}
    known = work.session.execute(select(User.id, User.name).where(User.id.in_(named - {None})))
    ended = item.ended_waiting_at or work.at
    return Story(
        item=item,
        queue=work.session.get_one(Queue, item.queue_id),
        customer_name=called_now(work, work.session.get_one(Customer, item.customer_id)),
        waited_s=round(seconds_between(item.waiting_since, ended)),
        notes=notes,
        offers={o.id: o for o in offers},
        assignments=held,
        people={row.id: row.name for row in known},
        queues={q.id: q.name for q in queues(work)},
        skills={s.id: s.name for s in skills(work)},
    )


def members(work: Work, queue_id: str) -> list[str]:
    rows = select(QueueMember.user_id).where(QueueMember.queue_id == queue_id)
    return list(work.session.scalars(rows))
