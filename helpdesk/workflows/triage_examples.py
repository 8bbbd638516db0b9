"""What triage learns from: tickets as people left them, told by their customers' first words alone.

Nothing that we wrote or that came later is among it: no note, no answer, no subject that was
reworded; so what is measured holds for tickets that have just come in. Counted are done tickets
that somebody of ours had, so that triage does not learn from what only it has said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy import text as text_clause

from helpdesk.channels.models import Conversation, Message
from helpdesk.core.work import Work, reading
from helpdesk.routing.models import Queue
from helpdesk.tickets.lifecycle import PRIORITIES
from helpdesk.tickets.models import DONE, Ticket, TicketType
from helpdesk.triage.words import LONGEST_TEXT, text_of

MOST = 20_000
BATCH = 500
EARLY = 5
"""The customer's first words stand among the first so many messages of a conversation."""


@dataclass(frozen=True, slots=True)
class Known:
    """What may be suggested at all: queues and types in use."""

    queues: frozenset[str]
    types: frozenset[str]

    def has(self, field: str, value: str) -> bool:
        among: Mapping[str, Any] = {
            "queue_id": self.queues,
            "type": self.types,
            "priority": PRIORITIES,
        }
        return value in among.get(field, (value,))


def known(work: Work) -> Known:
    queues = work.session.scalars(select(Queue.id).where(Queue.is_active))
    types = work.session.scalars(select(TicketType.key).where(TicketType.is_active))
    return Known(frozenset(queues), frozenset(types))


def examples(actor: Any, *, most: int = MOST) -> Iterator[dict[str, Any]]:
    """The latest done tickets as {"text", "labels"}; each batch in a short transaction."""
    after: tuple[Any, str] | None = None
    given = 0
    while given < most:
        with reading(actor) as work:
            rows = _done(work, after)
            if not rows:
                return
            after = (rows[-1].resolved_at, rows[-1].id)
            texts, allowed = first_words(work, [row.id for row in rows]), known(work)
            found = [
                {"text": texts[row.id], "labels": _labels(row, allowed)}
                for row in rows
                if row.id in texts
            ]
        yield from found[: most - given]
        given += len(found)


def first_words(work: Work, ticket_ids: Sequence[str]) -> dict[str, str]:
    """By ticket, the subject it came in with and what its customer wrote first."""
    rows = work.session.execute(
        select(Conversation.ticket_id, Conversation.reason, Message.text)
        .join(Message, Message.conversation_id == Conversation.id)
        .where(
            Conversation.ticket_id.in_(ticket_ids),
            Message.author == "visitor",
            Message.public,
            Message.seq <= EARLY,
        )
        .order_by(Conversation.opened_at.desc(), Message.seq.desc())
    )
    # The earliest comes last and stays.
    return {
        ticket_id: text_of(reason, text[:LONGEST_TEXT])
        for ticket_id, reason, text in rows
        if ticket_id is not None and text.strip()
    }


def _done(work: Work, after: tuple[Any, str] | None) -> Sequence[Ticket]:
    wanted = select(Ticket).where(
        text_clause(DONE),
        Ticket.resolved_at.is_not(None),
        Ticket.assignee_id.is_not(None),
    )
    if after is not None:
        at, ticket_id = after
        wanted = wanted.where(
            Ticket.resolved_at <= at,
            (Ticket.resolved_at < at) | (Ticket.id < ticket_id),
        )
    return work.session.scalars(
        wanted.order_by(Ticket.resolved_at.desc(), Ticket.id.desc()).limit(BATCH)
    ).all()


def _labels(ticket: Ticket, allowed: Known) -> dict[str, Any]:
    labels: dict[str, Any] = {"priority": ticket.priority, "tags": list(ticket.tags)}
    if allowed.has("queue_id", ticket.queue_id):
        labels["queue_id"] = ticket.queue_id
    if ticket.type is not None and allowed.has("type", ticket.type):
        labels["type"] = ticket.type
    return labels
