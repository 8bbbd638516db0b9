"""A text of the house's own accord: about a visit that was booked, or a technician on the way.

It stands in a conversation like any other, so that an answer to it finds the way to a colleague;
one that nobody has in hand ends with the text. Whether it may go is asked by whoever sends.
"""

from __future__ import annotations

from sqlalchemy import select

from helpdesk.carriers import port
from helpdesk.carriers.models import PhoneNumber
from helpdesk.channels import hands, service
from helpdesk.channels.models import Conversation
from helpdesk.core.work import Work
from helpdesk.customers.models import ContactPoint
from helpdesk.texts import outbox, place, threads


def our_number(work: Work) -> PhoneNumber | None:
    """The number that such texts leave by; None where no texts leave at all."""
    if port.carrier().texts(place.settings()) is None:
        return None
    return work.session.scalar(
        select(PhoneNumber)
        .where(PhoneNumber.is_active, PhoneNumber.takes_texts)
        .order_by(PhoneNumber.name, PhoneNumber.id)
        .limit(1)
    )


def best_number(work: Work, customer_id: str) -> str | None:
    """The customer's preferred number, else a proved one, else any."""
    return work.session.scalar(
        select(ContactPoint.value)
        .where(ContactPoint.customer_id == customer_id, ContactPoint.kind == "phone")
        .order_by(ContactPoint.is_preferred.desc(), ContactPoint.verified_at.is_(None))
        .limit(1)
    )


def tell(
    work: Work, customer_id: str, ours: PhoneNumber, theirs: str, text: str, ticket_id: str | None
) -> None:
    """Write it down; it leaves after the commit."""
    thread = threads.hold(work, "sms", ours.number, theirs)
    found = (
        work.session.get(Conversation, thread.conversation_id) if thread.conversation_id else None
    )
    goes_on = found is not None and found.state != "ended" and found.customer_id == customer_id
    conversation = found if goes_on else None
    if conversation is None:
        conversation = service.open_conversation(
            work,
            channel="sms",
            customer_id=customer_id,
            queue_id=ours.queue_id,
            reason=text,
            ticket_id=ticket_id,
        )
        thread.conversation_id = conversation.id
        work.session.flush()
    posted = service.post(work, conversation.id, author="system", text=text)
    outbox.put(
        work,
        thread,
        conversation_id=conversation.id,
        seq=posted.seq,
        customer_id=customer_id,
        text=text,
        is_automatic=True,
    )
    if not goes_on:
        hands.end(work, conversation.id, ended_by="system")
