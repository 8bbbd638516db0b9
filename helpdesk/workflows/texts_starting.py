"""A colleague texts first: the conversation is theirs from its first word.

Somebody who opted out gets nothing. At night where the number is, a reason is asked for and kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from helpdesk.carriers.models import PhoneNumber
from helpdesk.channels import hands, service
from helpdesk.channels.models import Conversation
from helpdesk.consents.purposes import SERVICE
from helpdesk.core.errors import Conflict, Invalid, NotFound
from helpdesk.core.ids import is_id
from helpdesk.core.work import Work
from helpdesk.customers import permissions, records
from helpdesk.customers.models import ContactPoint, Customer
from helpdesk.identity.models import User
from helpdesk.routing import presence
from helpdesk.routing import service as routing
from helpdesk.texts import rules, templates, threads
from helpdesk.texts.models import TextThread
from helpdesk.workflows import desk, texts_out


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody wants to text. A template's words stand in for `text`."""

    customer_id: str
    point_id: str
    number_id: str
    channel: str
    text: str = ""
    template_id: str = ""
    values: Mapping[str, str] | None = None
    reason: str = ""  # why now, though it is night there
    purpose: str = SERVICE  # what it is for; of others than service customers may say no


def our_numbers(work: Work) -> Sequence[PhoneNumber]:
    """Numbers that the actor may text with: those of their queues."""
    wanted = select(PhoneNumber).where(PhoneNumber.is_active, PhoneNumber.takes_texts)
    if work.actor.is_limited:
        wanted = wanted.where(PhoneNumber.queue_id.in_(sorted(work.actor.queue_ids or ())))
    return work.session.scalars(wanted.order_by(PhoneNumber.name).limit(100)).all()


def start(work: Work, wanted: Wanted) -> str:
    """Send the first text and answer its conversation, in the actor's hands.

    Conflict: `opted_out`, `no_consent`, `quiet_hours` (say why it can't wait), `window_closed`,
    `in_hand`, `no_room`.
    """
    customer, point = _whom(work, wanted)
    number = next((n for n in our_numbers(work) if n.id == wanted.number_id), None)
    if number is None or wanted.channel not in threads.CHANNELS:
        raise Invalid(fields={"from": "Choose one of our numbers."})
    words = _words(work, wanted)
    thread = threads.hold(work, wanted.channel, number.number, point.value)
    texts_out.require_free(
        work,
        thread,
        words,
        is_template=bool(wanted.template_id),
        customer_id=customer.id,
        purpose=wanted.purpose,
    )
    _heed_the_night(work, customer, point.value, wanted.reason)
    conversation = _mine(work, thread, customer, number.queue_id, words)
    if wanted.template_id:
        texts_out.post_template(work, conversation, wanted.template_id, wanted.values or {})
    else:
        desk.send_message(work, conversation.id, text=words, public=True, client_msg_id=None)
    return conversation.id


def _whom(work: Work, wanted: Wanted) -> tuple[Customer, ContactPoint]:
    permissions.require_desk(work)
    customer = records.find(work, wanted.customer_id)
    if customer is None or not permissions.seen_among(work, [customer.id]):
        raise NotFound("This customer does not exist.")
    point = work.session.get(ContactPoint, wanted.point_id) if is_id(wanted.point_id) else None
    if point is None or point.kind != "phone" or point.customer_id != customer.id:
        raise Invalid(fields={"to": "Choose one of the customer's numbers."})
    return customer, point


def _words(work: Work, wanted: Wanted) -> str:
    if wanted.template_id:
        body = templates.get(work, wanted.template_id).body
        return templates.filled(body, wanted.values or {})
    if not wanted.text.strip():
        raise Invalid(fields={"text": "Write something first."})
    return service.clean_text(wanted.text)


def _heed_the_night(work: Work, customer: Customer, number: str, reason: str) -> None:
    night = rules.quiet(number, work.at)
    if night is None:
        return
    if not reason.strip():
        raise Conflict(
            f"It is {night.clock} where this number is ({night.zone}). A text may wake somebody. "
            "Wait until 8 in the morning, or say why it can't wait.",
            code="quiet_hours",
        )
    work.audit(
        "texts.sent_at_night", "customer", customer.id,
        number=number, clock=night.clock, zone=night.zone, reason=reason.strip()[:300],
    )  # fmt: skip


def _mine(
    work: Work, thread: TextThread, customer: Customer, queue_id: str, words: str
) -> Conversation:
    """The pair's conversation in the actor's hands; an ended one of the last day goes on."""
    conversation = _before(work, thread)
    if conversation is not None and conversation.state != "ended":
        return _already_open(work, conversation)
    if conversation is not None and conversation.customer_id == customer.id:
        hands.reopen(work, conversation.id, queue_id=queue_id)
    else:
        conversation = service.open_conversation(
            work, channel=thread.channel, customer_id=customer.id, queue_id=queue_id, reason=words
        )
        thread.conversation_id = conversation.id
        work.session.flush()
    _take(work, conversation, customer, queue_id)
    return conversation


def _before(work: Work, thread: TextThread) -> Conversation | None:
    if thread.conversation_id is None:
        return None
    routing.item_of(work, "conversation", thread.conversation_id, for_update=True)
    conversation = service.get_conversation(work, thread.conversation_id, for_update=True)
    ended = conversation.ended_at
    is_old = ended is not None and ended <= work.at - rules.REOPENED_WITHIN
    return None if conversation.state == "ended" and is_old else conversation


def _already_open(work: Work, conversation: Conversation) -> Conversation:
    if conversation.agent_id == work.actor.id:
        return conversation
    other = work.session.get(User, conversation.agent_id) if conversation.agent_id else None
    raise Conflict(
        f"{other.name} is texting with this number now. Write a note there instead."
        if other
        else "This number has written and waits in line. Take it from there.",
        code="in_hand",
    )


def _take(work: Work, conversation: Conversation, customer: Customer, queue_id: str) -> None:
    """By way of the line, so that capacity holds here, too."""
    before = routing.item_of(work, "conversation", conversation.id)
    if before is not None:
        texts_out.cut_wrap_up_short(work, before)
    presence.ensure_agent(work, work.actor.id)
    item = routing.enqueue(
        work, channel="sms", subject_kind="conversation", subject_id=conversation.id,
        customer_id=customer.id, queue_id=queue_id, reason=conversation.reason,
    )  # fmt: skip
    offer = routing.offer_to(work, item, work.actor.id)
    if offer is None:
        raise Conflict(
            "You have no room for another text. End one or wrap up first.", code="no_room"
        )
    desk.accept_offer(work, offer.id)
    work.session.refresh(conversation)
