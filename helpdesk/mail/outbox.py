"""The books of mails that go out: taken in hand by one sender at a time, tried again, given up.

Not for writing them (`workflows.mail_out`) nor for handing them over (`smtp`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, and_, or_, select, update

from helpdesk.core.errors import Conflict, NotFound
from helpdesk.core.ids import is_id
from helpdesk.core.work import Work
from helpdesk.mail import permissions
from helpdesk.mail.events import MailFailed, MailSent
from helpdesk.mail.models import OutgoingMail

LEASE = timedelta(minutes=3)
PAUSES = tuple(timedelta(seconds=s) for s in (5, 15, 30, 60, 120, 300))
GIVEN_UP_AFTER = timedelta(days=5)
LEAST_TRIES = 50
"""A mail may have waited long for a server to be named at all; then its days count for nothing."""


def due(work: Work, *, most: int = 20) -> Sequence[OutgoingMail]:
    """Mails to be tried now, oldest first; also those whose sender died over them."""
    return work.session.scalars(
        select(OutgoingMail).where(_is_due(work)).order_by(OutgoingMail.next_try_at).limit(most)
    ).all()


def take(work: Work, mail_id: str) -> OutgoingMail | None:
    """Take one in hand; None when another has it, or it has left."""
    taken = work.session.execute(
        update(OutgoingMail)
        .where(OutgoingMail.id == mail_id, _is_due(work))
        .values(state="sending", lease_until=work.at + LEASE, attempts=OutgoingMail.attempts + 1)
        .returning(OutgoingMail.id)
        .execution_options(synchronize_session=False)
    ).first()
    return work.session.get(OutgoingMail, mail_id, populate_existing=True) if taken else None


def _is_due(work: Work) -> ColumnElement[bool]:
    return or_(
        and_(OutgoingMail.state == "queued", OutgoingMail.next_try_at <= work.at),
        and_(OutgoingMail.state == "sending", OutgoingMail.lease_until < work.at),
    )


def sent(work: Work, mail_id: str) -> None:
    """The server has taken it."""
    mail = work.session.get_one(OutgoingMail, mail_id)
    mail.state, mail.sent_at, mail.lease_until, mail.error = "sent", work.at, None, ""
    work.emit(
        MailSent(
            customer_id=mail.customer_id,
            outgoing_id=mail.id,
            conversation_id=mail.conversation_id,
            seq=mail.seq,
        )
    )


def not_now(work: Work, mail_ids: Collection[str], error: str) -> None:
    """Back into the queue, for longer at each try; given up after days."""
    for mail_id in mail_ids:
        mail = work.session.get_one(OutgoingMail, mail_id)
        if mail.created_at < work.at - GIVEN_UP_AFTER and mail.attempts >= LEAST_TRIES:
            failed(work, mail_id, f"Given up: {error}")
            continue
        pause = PAUSES[min(mail.attempts, len(PAUSES)) - 1]
        mail.state, mail.lease_until = "queued", None
        mail.next_try_at, mail.error = work.at + pause, error[:300]


def failed(work: Work, mail_id: str, error: str) -> OutgoingMail:
    """It will not be taken, ever."""
    mail = work.session.get_one(OutgoingMail, mail_id)
    mail.state, mail.lease_until, mail.error = "failed", None, error[:300]
    work.emit(
        MailFailed(
            customer_id=mail.customer_id,
            outgoing_id=mail.id,
            conversation_id=mail.conversation_id,
            seq=mail.seq,
            bounced=False,
            why=error[:160],
        )
    )
    return mail


def again(work: Work, mail_id: str) -> None:
    """An administrator lets a failed mail be tried once more, with its own id."""
    permissions.require_set_up(work)
    mail = work.session.get(OutgoingMail, mail_id) if is_id(mail_id) else None
    if mail is None:
        raise NotFound()
    if mail.state not in ("failed", "bounced"):
        raise Conflict("This mail is on its way.")
    mail.state, mail.attempts, mail.next_try_at, mail.error = "queued", 0, work.at, ""
    mail.created_at = work.at
    work.audit("mail.sent_again", "outgoing_mail", mail_id)
