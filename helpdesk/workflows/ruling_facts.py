"""What a rule may ask about, read from the tables: ticket, customer, message, what happened.

Only what the rules at hand ask about is looked up. Not for the asking (`rules.conditions`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select

from helpdesk.channels.models import Conversation, Message
from helpdesk.core.events import Event
from helpdesk.core.work import Work
from helpdesk.customers import records
from helpdesk.customers.models import ContactPoint, CustomerTag, Organisation, Tag
from helpdesk.rules.deciding import Rule
from helpdesk.rules.subjects import BEFORE, CUSTOMER_FIELD, FIELD
from helpdesk.tickets.lifecycle import is_done
from helpdesk.tickets.models import Ticket

_TICKET = (
    "state", "priority", "type", "queue_id", "team_id", "assignee_id", "channel", "subject",
    "reopened_count",
)  # fmt: skip
_MESSAGE = ("message", "message_author")
_CUSTOMER = ("customer_name", "customer_email", "customer_language", "customer_tags")


@dataclass(frozen=True, slots=True)
class Occasion:
    """What happened: by whom, which fields changed, where the message stands, which deadline."""

    trigger: str
    by: str = "program"
    changes: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    conversation_id: str | None = None
    seq: int | None = None
    clock: str = ""
    score: int | None = None


def asked_by(rules: Collection[Rule]) -> set[str]:
    """Every subject that these rules ask about."""
    return {c.subject for rule in rules for c in (*rule.every, *rule.some)}


def occasion_of(trigger: str, event: Event, actor: str) -> Occasion:
    """The event as rules look at it."""
    seq = getattr(event, "seq", None)
    by = {"user": "agent", "visitor": "customer"}.get(actor.partition(":")[0], "program")
    if trigger in ("opened", "customer_wrote", "survey_answered"):
        by = "customer"
    elif trigger in ("replied", "noted"):
        by = _author(getattr(event, "author", ""))
    return Occasion(
        trigger=trigger,
        by=by,
        changes=getattr(event, "changes", {}),
        conversation_id=getattr(event, "conversation_id", None),
        seq=seq if trigger != "opened" else 1,
        clock=getattr(event, "name", "") if trigger.startswith("clock_") else "",
        score=getattr(event, "score", None),
    )


def facts_of(
    work: Work, ticket: Ticket, occasion: Occasion, asked: Collection[str], at: datetime
) -> dict[str, Any]:
    """Everything that `asked` names, and the ticket's own fields in any case."""
    facts: dict[str, Any] = {name: getattr(ticket, name) for name in _TICKET}
    facts["tags"] = list(ticket.tags)
    facts["unanswered"] = ticket.waiting_since is not None and not is_done(ticket.state)
    facts["open_hours"] = round((at - ticket.opened_at).total_seconds() / 3600, 2)
    facts |= {FIELD + key: value for key, value in ticket.fields.items()}
    facts |= {"by": occasion.by, "clock": occasion.clock, "score": occasion.score}
    facts["changed"] = list(occasion.changes)
    facts |= {BEFORE + name: values[0] for name, values in occasion.changes.items() if values}
    if any(name in asked for name in _MESSAGE):
        facts |= _message(work, ticket, occasion)
    if "organisation" in asked and ticket.organisation_id is not None:
        found = work.session.get(Organisation, ticket.organisation_id)
        facts["organisation"] = found.name if found else None
    if any(name in _CUSTOMER or name.startswith(CUSTOMER_FIELD) for name in asked):
        facts |= _customer(work, ticket.customer_id)
    return facts


def _message(work: Work, ticket: Ticket, occasion: Occasion) -> dict[str, Any]:
    if occasion.seq is None:
        return {}
    conversation_id = occasion.conversation_id
    if conversation_id is None:
        # The first words: their thread is made after the ticket, so the event can't name it.
        conversation_id = work.session.scalar(
            select(Conversation.id)
            .where(Conversation.ticket_id == ticket.id)
            .order_by(Conversation.opened_at, Conversation.id)
            .limit(1)
        )
    row = work.session.execute(
        select(Message.text, Message.author).where(
            Message.conversation_id == conversation_id, Message.seq == occasion.seq
        )
    ).first()
    return {"message": row.text, "message_author": _author(row.author)} if row else {}


def _customer(work: Work, customer_id: str) -> dict[str, Any]:
    customer = records.find(work, customer_id)
    if customer is None:
        return {}
    points = select(ContactPoint.value).where(
        ContactPoint.customer_id == customer.id, ContactPoint.kind == "email"
    )
    tags = (
        select(Tag.name)
        .join(CustomerTag, CustomerTag.tag_id == Tag.id)
        .where(CustomerTag.customer_id == customer.id)
    )
    return {
        "customer_name": customer.name,
        "customer_email": list(work.session.scalars(points)),
        "customer_language": customer.language,
        "customer_tags": list(work.session.scalars(tags)),
        **{CUSTOMER_FIELD + key: value for key, value in customer.custom.items()},
    }


def _author(author: str) -> str:
    kind = author.partition(":")[0]
    return {"visitor": "customer", "agent": "agent"}.get(kind, "program")
