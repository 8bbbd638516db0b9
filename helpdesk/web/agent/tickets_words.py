"""What was said on a ticket, as the desk's script draws it: all channels in one order of time.

People's words leave here as data and go onto the screen as text. Not for writing (see
`tickets_writing`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import bindparam, select

from helpdesk.channels.models import Conversation, Message
from helpdesk.core.db import json_rows, table_of
from helpdesk.core.paging import Page, encode_cursor
from helpdesk.core.work import Work
from helpdesk.identity.models import User
from helpdesk.mail import ways
from helpdesk.mail.models import IncomingMail, MailBody, OutgoingMail
from helpdesk.web.agent.conversation_view import message_frame
from helpdesk.web.agent.former_names import former_names
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
_UNSENT = frozenset({"queued", "sending"})


def last_words(work: Work, ticket_id: str, *, since: datetime | None = None) -> dict[str, Any]:
    """The newest messages, or those from `since` on."""
    given: dict[str, Any] = {"ticket": ticket_id}
    if since is not None:
        given["since"] = since
    rows = work.sql.execute(_LAST if since is None else _SINCE, given).all()
    more = len(rows) > FIRST
    shown = frame(work, ticket_id, rows[:FIRST][::-1], more=more)
    oldest = rows[FIRST - 1] if more else None
    return {**shown, "cursor": encode_cursor([oldest.at, oldest.id]) if oldest else None}


def page_frame(work: Work, ticket_id: str, page: Page[Said]) -> dict[str, Any]:
    """A page of older words, read backwards."""
    shown = frame(work, ticket_id, _plain(page.items)[::-1], more=page.next_cursor is not None)
    return {**shown, "cursor": page.next_cursor}


def said_frame(work: Work, ticket_id: str, said: Sequence[Said]) -> dict[str, Any]:
    return frame(work, ticket_id, _plain(said), more=False)


def frame(work: Work, ticket_id: str, rows: Sequence[Any], *, more: bool) -> dict[str, Any]:
    """`rows` have the columns of a message and its `channel`."""
    mails = _mails(work, ticket_id) if any(row.channel in MAILS for row in rows) else {}
    shown = []
    for row in rows:
        line = {**message_frame(row), "id": row.id, "channel": row.channel}
        mail = mails.get((row.conversation_id, row.seq))
        if mail:
            line["mail"] = mail
        shown.append(line)
    ids = {line["agent_id"] for line in shown if line["agent_id"]}
    names = work.sql.execute(_NAMES, {"ids": list(ids)}) if ids else ()
    heard = {line["conversation_id"] for line in shown if line["from"] == "visitor"}
    people = {row.id: row.name for row in names} | former_names(work, heard)
    return {"messages": shown, "more": more, "people": people}


@dataclass(frozen=True, slots=True)
class _Row:
    """A message read as an object, with its channel: shaped like the rows of this file."""

    message: Message
    channel: str

    def __getattr__(self, name: str) -> Any:
        return getattr(self.message, name)


def _plain(said: Sequence[Said]) -> list[_Row]:
    return [_Row(one.message, one.channel) for one in said]


def _mails(work: Work, ticket_id: str) -> dict[tuple[str, int], dict[str, Any]]:
    """What e-mail adds to messages: who really wrote, what is folded away, whether it has left."""
    came, left = work.sql.execute(_MAILS, {"ticket": ticket_id}).one()
    found: dict[tuple[str, int], dict[str, Any]] = {}
    for thread, seq, mail_id, name, address, doubt, quoted, formatted in orjson.loads(came or "[]"):
        found[thread, seq] = {
            "id": mail_id,
            "name": name,
            "address": address,
            "doubt": doubt,
            "folded": bool(quoted),
            "html": bool(formatted),
        }
    letters = orjson.loads(left or "[]")
    for thread, seq, state, address, error in letters:
        found[thread, seq] = {"state": _DELIVERY.get(state, state), "to": address, "error": error}
    if any(state in _UNSENT for _, _, state, _, _ in letters) and not ways.can_send(work):
        _say_that_it_waits(work, found.values())
    return found


def _say_that_it_waits(work: Work, mails: Iterable[dict[str, Any]]) -> None:
    """Nothing names a server, so nothing is on its way; who can mend that is led there."""
    for mail in mails:
        if mail.get("state") == "queued":
            mail["state"] = "waiting"
            if work.actor.role == "admin":
                mail["mend"] = "/admin/mailboxes"


_MESSAGE, _THREAD, _USER = table_of(Message), table_of(Conversation), table_of(User)
_CAME, _BODY, _LEFT = table_of(IncomingMail), table_of(MailBody), table_of(OutgoingMail)
_ticket = bindparam("ticket", type_=_THREAD.c.id.type)
_WORDS = (
    select(_MESSAGE, _THREAD.c.channel)
    .join(_THREAD, _THREAD.c.id == _MESSAGE.c.conversation_id)
    .where(_THREAD.c.ticket_id == _ticket)
    .order_by(_MESSAGE.c.at.desc(), _MESSAGE.c.id.desc())
)
_LAST = _WORDS.limit(FIRST + 1)
_SINCE = _WORDS.where(_MESSAGE.c.at >= bindparam("since", type_=_MESSAGE.c.at.type)).limit(FIRST)
_NAMES = select(_USER.c.id, _USER.c.name).where(_USER.c.id.in_(bindparam("ids", expanding=True)))
_MAILS = select(
    select(
        json_rows(
            _CAME.c.conversation_id,
            _CAME.c.seq,
            _CAME.c.id,
            _CAME.c.sender_name,
            _CAME.c.sender_address,
            _CAME.c.doubt,
            _BODY.c.quoted != "",
            _BODY.c.html != "",
        )
    )
    .select_from(
        _THREAD.join(_CAME, _CAME.c.conversation_id == _THREAD.c.id).outerjoin(
            _BODY, _BODY.c.mail_id == _CAME.c.id
        )
    )
    .where(_THREAD.c.ticket_id == _ticket, _CAME.c.seq.is_not(None))
    .scalar_subquery(),
    select(
        json_rows(
            _LEFT.c.conversation_id, _LEFT.c.seq, _LEFT.c.state, _LEFT.c.to_address, _LEFT.c.error
        )
    )
    .select_from(_THREAD.join(_LEFT, _LEFT.c.conversation_id == _THREAD.c.id))
    .where(_THREAD.c.ticket_id == _ticket, _LEFT.c.seq.is_not(None))
    .scalar_subquery(),
)
