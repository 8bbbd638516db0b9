"""Replies that wait to be said, over the API: those of a ticket, and calling one off."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from helpdesk.core.paging import Page
from helpdesk.core.work import Work
from helpdesk.tickets.models import PendingReply
from helpdesk.web.api.base import DESK, operation
from helpdesk.web.api.shapes import Listed, View, listed
from helpdesk.workflows import cases_sending


class PlannedReplyView(View):
    """Words that are not said yet.

    `state` is pending, held (the customer wrote meanwhile, so its author decides), stopped (by the
    ticket's owner or a supervisor) or failed; `why` says by whom or for what.
    """

    id: str
    ticket_id: str
    user_id: str
    kind: Literal["undoable", "scheduled"]
    state: Literal["pending", "held", "failed", "stopped", "withdrawn"]
    public: bool
    body: str
    send_at: datetime
    created_at: datetime
    why: str


@operation(
    "GET", "/tickets/<id:ticket_id>/planned-replies", who=DESK, gives=Listed[PlannedReplyView]
)
def list_planned_replies(work: Work, ticket_id: str) -> Listed[PlannedReplyView]:
    """List what waits to be said on a ticket, the soonest first, and what could not be said."""
    found = [_view(row) for row in cases_sending.pending_on(work, ticket_id)]
    return listed(Page(found, None), found)


@operation("POST", "/planned-replies/<id:pending_id>/cancel", who=DESK, gives=PlannedReplyView)
def cancel_planned_reply(work: Work, pending_id: str) -> PlannedReplyView:
    """Call off a reply that is not said yet.

    Your own, or what is planned on a ticket that is yours; supervisors any planned one.
    409 `already_sent` when it is too late.
    """
    row = cases_sending.withdraw(work, pending_id)
    work.session.refresh(row)
    return _view(row)


def _view(row: PendingReply) -> PlannedReplyView:
    return PlannedReplyView(
        id=row.id,
        ticket_id=row.ticket_id,
        user_id=row.user_id,
        kind=row.kind,  # type: ignore[arg-type]
        state=row.state,  # type: ignore[arg-type]
        public=row.public,
        body=row.text,
        send_at=row.send_at,
        created_at=row.created_at,
        why=row.why,
    )
