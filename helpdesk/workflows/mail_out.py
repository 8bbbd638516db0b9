"""What goes out by mail: answers of colleagues, receipts, copies of chats.

Here a mail is only written down; `mail_post` sends it. Threading, wording and sender follow the
mailbox that the customer wrote to. Nothing automatic is sent to a program, and little to a person.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from helpdesk.channels.models import Conversation, Message
from helpdesk.core import secrets
from helpdesk.core.db import insert_if_absent
from helpdesk.core.ids import new_id
from helpdesk.core.work import Emitted, Work
from helpdesk.customers.models import ContactPoint, Customer
from helpdesk.identity.models import User
from helpdesk.mail import mailboxes, place, queries, service, settings, threads, ways, wording
from helpdesk.mail.classify import Verdict
from helpdesk.mail.models import IncomingMail, Mailbox, MailBrand, OutgoingMail
from helpdesk.mail.sender import Sender
from helpdesk.tickets import queries as tickets
from helpdesk.tickets.events import TicketOpened, TicketReplied
from helpdesk.tickets.models import Ticket

CHANNELS = ("email", "form")


def send_replies(work: Work, emitted: Sequence[Emitted]) -> None:
    """Reaction to `ticket.replied`: what a colleague said in public leaves by mail."""
    for one in emitted:
        event = one.event
        assert isinstance(event, TicketReplied)
        if event.public and event.author.startswith("agent:"):
            write_reply(work, event.ticket_id, event.conversation_id, event.seq)


def write_reply(work: Work, ticket_id: str, conversation_id: str, seq: int) -> str | None:
    """Write down the mail for one message; None where it does not go by mail."""
    conversation = work.session.get(Conversation, conversation_id)
    ticket = tickets.find_ticket(work, ticket_id)
    if conversation is None or ticket is None or conversation.channel not in CHANNELS:
        return None
    message = work.session.scalar(
        select(Message).where(Message.conversation_id == conversation_id, Message.seq == seq)
    )
    customer = work.session.get(Customer, conversation.customer_id)
    address = address_of(work, conversation)
    if message is None or customer is None or address is None:
        return None
    box = box_of(work, conversation)
    brand = mailboxes.brand_of(work, box)
    agent = work.session.get(User, message.author[6:])
    languages = (customer.language, brand.language if brand else None)
    named = {
        "agent": agent.public_name if agent else "",
        "brand": brand_name(brand),
        "customer": customer.name,
        "ticket": f"T-{ticket.number}",
    }
    brand_id = brand.id if brand else None
    signature = wording.find(work, brand_id, "signature", *languages)
    reply = wording.find(work, brand_id, "reply", *languages)
    sign = wording.filled(signature.text, named).strip()
    text = wording.filled(
        reply.text, {**named, "text": message.text, "signature": f"-- \n{sign}" if sign else ""}
    ).strip("\n")
    answers, before, subject = queries.thread(work, conversation_id)
    return write_down(
        work,
        once_key=f"reply:{conversation_id}:{seq}",
        kind="reply",
        box=box,
        brand=brand,
        to=(customer.name, address),
        from_name=_from_name(named["agent"], brand),
        subject=threads.with_number(subject or ticket.subject, ticket.number),
        text=text,
        conversation=conversation,
        ticket=ticket,
        seq=seq,
        in_reply_to=answers,
        references=before,
        attachments=[file["id"] for file in message.attachments],
    )


def acknowledge(
    work: Work,
    mail: IncomingMail,
    box: Mailbox | None,
    who: Sender,
    verdict: Verdict,
    ticket: Ticket,
    conversation_id: str,
) -> str | None:
    """A receipt for a first mail: to people only, once an hour, quoting nothing they wrote."""
    if box is None or not box.acknowledges or not verdict.answerable:
        return None
    if not who.sure or who.address is None:
        return None
    return _receipt(work, box, who.address, ticket, conversation_id, answers=mail.message_id)


def acknowledge_forms(work: Work, emitted: Sequence[Emitted]) -> None:
    """Reaction to `ticket.opened`: who filled in a form gets a receipt too."""
    for one in emitted:
        event = one.event
        assert isinstance(event, TicketOpened)
        if event.channel != "form" or not event.conversation_id:
            continue
        ticket = tickets.find_ticket(work, event.ticket_id)
        # Whoever booked a visit hears of that: a receipt beside it would say less.
        if ticket is not None and ticket.state != "visit_booked":
            acknowledge_form(work, ticket, event.conversation_id)


def acknowledge_form(work: Work, ticket: Ticket, conversation_id: str) -> str | None:
    """The address was only typed, so the same hour holds for it, whoever typed it."""
    conversation = work.session.get(Conversation, conversation_id)
    address = address_of(work, conversation) if conversation else None
    box = mailboxes.first_mailbox(work, ticket.queue_id)
    if box is None or not box.acknowledges or address is None:
        return None
    return _receipt(work, box, address, ticket, conversation_id, answers="")


def _receipt(
    work: Work, box: Mailbox, address: str, ticket: Ticket, conversation_id: str, *, answers: str
) -> str | None:
    if not service.may_send_automatic(work, address):
        return None
    brand = mailboxes.brand_of(work, box)
    customer = work.session.get(Customer, ticket.customer_id)
    languages = (customer.language if customer else None, brand.language if brand else None)
    told = wording.find(work, brand.id if brand else None, "acknowledgement", *languages)
    named = {"brand": brand_name(brand), "ticket": f"T-{ticket.number}"}
    return write_down(
        work,
        once_key=f"receipt:{ticket.id}",
        kind="acknowledgement",
        box=box,
        brand=brand,
        to=("", address),
        from_name=brand_name(brand),
        subject=wording.filled(told.subject or "{brand} [{ticket}]", named),
        text=wording.filled(told.text, named).strip("\n"),
        conversation=work.session.get(Conversation, conversation_id),
        ticket=ticket,
        in_reply_to=answers,
        references=[answers] if answers else [],
        is_automatic=True,
    )


def write_down(
    work: Work,
    *,
    once_key: str,
    kind: str,
    box: Mailbox | None,
    brand: MailBrand | None,
    to: tuple[str, str],
    from_name: str,
    subject: str,
    text: str,
    conversation: Conversation | None = None,
    ticket: Ticket | None = None,
    seq: int | None = None,
    in_reply_to: str = "",
    references: Sequence[str] = (),
    attachments: Sequence[str] = (),
    is_automatic: bool = False,
    unsubscribe_url: str = "",
    html: str = "",
    sealed: bool = False,
    customer_id: str | None = None,
    calendar: str = "",
) -> str | None:
    """One row, however often it is asked for; None when it is there already.

    `sealed`: whoever reads the text holds a key, so the database keeps it encrypted.
    """
    address = own_address(box)
    words = {"text": text, "html": html or wording.as_html(text)}
    mail_id = new_id()
    row: dict[str, Any] = {
        "id": mail_id,
        "once_key": once_key,
        "kind": kind,
        "state": "queued",
        "mailbox_id": box.id if box else None,
        "customer_id": conversation.customer_id if conversation else customer_id,
        "ticket_id": ticket.id if ticket else None,
        "conversation_id": conversation.id if conversation else None,
        "seq": seq,
        "message_id": threads.new_message_id(
            conversation.id if conversation else "", mail_id, address.rpartition("@")[2]
        ),
        "to_address": to[1].lower(),
        "to_name": to[0][:160],
        "from_address": address,
        "from_name": from_name[:160],
        "reply_to": _plus(work, address, ticket),
        "subject": subject[:300],
        **({name: secrets.seal(one) for name, one in words.items()} if sealed else words),
        "is_sealed": sealed,
        "in_reply_to": in_reply_to,
        "references": list(references),
        "attachments": list(attachments),
        "unsubscribe_url": unsubscribe_url,
        "calendar": calendar,
        "is_automatic": is_automatic,
        "created_at": work.at,
        "next_try_at": work.at,
        "attempts": 0,
        "error": "",
    }
    if not insert_if_absent(work.session, OutgoingMail, row):
        return None
    if conversation is not None:
        service.correspond(work, conversation.id, [to[1]])
    return mail_id


def _plus(work: Work, address: str, ticket: Ticket | None) -> str:
    """Only where the site's mail server knows plus signs, or answers would come back."""
    if ticket is None or not settings.of(work).plus_addresses:
        return ""
    return threads.plus_address(address, ticket.number)


def own_address(box: Mailbox | None) -> str:
    return box.address if box else f"support@{place.here().host}"


def address_of(work: Work, conversation: Conversation) -> str | None:
    """Where answers go: to who wrote last, else to the customer's best address."""
    last = work.session.scalar(
        select(IncomingMail.sender_address)
        .where(
            IncomingMail.conversation_id == conversation.id,
            IncomingMail.outcome.in_(("ticket", "reply")),
            IncomingMail.sender_address != "",
        )
        .order_by(IncomingMail.received_at.desc())
        .limit(1)
    )
    return last or best_address(work, conversation.customer_id)


def best_address(work: Work, customer_id: str) -> str | None:
    """The customer's preferred address, else a proved one, else any."""
    return work.session.scalar(
        select(ContactPoint.value)
        .where(ContactPoint.customer_id == customer_id, ContactPoint.kind == "email")
        .order_by(ContactPoint.is_preferred.desc(), ContactPoint.verified_at.is_(None))
        .limit(1)
    )


def box_of(work: Work, conversation: Conversation) -> Mailbox | None:
    """The mailbox that was written to, else the one that speaks for the queue."""
    used = work.session.scalar(
        select(IncomingMail.mailbox_id)
        .where(
            IncomingMail.conversation_id == conversation.id, IncomingMail.mailbox_id.is_not(None)
        )
        .order_by(IncomingMail.received_at.desc())
        .limit(1)
    )
    box = work.session.get(Mailbox, used) if used else None
    if box is not None and box.is_active:
        return box
    return mailboxes.first_mailbox(work, conversation.queue_id)


def sending_box(work: Work, mail: OutgoingMail) -> Mailbox | None:
    """The mailbox by which it leaves; None: by the installation's relay.

    What was written while its mailbox, or the whole installation, had no server goes by the one
    that has one now, and then under that one's address, or its server would refuse it.
    """
    box = work.session.get(Mailbox, mail.mailbox_id) if mail.mailbox_id else None
    if ways.has_way_out(box):
        return box
    talk = work.session.get(Conversation, mail.conversation_id) if mail.conversation_id else None
    able = ways.box_to_send_by(work, talk.queue_id if talk else None)
    if able is None:
        return box
    ticket = tickets.find_ticket(work, mail.ticket_id) if mail.ticket_id else None
    mail.mailbox_id, mail.from_address = able.id, able.address
    mail.reply_to = _plus(work, able.address, ticket)
    return able


def brand_name(brand: MailBrand | None) -> str:
    return (brand.sender_name or brand.name) if brand else "Support"


def _from_name(agent: str, brand: MailBrand | None) -> str:
    if not agent:
        return brand_name(brand)
    return f"{agent} ({brand_name(brand)})" if brand else agent
