"""What lies on an agent's desk now, for the left pane: in a fixed number of queries, however much.

Offers come from routing, texts from conversations, names from customers. Not for changing them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from helpdesk.channels.models import Conversation, Message
from helpdesk.clocks.models import Ledger
from helpdesk.core.work import Work
from helpdesk.customers.called import UNKNOWN, called, shown
from helpdesk.customers.models import Customer
from helpdesk.routing.models import Queue
from helpdesk.tickets.models import Ticket
from helpdesk.workflows.desk import desk_work
from helpdesk.workflows.offers_named import live_offers_named
from helpdesk.workflows.promising import Owed, owed_by

PREVIEW = 140
TICKETS_SHOWN = 30


@dataclass(frozen=True, slots=True)
class OfferCard:
    id: str
    channel: str
    customer: str
    reason: str
    queue: str
    expires_at: datetime
    total_s: int
    why: str
    number: int | None = None  # of a ticket


@dataclass(frozen=True, slots=True)
class Row:
    """One conversation in the list. `waits_since`: the customer spoke last, at this time."""

    conversation_id: str
    channel: str
    name: str
    queue: str
    preview: str
    at: datetime
    unread: int
    waits_since: datetime | None
    until: datetime | None = None  # wrap-up ends by itself
    wrap_up_s: int = 0
    question: str = ""  # what a colleague asks


@dataclass(frozen=True, slots=True)
class TicketRow:
    """A ticket of the agent's own that needs somebody. `in_hand`: it takes their slot."""

    ticket_id: str
    number: int
    subject: str
    name: str
    priority: str
    at: datetime
    due_at: datetime | None
    waits_since: datetime | None
    in_hand: bool


@dataclass(frozen=True, slots=True)
class WorkPane:
    """`is_late`: not looked up yet; the browser asks for it by itself."""

    offers: list[OfferCard] = field(default_factory=list)
    tickets: list[TicketRow] = field(default_factory=list)
    left: list[TicketRow] = field(default_factory=list)
    promises: Sequence[Owed] = ()
    is_late: bool = False
    chats: list[Row] = field(default_factory=list)
    wrap_ups: list[Row] = field(default_factory=list)
    consults: list[Row] = field(default_factory=list)


def name_or_unknown(name: str) -> str:
    return shown(name) or UNKNOWN


def work_pane(work: Work, agent_id: str) -> WorkPane:
    lying = desk_work(work, agent_id)
    held = [pair for pair in lying["in_hand"] if pair[1].subject_kind == "conversation"]
    consults = lying["consults"]
    ids = {item.subject_id for _, item in held} | {c.id for _, c in consults}
    facts = _facts(work, ids)
    pane = WorkPane(
        promises=owed_by(work, agent_id),
        offers=[offer_card(o) for o in live_offers_named(work, agent_id)]
        if lying["offers"]
        else [],
    )
    in_hand = {
        item.subject_id
        for assignment, item in lying["in_hand"]
        if item.subject_kind == "ticket" and assignment.contact_ended_at is None
    }
    for one in _tickets(work, agent_id, in_hand):
        (pane.tickets if one.in_hand else pane.left).append(one)
    for assignment, item in held:
        row = facts.get(item.subject_id)
        if row is None:
            continue
        if assignment.contact_ended_at is None:
            pane.chats.append(Row(**row))
        else:
            until = assignment.wrap_up_until
            total = round((until - assignment.contact_ended_at).total_seconds()) if until else 0
            pane.wrap_ups.append(Row(**row, until=until, wrap_up_s=total))
    for participant, conversation in consults:
        if row := facts.get(conversation.id):
            pane.consults.append(Row(**row, question=participant.question))
    return pane


def offer_card(offer: dict[str, Any]) -> OfferCard:
    made = datetime.fromisoformat(offer["made_at"])
    expires = datetime.fromisoformat(offer["expires_at"])
    return OfferCard(
        id=offer["offer_id"],
        channel=offer["channel"],
        customer=name_or_unknown(offer["customer"]),
        reason=offer["reason"],
        queue=offer["queue"],
        expires_at=expires,
        total_s=round((expires - made).total_seconds()),
        why=offer["why"],
        number=offer.get("number"),
    )


def _tickets(work: Work, agent_id: str, in_hand: Collection[str]) -> list[TicketRow]:
    """The agent's tickets that need somebody now: whose deadline comes first stands first."""
    rows = work.session.execute(
        select(Ticket, called(), Ledger.due_at)
        .join(Customer, Customer.id == Ticket.customer_id)
        .outerjoin(Ledger, Ledger.ticket_id == Ticket.id)
        .where(
            Ticket.assignee_id == agent_id,
            Ticket.state.in_(("new", "open")),
            Ticket.merged_into_id.is_(None),
        )
        .order_by(Ledger.due_at.is_(None), Ledger.due_at, Ticket.opened_at)
        .limit(TICKETS_SHOWN)
    )
    return [
        TicketRow(
            ticket_id=ticket.id,
            number=ticket.number,
            subject=ticket.subject,
            name=name_or_unknown(name),
            priority=ticket.priority,
            at=ticket.updated_at,
            due_at=due_at,
            waits_since=ticket.waiting_since,
            in_hand=ticket.id in in_hand,
        )
        for ticket, name, due_at in rows
    ]


def _facts(work: Work, ids: Collection[str]) -> dict[str, dict[str, Any]]:
    """What a row shows of each conversation."""
    if not ids:
        return {}
    rows = work.session.execute(
        select(Conversation, called(), Queue.name)
        .join(Customer, Customer.id == Conversation.customer_id)
        .outerjoin(Queue, Queue.id == Conversation.queue_id)
        .where(Conversation.id.in_(ids))
    ).all()
    last, unread = _last_said(work, ids), _unread(work, ids)
    facts = {}
    for conversation, name, queue in rows:
        said = last.get(conversation.id)
        by_visitor = said is not None and said.author == "visitor"
        facts[conversation.id] = {
            "conversation_id": conversation.id,
            "channel": conversation.channel,
            "name": name_or_unknown(name),
            "queue": queue or "",
            "preview": _preview(said) or conversation.reason,
            "at": said.at if said else conversation.opened_at,
            "unread": unread.get(conversation.id, 0),
            "waits_since": said.at if said is not None and by_visitor else None,
        }
    return facts


def _preview(said: Message | None) -> str:
    if said is None:
        return ""
    text = " ".join(said.text.split())
    if not text and said.attachments:
        text = str(said.attachments[0].get("name", "File"))
    return ("" if said.author == "visitor" else "You: ") + text[:PREVIEW]


def _last_said(work: Work, ids: Collection[str]) -> dict[str, Message]:
    """The last public thing a person said in each."""
    newest = (
        select(Message.conversation_id, func.max(Message.seq).label("seq"))
        .where(
            Message.conversation_id.in_(ids),
            Message.public,
            Message.author.not_in(("system", "bot")),
        )
        .group_by(Message.conversation_id)
        .subquery()
    )
    rows = work.session.scalars(
        select(Message).join(
            newest,
            (Message.conversation_id == newest.c.conversation_id) & (Message.seq == newest.c.seq),
        )
    )
    return {row.conversation_id: row for row in rows}


def _unread(work: Work, ids: Collection[str]) -> dict[str, int]:
    rows = work.session.execute(
        select(Message.conversation_id, func.count())
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(
            Message.conversation_id.in_(ids),
            Message.author == "visitor",
            Message.seq > Conversation.agent_read_seq,
        )
        .group_by(Message.conversation_id)
    )
    return {row[0]: row[1] for row in rows}
