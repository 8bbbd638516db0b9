"""A copy of a chat by mail, for a visitor who asked for one: written down once, when the chat ends.

The address is only said, not proved, and the words are the visitor's own. So a copy goes out only
where a person of ours has answered, an address gets a few a day, and it joins no conversation.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import func, select

from helpdesk.calendars import queries as calendars
from helpdesk.channels import queries, service
from helpdesk.channels.events import ConversationEnded
from helpdesk.channels.models import Conversation, Message
from helpdesk.core.errors import Conflict
from helpdesk.core.work import Emitted, Work
from helpdesk.customers import records
from helpdesk.customers.models import Customer
from helpdesk.mail import mailboxes, talk, ways, wording
from helpdesk.mail.models import Mailbox, OutgoingMail
from helpdesk.mail.talk import Said
from helpdesk.routing.models import Queue
from helpdesk.workflows import chat, mail_out

KIND = "transcript"
MOST_A_DAY = 5
MOST_MESSAGES = 2_000
LONGEST = 500_000
NO_MAIL = "This helpdesk sends no e-mail, so no copy can be sent. Save what you need from here."
NOBODY_ANSWERED = "Nobody has answered in this chat, so there is nothing to send."
SENT_ALREADY = "The copy of this chat has been sent."
TOO_MANY = (
    "This address had several copies today. Try another one, or save what you need from here."
)


def want(work: Work, conversation_id: str, email: str | None) -> None:
    """The visitor asks for a copy, or no longer (None). Conflict says why there can be none.

    After the end it is sent at once.
    """
    conversation = service.get_conversation(work, conversation_id, for_update=True)
    if email is None:
        conversation.transcript_to = None
        return
    if _is_written(work, conversation.id):
        raise Conflict(SENT_ALREADY, code="already_sent")
    if ways.box_to_send_by(work, conversation.queue_id) is None:
        raise Conflict(NO_MAIL, code="no_mail")
    if _had_enough(work, email):
        raise Conflict(TOO_MANY, code="too_many_copies")
    ended = conversation.state == "ended"
    if ended and conversation.answered_at is None:
        raise Conflict(NOBODY_ANSWERED, code="nothing_said")
    conversation.transcript_to = email
    if ended:
        _write(work, conversation)


def send_wanted(work: Work, emitted: Sequence[Emitted]) -> None:
    """Reaction to `conversation.ended`: write down the copies that were asked for."""
    ids = [one.event.conversation_id for one in emitted if isinstance(one.event, ConversationEnded)]
    wanted = select(Conversation).where(
        Conversation.id.in_(ids), Conversation.transcript_to.is_not(None)
    )
    for conversation in work.session.scalars(wanted).all():
        if conversation.answered_at is not None:
            _write(work, conversation)


def _write(work: Work, conversation: Conversation) -> None:
    address = conversation.transcript_to or ""
    box = ways.box_to_send_by(work, conversation.queue_id)
    why = NO_MAIL if box is None else TOO_MANY if _had_enough(work, address) else ""
    if why or box is None:  # since it was promised; colleagues see why it never came
        text = f"No copy of this chat went to {address}. {why}"
        service.post(work, conversation.id, author="system", text=text, public=False)
        return
    _write_down(work, conversation, box, address)


def _write_down(work: Work, conversation: Conversation, box: Mailbox, address: str) -> None:
    brand = mailboxes.brand_of(work, box)
    customer = records.find(work, conversation.customer_id)
    languages = (customer.language if customer else None, brand.language if brand else None)
    told = wording.find(work, brand.id if brand else None, KIND, *languages)
    named = {"brand": mail_out.brand_name(brand), "customer": customer.name if customer else ""}
    said, zone = _said(work, conversation, customer), _zone(work, conversation, customer)
    before, after = _around(told.text, named)
    html = [wording.as_html(before), talk.as_html(said, zone), wording.as_html(after)]
    mail_out.write_down(
        work,
        once_key=f"{KIND}:{conversation.id}",
        kind=KIND,
        box=box,
        brand=brand,
        to=("", address),
        from_name=named["brand"],
        subject=wording.filled(told.subject or "{brand}", named),
        text=f"{before}{talk.as_text(said, zone)}{after}".strip("\n"),
        html="\n".join(html),
        is_automatic=True,
    )


def _around(template: str, named: dict[str, str]) -> tuple[str, str]:
    """What stands before and after the chat, with the fields filled in."""
    if not named["customer"]:
        template = template.replace(" {customer}", "")
    before, _, after = template.partition("{text}")
    return wording.filled(before, named), wording.filled(after, named)


def _said(work: Work, conversation: Conversation, customer: Customer | None) -> list[Said]:
    """What was said in public, from the first word; a very long chat is cut at its end."""
    rows: list[Message] = []
    left = LONGEST
    while len(rows) < MOST_MESSAGES and left > 0:
        since = rows[-1].public_seq if rows else 0
        found = queries.messages_since(work, conversation.id, since, public_only=True)
        rows += found
        left -= sum(len(row.text) for row in found)
        if not found:
            break
    agents = {row.author[6:] for row in rows if row.author.startswith("agent:")}
    names = chat.public_names(work, agents)
    visitor = (customer.name if customer else "") or "Visitor"
    return [_one(row, names, visitor) for row in rows[:MOST_MESSAGES]]


def _one(row: Message, names: dict[str, str], visitor: str) -> Said:
    by, _, agent_id = row.author.partition(":")
    name = names.get(agent_id, "Support") if by == "agent" else visitor
    return Said(row.at, by, name, row.text, [file["name"] for file in row.attachments])


def _zone(work: Work, conversation: Conversation, customer: Customer | None) -> str:
    """The customer's, else that of the queue's hours."""
    if customer is not None and customer.timezone:
        return customer.timezone
    queue = work.session.get(Queue, conversation.queue_id) if conversation.queue_id else None
    if queue is None or queue.calendar_id is None:
        return "UTC"
    return calendars.hours_of(work, queue.calendar_id).zone


def _is_written(work: Work, conversation_id: str) -> bool:
    key = f"{KIND}:{conversation_id}"
    return bool(work.session.scalar(select(OutgoingMail.id).where(OutgoingMail.once_key == key)))


def _had_enough(work: Work, address: str) -> bool:
    today = select(func.count()).where(
        OutgoingMail.to_address == address.lower(),
        OutgoingMail.created_at > work.at - timedelta(days=1),
        OutgoingMail.kind == KIND,
    )
    return (work.session.scalar(today) or 0) >= MOST_A_DAY
