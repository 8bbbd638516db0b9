"""Reads of mails: for the desk, for the quarantine, and what threading looks up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from helpdesk.core import reach
from helpdesk.core.errors import NotFound
from helpdesk.core.ids import is_id
from helpdesk.core.paging import Page, clamp_limit, cut, keyset
from helpdesk.core.work import Work
from helpdesk.mail import permissions
from helpdesk.mail.models import IncomingMail, MailBody, MailCorrespondent, OutgoingMail

ANSWERED_WITHIN = timedelta(days=30)
BACK_WITHIN = timedelta(days=6)


def get_mail(work: Work, mail_id: str) -> tuple[IncomingMail, MailBody | None]:
    """A mail and what was read of it; NotFound for who does not work at the desk, or not there."""
    permissions.require_desk(work)
    mail = work.session.get(IncomingMail, mail_id) if is_id(mail_id) else None
    if mail is None or not _is_seen(work, mail):
        raise NotFound()
    return mail, work.session.get(MailBody, mail_id)


def _is_seen(work: Work, mail: IncomingMail) -> bool:
    """An agent limited to some queues sees the mails of cases there, and none in quarantine."""
    if not work.actor.is_limited:
        return True
    about = {"ticket_id": mail.ticket_id, "conversation_id": mail.conversation_id}
    return any(about.values()) and not reach.hidden(work, [about])[0]


def mails_of(work: Work, conversation_id: str) -> dict[int, IncomingMail]:
    """The mails behind a conversation's messages, by the message's place."""
    rows = work.session.scalars(
        select(IncomingMail)
        .where(IncomingMail.conversation_id == conversation_id, IncomingMail.seq.is_not(None))
        .order_by(IncomingMail.seq)
    )
    return {row.seq: row for row in rows if row.seq is not None}


def letters_of(work: Work, conversation_id: str) -> dict[int, OutgoingMail]:
    """The mails that carry a conversation's messages out, by the message's place."""
    rows = work.session.scalars(
        select(OutgoingMail)
        .where(OutgoingMail.conversation_id == conversation_id, OutgoingMail.seq.is_not(None))
        .order_by(OutgoingMail.created_at)
    )
    return {row.seq: row for row in rows if row.seq is not None}


def in_state(
    work: Work, state: str, *, cursor: str | None = None, limit: int | None = None
) -> Page[IncomingMail]:
    """Incoming mails in a state, newest first."""
    most = clamp_limit(limit)
    statement = select(IncomingMail).where(IncomingMail.state == state)
    rows = work.session.scalars(
        keyset(statement, [IncomingMail.received_at, IncomingMail.id], cursor=cursor, limit=most)
    ).all()
    return cut(rows, most, lambda m: [m.received_at, m.id])


def count_in_state(work: Work, state: str, *, most: int = 1000) -> int:
    some = select(IncomingMail.id).where(IncomingMail.state == state).limit(most).subquery()
    return work.session.scalar(select(func.count()).select_from(some)) or 0


def outgoing(work: Work, states: Sequence[str], *, limit: int = 100) -> Sequence[OutgoingMail]:
    """Mails of ours in these states, newest first."""
    return work.session.scalars(
        select(OutgoingMail)
        .where(OutgoingMail.state.in_(states))
        .order_by(OutgoingMail.created_at.desc())
        .limit(limit)
    ).all()


def conversations_named(work: Work, ids: Iterable[str]) -> list[str]:
    """Conversations that hold a mail of one of these ids, ours or theirs, in the ids' order."""
    wanted = [i[:400] for i in ids]
    if not wanted:
        return []
    found: dict[str, str] = {}
    for table in (IncomingMail, OutgoingMail):
        rows = work.session.execute(
            select(table.message_id, table.conversation_id).where(
                table.message_id.in_(wanted), table.conversation_id.is_not(None)
            )
        )
        for row in rows:
            found[row.message_id] = row.conversation_id
    return list(dict.fromkeys(found[i] for i in reversed(wanted) if i in found))


def find_letter(work: Work, ids: Iterable[str]) -> OutgoingMail | None:
    """The mail of ours that one of these ids names."""
    wanted = [i[:400] for i in ids if i]
    if not wanted:
        return None
    return work.session.scalar(
        select(OutgoingMail)
        .where(OutgoingMail.message_id.in_(wanted))
        .order_by(OutgoingMail.created_at.desc())
        .limit(1)
    )


def last_sent_to(work: Work, address: str) -> OutgoingMail | None:
    """The last mail that left for this address in the days in which mails come back."""
    return work.session.scalar(
        select(OutgoingMail)
        .where(
            OutgoingMail.to_address == address.lower(),
            OutgoingMail.created_at > work.at - BACK_WITHIN,
            OutgoingMail.state == "sent",
            OutgoingMail.conversation_id.is_not(None),
        )
        .order_by(OutgoingMail.created_at.desc())
        .limit(1)
    )


def last_letter_to(
    work: Work, address: str, *, within: timedelta = ANSWERED_WITHIN
) -> Sequence[OutgoingMail]:
    """What we last wrote to this address, newest first."""
    return work.session.scalars(
        select(OutgoingMail)
        .where(
            OutgoingMail.to_address == address.lower(),
            OutgoingMail.created_at > work.at - within,
            OutgoingMail.conversation_id.is_not(None),
        )
        .order_by(OutgoingMail.created_at.desc())
        .limit(20)
    ).all()


def correspondents(work: Work, conversation_id: str) -> frozenset[str]:
    rows = work.session.scalars(
        select(MailCorrespondent.address).where(
            MailCorrespondent.conversation_id == conversation_id
        )
    )
    return frozenset(rows)


def thread(work: Work, conversation_id: str, *, most: int = 12) -> tuple[str, list[str], str]:
    """For an answer: the id it answers, the ids before it, and the subject as last written."""
    received = work.session.execute(
        select(IncomingMail.message_id, IncomingMail.received_at, IncomingMail.subject)
        .where(
            IncomingMail.conversation_id == conversation_id,
            IncomingMail.message_id != "",
            IncomingMail.outcome.in_(("ticket", "reply")),
        )
        .order_by(IncomingMail.received_at.desc())
        .limit(most)
    ).all()
    sent = work.session.execute(
        select(OutgoingMail.message_id, OutgoingMail.created_at)
        .where(OutgoingMail.conversation_id == conversation_id)
        .order_by(OutgoingMail.created_at.desc())
        .limit(most)
    ).all()
    both: list[tuple[Any, str]] = [(r.received_at, r.message_id) for r in received]
    both += [(s.created_at, s.message_id) for s in sent]
    ids = [i for _, i in sorted(both)][-most:]
    answers = received[0].message_id if received else (ids[-1] if ids else "")
    subject = received[-1].subject if received else ""
    return answers, [i for i in ids if i != answers] + ([answers] if answers else []), subject
