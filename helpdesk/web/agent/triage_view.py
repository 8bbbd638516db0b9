"""Suggestions of triage as a ticket's page shows them: what, how sure, because of which words.

`ASKED` is a part of the page's one statement about its ticket, so they cost no query of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import String, and_, cast, func, select

from helpdesk.core.db import json_rows
from helpdesk.routing.models import Queue
from helpdesk.tickets.models import Ticket, TicketType
from helpdesk.triage.models import TriageSuggestion as Row
from helpdesk.web import triage_words
from helpdesk.web.sla_words import PRIORITIES

MOST = 6
LEAST_SHOWN = 0.5


@dataclass(frozen=True, slots=True)
class Suggested:
    """`acted`: it is done already and can be undone; else it can be taken or dismissed."""

    id: str
    what: str
    sure: str
    words: str
    acted: bool


ASKED = (
    select(
        json_rows(
            Row.confidence,
            Row.id,
            Row.field,
            Row.value,
            func.coalesce(Queue.name, TicketType.name),
            Row.words,
            Row.state,
        )
    )
    .select_from(Row)
    .outerjoin(Queue, and_(Row.field == "queue_id", cast(Queue.id, String) == Row.value))
    .outerjoin(TicketType, and_(Row.field == "type", TicketType.key == Row.value))
    .where(
        Row.ticket_id == Ticket.id,
        Row.state.in_(("open", "acted")),
        Row.confidence >= LEAST_SHOWN,
        Row.is_foreign.is_(False),
    )
    .correlate(Ticket)
    .scalar_subquery()
)


def of_ticket(ticket: Ticket, asked: str | None) -> Sequence[Suggested]:
    """Nothing on a ticket that is done, and nothing that stands there by now."""
    if not asked or ticket.state in ("resolved", "closed") or ticket.merged_into_id is not None:
        return ()
    rows = sorted(orjson.loads(asked), reverse=True, key=lambda row: (row[0], row[1]))
    return [_suggested(row) for row in rows if _still(ticket, row[2], row[3], row[6])][:MOST]


def _suggested(row: Sequence[Any]) -> Suggested:
    confidence, suggestion_id, field, value, name, words, state = row
    told = orjson.loads(words) if isinstance(words, str) else words
    shown = name or (PRIORITIES.get(value, value) if field == "priority" else value)
    return Suggested(
        suggestion_id,
        triage_words.did(field, shown),
        triage_words.percent(confidence),
        triage_words.quoted(told),
        state == "acted",
    )


def _still(ticket: Ticket, field: str, value: str, state: str) -> bool:
    """An open one while it would change something, one that was acted on while it stands."""
    stands = value in ticket.tags if field == "tags" else getattr(ticket, field) == value
    return bool(stands == (state == "acted"))
