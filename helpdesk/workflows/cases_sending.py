"""Words on a ticket that are said a little later: with time to take them back, or at a set hour.

Until then nobody outside hears of them, no clock stops and no state changes. The sweeper says them
in their author's name, in one transaction with the step that makes it the only one. Not for what
is said at once (see `workflows.cases`).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from helpdesk.channels import service as channels
from helpdesk.channels.models import Attachment
from helpdesk.core.actors import system
from helpdesk.core.errors import Forbidden, HelpdeskError
from helpdesk.core.work import Work, begin, reading
from helpdesk.identity import sessions
from helpdesk.identity.models import User
from helpdesk.tickets import drafts, permissions, sending_later
from helpdesk.tickets import service as tickets
from helpdesk.tickets.history import note
from helpdesk.tickets.lifecycle import STATES
from helpdesk.tickets.models import PendingReply, Ticket, TicketDraft
from helpdesk.workflows import cases
from helpdesk.workflows import cases_line as line

SWEEPER = system("sweeper")
FILES_KEPT = timedelta(days=7)

log = logging.getLogger(__name__)


def send_undoable(
    work: Work,
    ticket_id: str,
    *,
    text: str,
    public: bool = True,
    attachments: Sequence[Attachment] = (),
    conversation_id: str | None = None,
    then: Mapping[str, Any] | None = None,
    client_msg_id: str | None = None,
) -> PendingReply:
    """Send in 30 seconds, so that it can be taken back; the actor's draft is done with.

    `then` are changes of the ticket that go with the words, as `cases_line.change` takes them:
    {"state": "resolved"}. The same `client_msg_id` again answers the same row.
    """
    return _put_by(
        work, ticket_id, text, public, None, attachments, conversation_id, then, client_msg_id
    )


def send_at(
    work: Work,
    ticket_id: str,
    at: datetime,
    *,
    text: str,
    public: bool = True,
    attachments: Sequence[Attachment] = (),
    conversation_id: str | None = None,
    then: Mapping[str, Any] | None = None,
    client_msg_id: str | None = None,
) -> PendingReply:
    """Send at a set time within a year; until then it can be moved, sent now or taken back."""
    return _put_by(
        work, ticket_id, text, public, at, attachments, conversation_id, then, client_msg_id
    )


def undo_send(work: Work, pending_id: str) -> TicketDraft | None:
    """Take the words back before they are said: they are the actor's draft again.

    What was begun anew meanwhile stays below them. Conflict `already_sent` when it is too late;
    one that failed is taken back in the same way.
    """
    row = sending_later.get_own(work, pending_id)
    if row.state == "failed":
        row.state, row.ended_at = "undone", work.at
    else:
        sending_later.need_claim(work, row.id, "undone")
    ticket = permissions.get_visible(work, row.ticket_id)
    begun = drafts.draft_of(work, row.ticket_id, public=row.public)
    text, files = row.text, list(row.files)
    if begun is not None and begun.text.strip() != text.strip():
        text = f"{text}\n\n{begun.text}".strip()[: drafts.LONGEST_DRAFT]
        files += begun.files
    sending_later.tell(work, ticket)
    return drafts.save_draft(
        work,
        row.ticket_id,
        text=text,
        public=row.public,
        files=files,
        then_state=row.then.get("state"),
    )


def send_now(work: Work, pending_id: str) -> cases.Posted:
    """Don't wait any longer."""
    row = sending_later.get_own(work, pending_id)
    sending_later.need_claim(work, row.id, "sent")
    return _say(work, row)


def reschedule(work: Work, pending_id: str, at: datetime) -> PendingReply:
    """Say it at another time."""
    row = sending_later.get_own(work, pending_id)
    sending_later.move(work, row, at)
    _keep_files(work, row.files, at)
    return row


def pending_on(work: Work, ticket_id: str) -> Sequence[PendingReply]:
    """What waits to be said on the ticket, the soonest first; also what failed (`why`)."""
    permissions.require_desk(work)
    return sending_later.waiting_on(work, ticket_id)


def send_due() -> None:
    """Say what is due: each in a transaction of its own, in its author's name."""
    with reading(SWEEPER) as work:
        ids = list(sending_later.due(work))
    for pending_id in ids:
        _send_one(pending_id)


def _send_one(pending_id: str) -> None:
    with reading(SWEEPER) as work:
        row = work.session.get(PendingReply, pending_id)
        if row is None:
            return
        user = work.session.get(User, row.user_id)
        author = sessions.actor_of(work, user) if user is not None and user.is_active else None
    try:
        if author is None or not author.on_desk:
            raise Forbidden("Whoever wrote this no longer works on the desk.")
        with begin(author) as work:
            if sending_later.claim(work, pending_id, "sent"):
                _say(work, work.session.get_one(PendingReply, pending_id))
    except channels.Repeated:
        with begin(SWEEPER) as work:  # its message stands already, so it is said
            sending_later.claim(work, pending_id, "sent")
    except HelpdeskError as refusal:
        _failed(pending_id, refusal.message)
    except Exception:
        # One broken row must not keep the others waiting; it stays due and is tried again.
        log.exception("a waiting reply could not be sent")


def _say(work: Work, row: PendingReply) -> cases.Posted:
    """The words become a message (the row is claimed); then the ticket changes, if it still may."""
    line.hold(work, row.ticket_id)
    files = _files(work, row)
    posted = cases.reply(
        work,
        row.ticket_id,
        author=f"agent:{row.user_id}",
        text=row.text,
        public=row.public,
        client_msg_id=row.id,
        attachments=files,
        conversation_id=row.conversation_id,
    )
    why = _change_with_it(work, posted.ticket_id, row.then) if row.then else ""
    row.state, row.ended_at, row.seq, row.why = "sent", work.at, posted.seq, why
    row.conversation_id = posted.conversation_id
    sending_later.tell(work, tickets.hold(work, posted.ticket_id))
    return posted


def _change_with_it(work: Work, ticket_id: str, then: Mapping[str, Any]) -> str:
    """The words went out in any case: a change that is refused by now is told, not raised."""
    told = []
    for name, value in then.items():
        try:
            line.change(work, ticket_id, {name: value})
        except HelpdeskError as refusal:
            told.append(refusal.message)
            note(work, ticket_id, "change_refused", details={name: value, "why": refusal.message})
    return " ".join(told)[:200]


def _failed(pending_id: str, why: str) -> None:
    with begin(SWEEPER) as work:
        if not sending_later.claim(work, pending_id, "failed", why=why):
            return
        row = work.session.get_one(PendingReply, pending_id)
        ticket = work.session.get_one(Ticket, row.ticket_id)
        note(work, ticket.id, "reply_failed", details={"by": row.user_id, "why": why})
        sending_later.tell(work, ticket)


def _put_by(
    work: Work,
    ticket_id: str,
    text: str,
    public: bool,
    at: datetime | None,
    attachments: Sequence[Attachment],
    conversation_id: str | None,
    then: Mapping[str, Any] | None,
    client_msg_id: str | None,
) -> PendingReply:
    permissions.require_desk(work)
    ticket = permissions.get_visible(work, ticket_id)
    body = channels.clean_text(text) if attachments else channels.needed_text(text)
    row = sending_later.put_by(
        work,
        ticket,
        text=body,
        public=public,
        at=at,
        files=[a.id for a in attachments],
        conversation_id=conversation_id,
        then=_checked(then),
        client_msg_id=client_msg_id,
    )
    _keep_files(work, row.files, row.send_at)
    drafts.drop_draft(work, ticket_id, public=public)
    return row


def _checked(then: Mapping[str, Any] | None) -> dict[str, Any]:
    wanted = dict(then or {})
    known = {*tickets.FIELDS, "state", "assignee_id", "tags", "fields"}
    if wanted.keys() - known or wanted.get("state", "open") not in STATES:
        raise ValueError(f"a reply can't bring these changes: {wanted}")
    return wanted


def _files(work: Work, row: PendingReply) -> list[Attachment]:
    if not row.files:
        return []
    found = work.session.scalars(
        select(Attachment).where(
            Attachment.id.in_(row.files),
            Attachment.uploaded_by == f"agent:{row.user_id}",
            Attachment.message_id.is_(None),
            Attachment.erased_at.is_(None),
        )
    )
    by_id = {one.id: one for one in found}
    return [by_id[i] for i in row.files if i in by_id]


def _keep_files(work: Work, files: Sequence[str], until: datetime) -> None:
    """Files of waiting words are not taken for forgotten ones."""
    for attachment_id in files:
        row = work.session.get(Attachment, attachment_id)
        if row is not None and row.message_id is None:
            row.kept_until = until + FILES_KEPT
