"""A chat that belongs to no ticket is asked about by mail, where its visitor did not answer there.

Only at an address that the customer has proved, and as the one survey of the customer's 30 days:
what the chat has asked is asked once more, not again with another. Not for tickets (`surveying`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select

from helpdesk.channels.events import ConversationEnded
from helpdesk.channels.models import Conversation
from helpdesk.consents.purposes import SURVEYS
from helpdesk.core import secrets
from helpdesk.core.work import Emitted, Work
from helpdesk.customers import records
from helpdesk.customers.models import ContactPoint
from helpdesk.mail import mailboxes, place
from helpdesk.mail import service as mail
from helpdesk.surveys import service, setup, wording
from helpdesk.surveys.models import Survey
from helpdesk.workflows import consenting, mail_out, surveying_chat

ASKED_LATELY = "asked in the last 30 days"
WANTS_NONE = "wants no surveys"
NO_PROVED_ADDRESS = "no proved address is known"
ON_A_TICKET = "its ticket is asked about"
AN_HOUR = timedelta(hours=1)


def plan(work: Work, emitted: Sequence[Emitted]) -> None:
    """Reaction to `conversation.ended`: what the chat itself may still ask first."""
    if not setup.list_plans(work, active_only=True):
        return
    for one in emitted:
        event = one.event
        assert isinstance(event, ConversationEnded)
        talk = work.session.get(Conversation, event.conversation_id)
        if talk is None or talk.ticket_id is not None or not surveying_chat.was_helped(talk):
            continue
        chosen = surveying_chat.plan_of(work, talk)
        if chosen is None or proved_address(work, talk.customer_id) is None:
            continue
        service.expect(
            work,
            chosen,
            ticket_id=None,
            conversation_id=talk.id,
            customer_id=talk.customer_id,
            queue_id=talk.queue_id or "",
            agent_id=talk.agent_id,
            resolved_at=one.at,
            not_before=one.at + surveying_chat.ASKED_WITHIN,
        )


def send(work: Work, survey: Survey) -> str:
    """Send a held one that is due; answers what became of it: sent, skipped or later."""
    talk = work.session.get(Conversation, survey.conversation_id)
    customer = records.find(work, survey.customer_id)
    if talk is None or customer is None or talk.ticket_id is not None:
        return _drop(work, survey, ON_A_TICKET)
    address = proved_address(work, customer.id)
    if address is None:
        return _drop(work, survey, NO_PROVED_ADDRESS)
    if not consenting.may_send(work, SURVEYS, "email", customer.id, address).allowed:
        return _drop(work, survey, WANTS_NONE)
    has_turn = survey.state == "sent"  # the chat has asked, and nobody answered
    if not has_turn and service.was_asked(work, customer.id):
        return _drop(work, survey, ASKED_LATELY)
    if not mail.may_send_automatic(work, address):
        survey.due_at = work.at + AN_HOUR
        work.session.flush()
        return "later"
    if not has_turn and not service.take_turn(work, customer.id):
        return _drop(work, survey, ASKED_LATELY)
    survey.customer_id, survey.language = customer.id, wording.short(customer.language)
    _by_mail(work, survey, talk, address)
    return "sent"


def proved_address(work: Work, customer_id: str) -> str | None:
    """The customer's preferred address among those that are proved to be theirs."""
    return work.session.scalar(
        select(ContactPoint.value)
        .where(
            ContactPoint.customer_id == customer_id,
            ContactPoint.kind == "email",
            ContactPoint.verified_at.is_not(None),
        )
        .order_by(ContactPoint.is_preferred.desc(), ContactPoint.id)
        .limit(1)
    )


def _drop(work: Work, survey: Survey, why: str) -> str:
    """No mail; what the chat has asked may still be answered there."""
    if survey.state == "sent":
        survey.why = why
        work.session.flush()
    else:
        service.skip(work, survey, why)
    return "skipped"


def _by_mail(work: Work, survey: Survey, talk: Conversation, address: str) -> None:
    token = secrets.new_token()
    link = f"{place.here().base_url}/survey/{token}"
    stop = f"{link}/stop"
    box = mailboxes.first_mailbox(work, survey.queue_id or None)
    brand = mailboxes.brand_of(work, box)
    named = mail_out.brand_name(brand)
    question = wording.words(survey.kind, survey.language, survey.question).question
    subject, text = wording.letter_about_chat(
        survey.language, question=question, brand=named, link=link, stop=stop
    )
    mail_out.write_down(
        work,
        once_key=f"survey:{survey.id}",
        kind="survey",
        box=box,
        brand=brand,
        to=("", address),
        from_name=named,
        subject=subject,
        text=text,
        conversation=talk,
        is_automatic=True,
        unsubscribe_url=stop,
    )
    service.sent(work, survey, token, channel="email", address=address)
