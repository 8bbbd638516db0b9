"""Suggestions of triage as a ticket's page shows them: what, how sure, because of which words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from helpdesk.core.work import Work
from helpdesk.tickets.models import Ticket
from helpdesk.triage import queries
from helpdesk.triage.models import TriageSuggestion
from helpdesk.web import triage_words

MOST = 6


@dataclass(frozen=True, slots=True)
class Suggested:
    """`acted`: it is done already and can be undone; else it can be taken or dismissed."""

    id: str
    what: str
    sure: str
    words: str
    acted: bool


def of_ticket(work: Work, ticket: Ticket) -> Sequence[Suggested]:
    """Nothing on a ticket that is done, and nothing that stands there by now."""
    if ticket.state in ("resolved", "closed") or ticket.merged_into_id is not None:
        return ()
    rows = [row for row in queries.shown_for(work, ticket.id) if _still(row, ticket)][:MOST]
    if not rows:
        return ()
    names = triage_words.names_of(work)
    return [
        Suggested(
            row.id,
            triage_words.did(row.field, names.of(row.field, row.value)),
            triage_words.percent(row.confidence),
            triage_words.quoted(row.words),
            row.state == "acted",
        )
        for row in rows
    ]


def _still(row: TriageSuggestion, ticket: Ticket) -> bool:
    """An open one while it would change something, one that was acted on while it stands."""
    if row.field == "tags":
        stands = row.value in ticket.tags
    else:
        stands = getattr(ticket, row.field) == row.value
    return stands == (row.state == "acted")
