"""What triage suggests on a ticket over the API: listed with its reasons, taken, dismissed, undone.

Not for setting triage up.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from helpdesk.core.paging import Page
from helpdesk.core.work import Work
from helpdesk.tickets import permissions
from helpdesk.triage import queries
from helpdesk.triage.models import TriageSuggestion
from helpdesk.web.api.base import DESK, operation
from helpdesk.web.api.shapes import Listed, View, listed
from helpdesk.web.bodies import Body
from helpdesk.workflows import triage_outcomes

State = Literal["open", "agrees", "acted", "taken", "dismissed", "undone"]


class SuggestionView(View):
    """A value that fits a field of the ticket, with how sure triage is (0 to 1) and by which words.

    `state` is open until somebody settles it, agrees where it stood so already, acted where triage
    set it by itself. Of a `foreign` ticket, unlike all it has learned from, nothing is to be made.
    `right` is null until people have dealt with the ticket.
    """

    id: str
    field: Literal["queue_id", "type", "priority", "tags"]
    value: str
    confidence: float
    words: list[str]
    foreign: bool
    state: State
    was: str | None
    right: bool | None
    made_at: datetime
    settled_at: datetime | None


class SuggestionSettled(Body, frozen=True):
    """take and dismiss settle an open one, undo one that triage acted on."""

    outcome: Literal["take", "dismiss", "undo"]


@operation("GET", "/tickets/<id:ticket_id>/suggestions", who=DESK, gives=Listed[SuggestionView])
def list_triage_suggestions(work: Work, ticket_id: str) -> Listed[SuggestionView]:
    """List what triage suggested on a ticket and what came of it, the surest first."""
    ticket = permissions.get_visible(work, ticket_id)
    found = [_view(row) for row in queries.suggestions_of(work, ticket.id)]
    return listed(Page(found, None), found)


@operation(
    "POST",
    "/tickets/<id:ticket_id>/suggestions/<id:suggestion_id>/settle",
    who=DESK,
    body=SuggestionSettled,
    gives=SuggestionView,
)
def settle_triage_suggestion(
    work: Work, ticket_id: str, suggestion_id: str, body: SuggestionSettled
) -> SuggestionView:
    """Take what triage suggests, dismiss it, or undo what it did by itself."""
    ticket = permissions.get_visible(work, ticket_id)
    triage_outcomes.settle(work, ticket.id, suggestion_id, body.outcome)
    return _view(queries.get_suggestion(work, ticket.id, suggestion_id))


def _view(row: TriageSuggestion) -> SuggestionView:
    return SuggestionView(
        id=row.id,
        field=row.field,  # type: ignore[arg-type]
        value=row.value,
        confidence=round(row.confidence, 4),
        words=[str(word) for word in row.words],
        foreign=row.is_foreign,
        state=row.state,  # type: ignore[arg-type]
        was=row.was,
        right=row.right,
        made_at=row.at,
        settled_at=row.settled_at,
    )
