"""The survey that a visitor meets in the chat itself, right after it has ended.

It is the one that its queue and brand would ask by mail, and it takes the customer's turn in the
same 30 days. A chat on a ticket that goes on is not asked about: its turn comes with the ticket.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from helpdesk.channels import service as channels
from helpdesk.channels.models import Conversation
from helpdesk.consents.purposes import SURVEYS
from helpdesk.core.errors import NotFound
from helpdesk.core.work import Work
from helpdesk.customers import records
from helpdesk.mail import mailboxes
from helpdesk.surveys import choosing, service, setup, wording
from helpdesk.surveys.models import Survey, SurveyPlan
from helpdesk.surveys.scales import SCALES
from helpdesk.tickets import history
from helpdesk.tickets import queries as tickets
from helpdesk.tickets.lifecycle import is_done
from helpdesk.workflows import consenting

ASKED_WITHIN = timedelta(hours=1)
SKIPPED = "the visitor skipped it"


def ask(work: Work, conversation_id: str) -> Survey | None:
    """The question for this chat, asked now or before; None where there is none to ask."""
    known = service.of_conversation(work, conversation_id)
    if known is not None and known.state != "planned":
        return known if service.is_open(known, work.at) else None
    conversation = channels.get_conversation(work, conversation_id)
    plan = plan_of(work, conversation) if _is_over(work, conversation) else None
    customer = records.find(work, conversation.customer_id) if plan else None
    if plan is None or customer is None or consenting.wants_none(work, SURVEYS, customer.id):
        return None
    if service.was_asked(work, customer.id) or not service.take_turn(work, customer.id):
        # By whatever way, or just now by the same visitor's other window.
        return _open_one(work, conversation_id)
    survey = service.ask_now(
        work,
        plan,
        conversation_id=conversation.id,
        ticket_id=conversation.ticket_id,
        customer_id=customer.id,
        queue_id=conversation.queue_id or "",
        agent_id=conversation.agent_id,
        ended_at=conversation.ended_at or work.at,
        language=wording.short(customer.language),
        later=(conversation.ended_at or work.at) + ASKED_WITHIN,
    )
    _note(work, survey, "survey_sent", channel="chat")
    return survey


def _open_one(work: Work, conversation_id: str) -> Survey | None:
    """What another window of the same visitor was asked just now."""
    found = service.of_conversation(work, conversation_id)
    return found if found is not None and service.is_open(found, work.at) else None


def answer(work: Work, conversation_id: str, *, score: int | None, comment: str) -> Survey:
    """What the visitor says. Conflict (`answered`) the second time."""
    survey = _get(work, conversation_id)
    service.take_answer(work, survey, score=score, comment=comment)
    _note(work, survey, "survey_answered", score=survey.score)
    tell_colleagues(work, survey)
    return survey


def tell_colleagues(work: Work, survey: Survey) -> None:
    """A note in the conversation that the answer is about."""
    if survey.conversation_id is None:
        return
    words = f"The customer answered the survey: {survey.score} of {SCALES[survey.kind].highest}."
    text = f"{words}\n{survey.comment}" if survey.comment else words
    channels.post(work, survey.conversation_id, author="system", text=text, public=False)


def skip(work: Work, conversation_id: str) -> None:
    """Not now: it is not asked again. Saying it twice, or after an answer, changes nothing."""
    service.leave(work, _get(work, conversation_id), SKIPPED)


def shown(survey: Survey) -> dict[str, Any]:
    """What the chat needs to draw the question; no ids, nothing to be guessed with."""
    scale, words = SCALES[survey.kind], wording.words(survey.kind, survey.language, survey.question)
    page = wording.page(survey.language)
    return {
        "language": survey.language,
        "question": words.question,
        "lowest": scale.lowest,
        "highest": scale.highest,
        "low": words.low,
        "high": words.high,
        "comment": page.comment,
        "send": page.send,
        "skip": page.skip,
        "thanks": page.thanks_short,
    }


def _is_over(work: Work, conversation: Conversation) -> bool:
    """A chat that a person of ours answered, just over, whose matter does not go on."""
    ended_at = conversation.ended_at
    if not was_helped(conversation) or ended_at is None or ended_at < work.at - ASKED_WITHIN:
        return False
    if conversation.ticket_id is None:
        return True
    ticket = tickets.find_ticket(work, conversation.ticket_id)
    return ticket is not None and is_done(ticket.state)


def was_helped(conversation: Conversation) -> bool:
    """A chat that is over and that a person of ours had answered."""
    over = conversation.ended_at is not None and conversation.answered_at is not None
    return over and conversation.channel == "chat"


def plan_of(work: Work, conversation: Conversation) -> SurveyPlan | None:
    """The survey of the chat's queue and brand."""
    rows = setup.list_plans(work, active_only=True)
    if not rows or conversation.queue_id is None:
        return None
    brand = mailboxes.brand_of(work, mailboxes.first_mailbox(work, conversation.queue_id))
    plans = [setup.as_plan(row) for row in rows]
    chosen = choosing.choose(plans, conversation.queue_id, brand.id if brand else None)
    return next((row for row in rows if chosen and row.id == chosen.id), None)


def _get(work: Work, conversation_id: str) -> Survey:
    survey = service.of_conversation(work, conversation_id)
    if survey is None:
        raise NotFound("Nothing is asked here.", code="no_survey")
    return survey


def _note(work: Work, survey: Survey, kind: str, **facts: Any) -> None:
    if survey.ticket_id is not None:
        details = {"survey_id": survey.id, "scale": survey.kind, **facts}
        history.note(work, survey.ticket_id, kind, details=details)
