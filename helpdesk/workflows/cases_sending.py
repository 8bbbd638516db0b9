"""Words on a ticket that are said a little later: with time to take them back, or at a set hour.

Until then nobody outside hears of them, no clock stops and no state changes. The sweeper says them
in their author's name, in one transaction with the step that makes it the only one. What was
planned for later is held back when the customer has written meanwhile: its author decides. Not for
what is said at once (see `workflows.cases`).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from helpdesk.channels import service as channels
from helpdesk.channels.models import Attachment, Conversation, Message
from helpdesk.core.actors import system
from helpdesk.core.errors import Conflict, Forbidden, HelpdeskError
from helpdesk.core.work import Work, begin, reading
from helpdesk.identity import sessions
from helpdesk.identity.models import User
from helpdesk.tickets import drafts, permissions, queries, sending_later, with_words
from helpdesk.tickets import service as tickets
from helpdesk.tickets.events import ReplyTroubled
from helpdesk.tickets.history import note
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
    undo_s: int = sending_later.UNDO_S,
    seen_at: datetime | None = None,
) -> PendingReply:
    """Send in `undo_s` seconds, so that it can be taken back; the actor's draft is done with.

    `then` are changes of the ticket that go with the words (`tickets.with_words`):
    {"state": "resolved"}; a step that it can't take is left out and told (`why`). The same
    `client_msg_id` again answers the same row.
    """
    return _put_by(
        work,
        ticket_id,
        text,
        public,
        None,
        attachments,
        conversation_id,
        then,
        client_msg_id,
        undo_s=undo_s,
        seen_at=seen_at,
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
    seen_at: datetime | None = None,
) -> PendingReply:
    """Send at a set time within a year; until then it can be moved, sent now or taken back.

    It is held back when the customer has written after `seen_at` (by default: after now).
    """
    return _put_by(
        work,
        ticket_id,
        text,
        public,
        at,
        attachments,
        conversation_id,
        then,
        client_msg_id,
        seen_at=seen_at,
    )


def keep_draft(work: Work, ticket_id: str, **given: Any) -> TicketDraft | None:
    """Keep what the actor is writing (`drafts.save_draft`), and its files as long."""
    kept = drafts.save_draft(work, ticket_id, **given)
    if kept is not None:
        keep_files(work, kept.files, work.at)
    return kept


def undo_send(work: Work, pending_id: str) -> TicketDraft | None:
    """Take the words back before they are said: they are the actor's draft again.

    What was begun anew meanwhile stays below them. Conflict `already_sent` when it is too late;
    one that failed is taken back in the same way.
    """
    row = sending_later.get_own(work, pending_id)
    if row.state in sending_later.BACK:
        row.state, row.ended_at = "undone", work.at
    else:
        sending_later.need_claim(work, row.id, "undone")
    ticket = permissions.get_visible(work, row.ticket_id)
    begun = drafts.draft_of(work, row.ticket_id, public=row.public)
    text, files = row.text, list(row.files)
    if begun is not None and begun.text.strip() != text.strip():
        text = f"{text}\n\n{begun.text}".strip()
        files += begun.files
    sending_later.tell(work, ticket)
    return drafts.save_draft(
        work,
        row.ticket_id,
        text=text,
        public=row.public,
        files=files,
        then=row.then,
        seen_at=row.seen_at,
    )


def withdraw(work: Work, pending_id: str) -> PendingReply:
    """It is not to be said at all. `reinstate` takes that back.

    Also for supervisors and for the ticket's owner, whoever planned it: its author is told, and
    keeps the words.
    """
    row = sending_later.get_stoppable(work, pending_id)
    ticket = permissions.get_visible(work, row.ticket_id)
    if row.user_id == work.actor.id:
        sending_later.need_claim(work, row.id, "withdrawn")
    else:
        _stop(work, row, ticket)
    sending_later.tell(work, ticket)
    return row


def _stop(work: Work, row: PendingReply, ticket: Ticket) -> None:
    user = work.session.get(User, work.actor.id) if work.actor.kind == "user" else None
    why = f"{user.name if user else 'A program'} stopped it."
    sending_later.need_claim(work, row.id, "stopped", why=why)
    work.session.refresh(row)
    note(work, ticket.id, "reply_stopped", details={"id": row.user_id})
    work.audit("ticket.reply_stopped", "ticket", ticket.id, author=row.user_id, reply=row.id)
    _tell_trouble(work, row, ticket, "stopped")


def reinstate(work: Work, pending_id: str) -> PendingReply:
    """What was withdrawn waits again; Conflict once its time is over.

    What somebody stopped, those who may stop it put back; its author plans it anew.
    """
    row = sending_later.get_stoppable(work, pending_id)
    ticket = permissions.get_visible(work, row.ticket_id)
    ours = "withdrawn" if row.user_id == work.actor.id else "stopped"
    if row.state != ours or row.send_at <= work.at:
        raise Conflict("Its time is over. Write it anew.", code="too_late")
    row.state, row.ended_at, row.why = "pending", None, ""
    if ours == "stopped":
        note(work, ticket.id, "reply_stands_again", details={"id": row.user_id})
        work.audit("ticket.reply_put_back", "ticket", ticket.id, author=row.user_id, reply=row.id)
    sending_later.tell(work, ticket)
    return row


def stand_by(work: Work, pending_id: str) -> PendingReply:
    """Say it all the same, though the customer has written since: at its time, or now."""
    row = sending_later.get_own(work, pending_id)
    if row.send_at <= work.at:
        send_now(work, pending_id)
    else:
        sending_later.move(work, row, row.send_at)
        sending_later.tell(work, permissions.get_visible(work, row.ticket_id))
    return row


def send_now(work: Work, pending_id: str) -> cases.Posted:
    """Don't wait any longer."""
    row = sending_later.get_own(work, pending_id)
    sending_later.need_claim(work, row.id, "sent")
    return _say(work, row)


def reschedule(work: Work, pending_id: str, at: datetime) -> PendingReply:
    """Say it at another time."""
    row = sending_later.get_own(work, pending_id)
    sending_later.move(work, row, at)
    keep_files(work, row.files, at)
    sending_later.tell(work, permissions.get_visible(work, row.ticket_id))
    return row


def pending_on(work: Work, ticket_id: str) -> Sequence[PendingReply]:
    """What waits to be said on the ticket, the soonest first; also what failed (`why`)."""
    permissions.require_desk(work)
    permissions.get_visible(work, ticket_id)
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
        # Written while they saw the ticket: that it went to another team since holds no words back.
        with begin(replace(author, queue_ids=None)) as work:
            row = work.session.get_one(PendingReply, pending_id)
            wrote = row.kind == "scheduled" and _customer_wrote(work, row)
            if not wrote and sending_later.claim(work, pending_id, "sent"):
                _say(work, row)
        if wrote:
            _end(pending_id, "held", "The customer wrote after this was planned.")
    except channels.Repeated:
        with begin(SWEEPER) as work:  # its message stands already, so it is said
            sending_later.claim(work, pending_id, "sent")
    except HelpdeskError as refusal:
        _end(pending_id, "failed", refusal.message)
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
    why = change_with_it(work, posted.ticket_id, row.then)
    row.state, row.ended_at, row.seq, row.why = "sent", work.at, posted.seq, why
    row.conversation_id = posted.conversation_id
    ticket = tickets.hold(work, posted.ticket_id)
    if why:
        _tell_trouble(work, row, ticket, "partly")
    sending_later.tell(work, ticket)
    return posted


def change_with_it(work: Work, ticket_id: str, then: Mapping[str, Any]) -> str:
    """The words are out in any case: a change that is refused by now is told, not raised."""
    if not then:
        return ""
    told = []
    macro = then.get("macro")
    kind, details = ("macro", {"macro": macro}) if macro else ("changed", None)
    steps = with_words.steps(then, line.hold(work, ticket_id).ticket.tags)
    with _to_the_end(work):
        for changes in steps:
            try:
                line.change(work, ticket_id, changes, kind=kind, details=details)
            except HelpdeskError as refusal:
                why = next(iter(getattr(refusal, "fields", {}).values()), refusal.message)
                told.append(why)
                note(work, ticket_id, "change_refused", details={**changes, "why": why})
    return " ".join(told)[:200]


@contextmanager
def _to_the_end(work: Work) -> Iterator[None]:
    """A step that puts the ticket out of its writer's reach does not keep the next from being made.

    What they may do with the ticket was asked before the first.
    """
    writer = work.actor
    work.actor = replace(writer, queue_ids=None)
    try:
        yield
    finally:
        work.actor = writer


def _customer_wrote(work: Work, row: PendingReply) -> bool:
    """Whether the customer has said anything since the author looked at the ticket last."""
    since = select(Message.id).where(
        Message.conversation_id.in_(
            select(Conversation.id).where(Conversation.ticket_id == row.ticket_id)
        ),
        Message.author == "visitor",
        Message.at > row.seen_at,
    )
    return work.session.scalar(since.limit(1)) is not None


def _end(pending_id: str, state: str, why: str) -> None:
    """It could not be said (`failed`) or is held back (`held`): its author is told."""
    with begin(SWEEPER) as work:
        if not sending_later.claim(work, pending_id, state, why=why):
            return
        row = work.session.get_one(PendingReply, pending_id)
        ticket = work.session.get_one(Ticket, row.ticket_id)
        note(work, ticket.id, f"reply_{state}", details={"by": row.user_id, "why": why})
        _tell_trouble(work, row, ticket, state)
        sending_later.tell(work, ticket)


def _tell_trouble(work: Work, row: PendingReply, ticket: Ticket, what: str) -> None:
    work.emit(
        ReplyTroubled(
            customer_id=ticket.customer_id,
            ticket_id=ticket.id,
            reply_id=row.id,
            user_id=row.user_id,
            what=what,
        )
    )


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
    **more: Any,
) -> PendingReply:
    permissions.require_desk(work)
    ticket = queries.get_current(work, ticket_id)
    changes, why = with_words.checked(then), ""
    if at is None:
        changes, why = _possible(work, ticket, changes)
    body = channels.clean_text(text) if attachments else channels.needed_text(text)
    row = sending_later.put_by(
        work,
        ticket,
        text=body,
        public=public,
        at=at,
        files=[a.id for a in attachments],
        conversation_id=conversation_id,
        then=changes,
        client_msg_id=client_msg_id,
        **more,
    )
    row.why = row.why or why
    keep_files(work, row.files, row.send_at)
    drafts.drop_draft(work, ticket_id, public=public)
    return row


def _possible(work: Work, ticket: Ticket, then: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """Without a step that the ticket can't take now: its writer is told before the words go."""
    try:
        tickets.check_step(work, ticket, then.get("state", ticket.state))
    except HelpdeskError as refusal:
        kept = {name: value for name, value in then.items() if name != "state"}
        return kept, next(iter(getattr(refusal, "fields", {}).values()), refusal.message)
    return then, ""


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


def keep_files(work: Work, files: Sequence[str], until: datetime) -> None:
    """Files of the actor's waiting words are not taken for forgotten ones."""
    for attachment_id in files:
        row = work.session.get(Attachment, attachment_id)
        mine = row is not None and row.uploaded_by == f"agent:{work.actor.id}"
        if row is not None and mine and row.message_id is None:
            row.kept_until = until + FILES_KEPT
