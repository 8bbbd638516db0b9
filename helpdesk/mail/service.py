"""The books of incoming mail: written down once, handled once, parked where they cannot be.

Not for reading a mail (`reading`), nor for what follows from it (`workflows.mail_in`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, or_, select, update

from helpdesk.core.db import insert_if_absent
from helpdesk.core.errors import Conflict, NotFound
from helpdesk.core.ids import new_id
from helpdesk.core.work import Work
from helpdesk.mail import permissions
from helpdesk.mail.events import MailQuarantined, MailTaken
from helpdesk.mail.models import IncomingMail, MailBody, MailCorrespondent, MailFuse
from helpdesk.mail.raw import Kept

TRIES = 5
AGAIN_AFTER = (timedelta(seconds=5), timedelta(minutes=1), timedelta(minutes=5))
ONE_AUTOMATIC_IN = timedelta(hours=1)
MOST_AUTOMATIC = 5
COUNTED_FOR = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Noted:
    """`is_new` is False for a mail that had come before; `id` is the row of the first."""

    id: str
    is_new: bool


def note(
    work: Work,
    kept: Kept,
    *,
    mailbox_id: str | None = None,
    envelope_from: str | None = None,
    envelope_to: Sequence[str] = (),
) -> Noted:
    """Write down that this mail is here; five deliveries at once make one row."""
    mail_id = new_id()
    row = {
        "id": mail_id,
        "once_key": kept.once_key,
        "sha256": kept.sha256,
        "size": kept.size,
        "message_id": kept.message_id,
        "mailbox_id": mailbox_id,
        "envelope_from": envelope_from[:320] if envelope_from is not None else None,
        "envelope_to": [str(a)[:320] for a in envelope_to][:100],
        "received_at": work.at,
        "state": "waiting",
        "outcome": "",
        "reason": "",
        "kind": "",
        "sender_name": "",
        "sender_address": "",
        "doubt": "",
        "subject": "",
        "copies": 0,
        "attempts": 0,
    }
    if insert_if_absent(work.session, IncomingMail, row):
        return Noted(mail_id, True)
    first = work.session.scalar(
        update(IncomingMail)
        .where(IncomingMail.once_key == kept.once_key)
        .values(copies=IncomingMail.copies + 1)
        .returning(IncomingMail.id)
        .execution_options(synchronize_session=False)
    )
    assert first is not None
    return Noted(first, False)


def claim(work: Work, mail_id: str) -> IncomingMail | None:
    """The mail if it still waits, held until the end of this transaction; None: another did it."""
    return work.session.scalars(
        update(IncomingMail)
        .where(IncomingMail.id == mail_id, IncomingMail.state == "waiting")
        .values(state="done", handled_at=work.at, attempts=IncomingMail.attempts + 1)
        .returning(IncomingMail),
        execution_options={"synchronize_session": False, "populate_existing": True},
    ).first()


def keep_facts(work: Work, mail: IncomingMail, facts: Mapping[str, Any]) -> None:
    """What was read, for showing; a second reading replaces the first."""
    if mail.attempts > 1:
        work.session.execute(delete(MailBody).where(MailBody.mail_id == mail.id))
    shown = {
        name: facts[name]
        for name in ("from", "from_raw", "to", "cc", "reply_to", "sender", "date", "headers")
    }
    work.insert(
        MailBody,
        mail_id=mail.id,
        text=facts["text"],
        quoted=facts["quoted"],
        signature=facts["signature"],
        html=facts["html"],
        remote=facts["remote"],
        inline=[None for _ in facts["inline"]],
        headers=shown,
        notes=facts["notes"],
        defects=facts["defects"],
    )


def settle(
    work: Work,
    mail: IncomingMail,
    outcome: str,
    *,
    ticket_id: str | None = None,
    conversation_id: str | None = None,
    seq: int | None = None,
    reason: str = "",
    customer_id: str | None = None,
) -> None:
    """Note where the mail went."""
    mail.outcome, mail.reason = outcome, reason[:300]
    mail.ticket_id, mail.conversation_id, mail.seq = ticket_id, conversation_id, seq
    work.emit(
        MailTaken(
            customer_id=customer_id,
            mail_id=mail.id,
            outcome=outcome,
            conversation_id=conversation_id,
            ticket_id=ticket_id,
        )
    )


def park(work: Work, mail: IncomingMail, reason: str) -> None:
    """Into quarantine: kept, visible, and retried by hand."""
    mail.state, mail.outcome, mail.reason = "quarantined", "quarantine", reason[:300]
    mail.handled_at = work.at
    work.emit(MailQuarantined(mail_id=mail.id, reason=reason[:160]))


def failed(work: Work, mail_id: str, error: str) -> bool:
    """An error of ours stood in the way: tried again later, parked after the last try.

    True when it was parked.
    """
    mail = work.session.get_one(IncomingMail, mail_id, with_for_update=True)
    if mail.state != "waiting":
        return False
    mail.attempts += 1
    if mail.attempts >= TRIES:
        park(work, mail, f"It could not be taken in: {error}")
        return True
    pause = AGAIN_AFTER[min(mail.attempts, len(AGAIN_AFTER)) - 1]
    mail.next_try_at, mail.reason = work.at + pause, error[:300]
    return False


def put_off(work: Work, mail_id: str, reason: str) -> None:
    """Something that the mail has to wait for is away: tried again, however long that takes."""
    mail = work.session.get_one(IncomingMail, mail_id, with_for_update=True)
    if mail.state == "waiting":
        mail.next_try_at, mail.reason = work.at + AGAIN_AFTER[1], reason[:300]


def waiting(work: Work, *, most: int = 50, settled_for: timedelta = timedelta(0)) -> Sequence[str]:
    """Ids of mails that wait to be handled, oldest first."""
    return work.session.scalars(
        select(IncomingMail.id)
        .where(
            IncomingMail.state == "waiting",
            IncomingMail.received_at <= work.at - settled_for,
            or_(IncomingMail.next_try_at.is_(None), IncomingMail.next_try_at <= work.at),
        )
        .order_by(IncomingMail.received_at)
        .limit(most)
    ).all()


def retry(work: Work, mail_id: str) -> IncomingMail:
    """Take a mail out of quarantine to be handled again; Conflict when it isn't there."""
    permissions.require_set_up(work)
    mail = work.session.get(IncomingMail, mail_id, with_for_update=True)
    if mail is None:
        raise NotFound()
    if mail.state != "quarantined":
        raise Conflict("This mail is not in quarantine any more.")
    mail.state, mail.outcome, mail.reason = "waiting", "", ""
    # One, so that what was read before is known to be there.
    mail.attempts, mail.next_try_at, mail.handled_at = 1, None, None
    work.audit("mail.retried", "mail", mail_id)
    return mail


def drop(work: Work, mail_id: str) -> None:
    """An administrator has looked: nothing is to be done about this mail. Its bytes stay."""
    permissions.require_set_up(work)
    mail = work.session.get(IncomingMail, mail_id, with_for_update=True)
    if mail is None:
        raise NotFound()
    if mail.state != "quarantined":
        raise Conflict("This mail is not in quarantine any more.")
    mail.state, mail.outcome = "done", "dropped"
    work.audit("mail.dropped", "mail", mail_id, reason=mail.reason)


def correspond(work: Work, conversation_id: str, addresses: Iterable[str]) -> None:
    """These addresses take part in the conversation from now on."""
    for address in dict.fromkeys(a.lower() for a in addresses if a):
        row = {"conversation_id": conversation_id, "address": address[:254], "since": work.at}
        insert_if_absent(work.session, MailCorrespondent, row)


def may_send_automatic(work: Work, address: str) -> bool:
    """Burn one automatic mail to this address: at most one an hour and five a day.

    The row is the lock, so of two at once one is refused.
    """
    address = address.lower()[:254]
    values = {
        "address": address,
        "open_at": work.at + ONE_AUTOMATIC_IN,
        "count": 1,
        "counted_since": work.at,
    }
    if insert_if_absent(work.session, MailFuse, values):
        return True
    row = work.session.get_one(MailFuse, address, with_for_update=True, populate_existing=True)
    if row.counted_since <= work.at - COUNTED_FOR:
        row.count, row.counted_since = 0, work.at
    if row.open_at > work.at or row.count >= MOST_AUTOMATIC:
        return False
    row.open_at, row.count = work.at + ONE_AUTOMATIC_IN, row.count + 1
    work.session.flush()
    return True
