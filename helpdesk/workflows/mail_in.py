"""A mail comes in: kept first, then read, then put where it belongs.

`take_in` makes it durable; whoever fetched it may forget it then. `handle` reads it in a child and
settles it in one transaction; five that try at once settle it once, and a process that died in
between is followed by the next. Not for fetching (see `mail_post`) nor for answers (`mail_out`).
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

from sqlalchemy import bindparam, select

from helpdesk.channels import scanning
from helpdesk.channels.attachments import FolderStore, Stored
from helpdesk.core.actors import system
from helpdesk.core.errors import Invalid
from helpdesk.core.work import Work, begin, glancing, reading
from helpdesk.mail import place, service
from helpdesk.mail.limits import MOST_BYTES_READ
from helpdesk.mail.models import IncomingMail
from helpdesk.mail.raw import Kept, RawStore
from helpdesk.mail.reading import Reading, Unreadable, readers
from helpdesk.tickets import queries as tickets
from helpdesk.workflows import mail_settling

log = logging.getLogger("helpdesk.mail")

ACTOR = system("mail")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a mail: `outcome` as in INTERFACES, or waiting when it is tried again."""

    outcome: str
    mail_id: str
    ticket_id: str | None = None
    ticket_number: int | None = None
    reason: str = ""


def take_in(
    stream: BinaryIO,
    *,
    mailbox_id: str | None = None,
    envelope_from: str | None = None,
    envelope_to: Sequence[str] = (),
) -> service.Noted:
    """Keep the mail for good, in the store and in the books."""
    return _take_in(stream, mailbox_id, envelope_from, envelope_to)[0]


def _take_in(
    stream: BinaryIO,
    mailbox_id: str | None,
    envelope_from: str | None,
    envelope_to: Sequence[str],
) -> tuple[service.Noted, Kept]:
    kept = RawStore(place.here().folder).keep(stream)
    with begin(ACTOR) as work:
        noted = service.note(
            work,
            kept,
            mailbox_id=mailbox_id,
            envelope_from=envelope_from,
            envelope_to=envelope_to,
        )
        if noted.is_new and kept.cut:
            mail = work.session.get_one(IncomingMail, noted.id)
            service.park(work, mail, "It is too large; only its beginning was kept.")
    return noted, kept


def deliver(
    stream: BinaryIO,
    *,
    mailbox_id: str | None = None,
    envelope_from: str | None = None,
    envelope_to: Sequence[str] = (),
) -> Outcome:
    """Take a mail in and settle it now."""
    noted, kept = _take_in(stream, mailbox_id, envelope_from, envelope_to)
    if not noted.is_new:
        # The first copy may belong to a process that died: it is settled here then.
        settled = handle(noted.id)
        return Outcome("duplicate", noted.id, settled.ticket_id, settled.ticket_number)
    return outcome_of(noted.id) if kept.cut else _read_and_settle(noted.id, kept.sha256)


def handle(mail_id: str) -> Outcome:
    """Read and settle one mail that waits; for any other, how it was settled."""
    with glancing(ACTOR) as work:
        row = work.sql.execute(_STANDS, {"mail": mail_id}).one()
    return outcome_of(mail_id) if row.state != "waiting" else _read_and_settle(mail_id, row.sha256)


def _read_and_settle(mail_id: str, sha256: str) -> Outcome:
    path = RawStore(place.here().folder).path(sha256)
    try:
        with path.open("rb") as whole:
            scanning.need_clean(whole)
        with readers.read(path) as read:
            return _settle(mail_id, read) or outcome_of(mail_id)
    except scanning.ScannerAway:
        with begin(ACTOR) as work:
            service.put_off(work, mail_id, "The virus scanner does not answer.")
    except scanning.Infected as error:
        _park(mail_id, f"The virus scanner found {error.found} in it.")
    except scanning.Unchecked:
        _park(mail_id, "It is too large to be checked for viruses.")
    except Unreadable as error:
        _park(mail_id, str(error))
    except Exception as error:
        log.exception("mail %s could not be settled", mail_id)
        with begin(ACTOR) as work:
            service.failed(work, mail_id, type(error).__name__)
    return outcome_of(mail_id)


_STANDS = select(IncomingMail.state, IncomingMail.sha256).where(
    IncomingMail.id == bindparam("mail", type_=IncomingMail.id.type)
)


def outcome_of(mail_id: str) -> Outcome:
    with reading(ACTOR) as work:
        return _outcome(work, work.session.get_one(IncomingMail, mail_id))


def _outcome(work: Work, mail: IncomingMail) -> Outcome:
    ticket = tickets.find_ticket(work, mail.ticket_id) if mail.ticket_id else None
    number = ticket.number if ticket else None
    return Outcome(mail.outcome or mail.state, mail.id, mail.ticket_id, number, mail.reason)


def handle_waiting(*, most: int = 50) -> int:
    """Settle what waits, oldest first; answers how many were looked at."""
    with reading(ACTOR) as work:
        ids = service.waiting(work, most=most)
    for mail_id in ids:
        handle(mail_id)
    return len(ids)


def _park(mail_id: str, reason: str) -> None:
    with begin(ACTOR) as work:
        mail = service.claim(work, mail_id)
        if mail is not None:
            service.park(work, mail, reason)


def _settle(mail_id: str, read: Reading) -> Outcome | None:
    """Files first, since they are slow; they are removed where the transaction fails.

    None when somebody else has settled it.
    """
    store = FolderStore(place.here().attachments)
    stored: list[tuple[Stored, str, str]] = []
    kept = False
    try:
        for file in read.files:
            with file.path.open("rb") as stream:
                try:
                    saved = store.save(stream, most=MOST_BYTES_READ)
                except Invalid as refused:
                    if refused.code != "file_empty":
                        raise
                    continue
            stored.append((saved, file.name, file.cid))
        with begin(ACTOR) as work:
            mail = service.claim(work, mail_id)
            if mail is None:
                return None
            kept = mail_settling.settle(work, mail, read.facts, stored)
            return _outcome(work, mail)
    except Exception:
        kept = False  # nothing was committed, whatever was meant to be
        raise
    finally:
        if not kept:
            for saved, _, _ in stored:
                store.remove(saved.id)
