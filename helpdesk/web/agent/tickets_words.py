"""What was said on a ticket, as the desk's script draws it: all channels in one order of time.

People's words leave here as data and go onto the screen as text. Not for writing (see
`tickets_writing`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from helpdesk.channels.models import Conversation, Message
from helpdesk.core.paging import Page, encode_cursor
from helpdesk.core.work import Work
from helpdesk.mail.models import IncomingMail, MailBody, OutgoingMail
from helpdesk.web.agent.conversation_view import message_frame, people
from helpdesk.workflows.cases_reading import Said

FIRST = 200
MAILS = frozenset({"email", "form"})
_DELIVERY = {
    "queued": "queued",
    "sending": "queued",
    "sent": "sent",
    "failed": "failed",
    "bounced": "bounced",
}


def last_words(work: Work, ticket_id: str, *, since: datetime | None = None) -> dict[str, Any]:
    """The newest messages, or those from `since` on."""
    most = FIRST + 1
    statement = (
        select(Message, Conversation.channel)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(Conversation.ticket_id == ticket_id)
        .order_by(Message.at.desc(), Message.id.desc())
        .limit(most)
    )
    if since is not None:
        statement = statement.where(Message.at >= since)
    rows = [Said(message, channel) for message, channel in work.session.execute(statement)]
    more = len(rows) == most
    shown = frame(work, rows[:FIRST][::-1], more=more)
    oldest = rows[FIRST - 1].message if more else None
    return {**shown, "cursor": encode_cursor([oldest.at, oldest.id]) if oldest else None}


def page_frame(work: Work, page: Page[Said]) -> dict[str, Any]:
    """A page of older words, read backwards."""
    shown = frame(work, list(page.items)[::-1], more=page.next_cursor is not None)
    return {**shown, "cursor": page.next_cursor}


def frame(work: Work, said: Sequence[Said], *, more: bool) -> dict[str, Any]:
    mails = _mails(work, {s.message.conversation_id for s in said if s.channel in MAILS})
    shown = []
    for one in said:
        row = one.message
        line = {**message_frame(row), "id": row.id, "channel": one.channel}
        mail = mails.get((row.conversation_id, row.seq))
        if mail:
            line["mail"] = mail
        shown.append(line)
    return {
        "messages": shown,
        "more": more,
        "people": people(work, {line["agent_id"] for line in shown}),
    }


def _mails(work: Work, conversation_ids: set[str]) -> dict[tuple[str, int], dict[str, Any]]:
    """What e-mail adds to messages: who really wrote, what is folded away, whether it has left."""
    if not conversation_ids:
        return {}
    found: dict[tuple[str, int], dict[str, Any]] = {}
    came = work.session.execute(
        select(
            IncomingMail.conversation_id,
            IncomingMail.seq,
            IncomingMail.id,
            IncomingMail.sender_name,
            IncomingMail.sender_address,
            IncomingMail.doubt,
            (MailBody.quoted != "").label("quoted"),
            (MailBody.html != "").label("html"),
        )
        .outerjoin(MailBody, MailBody.mail_id == IncomingMail.id)
        .where(IncomingMail.conversation_id.in_(conversation_ids), IncomingMail.seq.is_not(None))
    )
    for row in came:
        found[row.conversation_id or "", row.seq or 0] = {
            "id": row.id,
            "name": row.sender_name,
            "address": row.sender_address,
            "doubt": row.doubt,
            "folded": bool(row.quoted),
            "html": bool(row.html),
        }
    left = work.session.execute(
        select(
            OutgoingMail.conversation_id,
            OutgoingMail.seq,
            OutgoingMail.state,
            OutgoingMail.to_address,
            OutgoingMail.error,
        ).where(OutgoingMail.conversation_id.in_(conversation_ids), OutgoingMail.seq.is_not(None))
    )
    for out in left:
        found[out.conversation_id or "", out.seq or 0] = {
            "state": _DELIVERY.get(out.state, out.state),
            "to": out.to_address,
            "error": out.error,
        }
    return found
