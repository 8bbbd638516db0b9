"""Mails that nobody wrote by hand: what a rule sends to customers, and notices to colleagues.

An address gets one automatic mail an hour at most and a program none, so that two machines never
keep each other busy. What a stranger typed into a form is quoted nowhere, not even in the subject.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from helpdesk.channels.models import UNREAD, Conversation
from helpdesk.core.work import Work
from helpdesk.identity.models import User
from helpdesk.mail import mailboxes, place, queries, service, threads
from helpdesk.mail.models import IncomingMail
from helpdesk.tickets.models import Ticket
from helpdesk.workflows import cases, mail_out
from helpdesk.workflows import cases_line as line

NO_ADDRESS = "no address is known"
TO_A_PROGRAM = "the last mail came from a program or an unsure sender"
TOO_SOON = "the address had an automatic mail within the hour, or five today"


@dataclass(frozen=True, slots=True)
class Way:
    """How automatic words reach a ticket's customer; `why` says why they can't."""

    thread: Conversation | None
    address: str = ""
    why: str = ""

    @property
    def by_mail(self) -> bool:
        return self.thread is None or self.thread.channel in mail_out.CHANNELS


def way_to(work: Work, ticket: Ticket) -> Way:
    """By the thread that can still carry words, else by mail. Sends nothing, burns nothing."""
    threads = line.threads_of(work, ticket.id)
    way = Way(next((t for t in threads if t.state != "ended" and t.channel not in UNREAD), None))
    if not way.by_mail:
        return way
    thread = way.thread
    last = _last_mail(work, thread) if thread is not None else None
    if last is not None and (last.kind not in ("", "person") or last.doubt):
        return Way(thread, why=TO_A_PROGRAM)
    if thread is not None:
        address = mail_out.address_of(work, thread)
    else:
        address = mail_out.best_address(work, ticket.customer_id)
    return Way(thread, address or "", "" if address else NO_ADDRESS)


def send(work: Work, ticket: Ticket, text: str) -> str:
    """Write on the ticket to its customer; empty when it goes out, else why it was not written."""
    way = way_to(work, ticket)
    if way.why:
        return way.why
    if way.by_mail and not service.may_send_automatic(work, way.address):
        return TOO_SOON
    posted = cases.automatic(work, ticket.id, text=text)
    if way.by_mail:
        _write(work, ticket, posted, way.address, text)
    return ""


def tell_colleague(
    work: Work, ticket: Ticket, user: User, *, once_key: str, title: str, text: str
) -> None:
    """A notice about a ticket; it names the ticket and leads to it."""
    box = mailboxes.first_mailbox(work, ticket.queue_id)
    brand = mailboxes.brand_of(work, box)
    link = f"{place.here().base_url}/desk/tickets/{ticket.id}"
    mail_out.write_down(
        work,
        once_key=once_key[:120],
        kind="notice",
        box=box,
        brand=brand,
        to=(user.name, user.email),
        from_name=mail_out.brand_name(brand),
        subject=f"{title} [T-{ticket.number}]",
        text=f"{text}\n\nT-{ticket.number}: {ticket.subject}\n{link}",
        is_automatic=True,
    )


def _last_mail(work: Work, thread: Conversation) -> IncomingMail | None:
    return work.session.scalar(
        select(IncomingMail)
        .where(
            IncomingMail.conversation_id == thread.id,
            IncomingMail.outcome.in_(("ticket", "reply")),
        )
        .order_by(IncomingMail.received_at.desc())
        .limit(1)
    )


def _write(work: Work, ticket: Ticket, posted: cases.Posted, address: str, text: str) -> None:
    thread = work.session.get_one(Conversation, posted.conversation_id)
    box = mail_out.box_of(work, thread)
    brand = mailboxes.brand_of(work, box)
    answers, before, subject = queries.thread(work, thread.id)
    named = mail_out.brand_name(brand)
    mail_out.write_down(
        work,
        once_key=f"automatic:{thread.id}:{posted.seq}",
        kind="automatic",
        box=box,
        brand=brand,
        to=("", address),
        from_name=named,
        subject=threads.with_number(subject or f"A message from {named}", ticket.number),
        text=f"{text}\n\n{named}",
        conversation=thread,
        ticket=ticket,
        seq=posted.seq,
        in_reply_to=answers,
        references=before,
        is_automatic=True,
    )
