"""One's own drafts on tickets over the API, the same that follow their writer through the desk.

A colleague's draft is nobody else's to read, so none has an id of its own here.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta, field

from helpdesk.core.errors import Invalid
from helpdesk.core.work import Work
from helpdesk.tickets import drafts, permissions
from helpdesk.tickets.models import TicketDraft
from helpdesk.web.api.base import DESK, operation
from helpdesk.web.api.shapes import Id, Query, View
from helpdesk.web.bodies import Body
from helpdesk.workflows import cases_sending


class DraftView(View):
    """What you have begun to write; where that is nothing, it is empty and of version 0.

    `seen_at`: of what moment the ticket was that you saw then.
    """

    ticket_id: str
    public: bool
    body: str
    attachments: list[str]
    version: int
    seen_at: datetime | None
    updated_at: datetime | None


class WhichDraft(Query):
    public: Annotated[bool, Meta(description="The reply, or (false) the note.")] = True


class DraftBody(Body, frozen=True):
    """The whole draft. `attachments` are ids of files that you have uploaded to the ticket.

    `version` is the one that this text was written upon, 0 for none; without it whatever stands
    there is overwritten. Changes that were chosen at the desk to go with the words stay.
    """

    body: Annotated[str, Meta(max_length=drafts.LONGEST_DRAFT)]
    public: bool = True
    attachments: Annotated[list[Id], Meta(max_length=drafts.MOST_FILES)] = field(
        default_factory=list
    )
    version: Annotated[int, Meta(ge=0, le=2**31 - 1)] | None = None


@operation("GET", "/tickets/<id:ticket_id>/draft", who=DESK, query=WhichDraft, gives=DraftView)
def get_draft(work: Work, ticket_id: str, query: WhichDraft) -> DraftView:
    """Fetch your own draft on a ticket: the reply, or with `public=false` the note."""
    permissions.get_visible(work, ticket_id)
    row = drafts.draft_of(work, ticket_id, public=query.public)
    return _view(row) if row else _nothing(ticket_id, public=query.public)


@operation("PUT", "/tickets/<id:ticket_id>/draft", who=DESK, body=DraftBody, gives=DraftView)
def put_draft(work: Work, ticket_id: str, body: DraftBody) -> DraftView:
    """Keep what you write, in place of what stood there.

    409 `stale_draft` when another window or program of yours has saved since `version`.
    """
    before = drafts.draft_of(work, ticket_id, public=body.public)
    kept = cases_sending.keep_draft(
        work,
        ticket_id,
        text=body.body,
        public=body.public,
        files=body.attachments,
        then=before.then if before else None,
        version=body.version,
    )
    if kept is None:
        raise Invalid(fields={"body": "Write something, or delete the draft."}, code="no_text")
    return _view(kept)


@operation("DELETE", "/tickets/<id:ticket_id>/draft", who=DESK, query=WhichDraft)
def delete_draft(work: Work, ticket_id: str, query: WhichDraft) -> None:
    """Throw your own draft away: the reply, or with `public=false` the note."""
    permissions.get_visible(work, ticket_id)
    drafts.drop_draft(work, ticket_id, public=query.public)


def _nothing(ticket_id: str, *, public: bool) -> DraftView:
    return DraftView(
        ticket_id=ticket_id,
        public=public,
        body="",
        attachments=[],
        version=0,
        seen_at=None,
        updated_at=None,
    )


def _view(row: TicketDraft) -> DraftView:
    return DraftView(
        ticket_id=row.ticket_id,
        public=row.public,
        body=row.text,
        attachments=list(row.files),
        version=row.version,
        seen_at=row.seen_at,
        updated_at=row.updated_at,
    )
