"""A survey from a resolved ticket to its answer: planned, sent by the customer's own way, told.

One customer is asked once in 30 days over all channels, whichever process sends. What the answer
says stands on the ticket and on the customer's timeline; rules may look at it.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta

from helpdesk.consents import service as consents
from helpdesk.consents.deciding import CHANNELS
from helpdesk.consents.purposes import SURVEYS as PURPOSE
from helpdesk.core import secrets
from helpdesk.core.actors import system
from helpdesk.core.errors import NotFound
from helpdesk.core.work import Emitted, Work, begin, reading
from helpdesk.customers import records
from helpdesk.mail import mailboxes, place
from helpdesk.mail import service as mail
from helpdesk.surveys import choosing, service, setup, wording
from helpdesk.surveys.models import Survey
from helpdesk.texts import threads
from helpdesk.tickets import history
from helpdesk.tickets import queries as tickets
from helpdesk.tickets.events import TicketResolved
from helpdesk.tickets.lifecycle import is_done
from helpdesk.tickets.models import Ticket
from helpdesk.workflows import (
    cases,
    consenting,
    mail_automatic,
    mail_out,
    surveying_chat,
    surveying_later,
)
from helpdesk.workflows.mail_automatic import Way

log = logging.getLogger("helpdesk.surveys")

SURVEYS = system("surveys")
IMPORT = system("import").label
AN_HOUR = timedelta(hours=1)
NOT_ANY_MORE = "the ticket was opened again"
ASKED_LATELY, WANTS_NONE = surveying_later.ASKED_LATELY, surveying_later.WANTS_NONE
BATCH = 100
ROUNDS = 50


def plan(work: Work, emitted: Sequence[Emitted]) -> None:
    """Reaction to `ticket.resolved`: plan the survey of its queue and brand, if there is one."""
    told = [one for one in emitted if one.actor != IMPORT]
    rows = setup.list_plans(work, active_only=True) if told else ()
    if not rows:
        return
    plans, by_id = [setup.as_plan(row) for row in rows], {row.id: row for row in rows}
    for one in told:
        event = one.event
        assert isinstance(event, TicketResolved)
        ticket = tickets.find_ticket(work, event.ticket_id)
        if ticket is None or ticket.merged_into_id is not None or ticket.resolved_at != one.at:
            continue
        chosen = choosing.choose(plans, ticket.queue_id, _brand_id(work, ticket))
        if chosen is None:
            continue
        service.expect(
            work,
            by_id[chosen.id],
            ticket_id=ticket.id,
            customer_id=ticket.customer_id,
            queue_id=ticket.queue_id,
            agent_id=ticket.assignee_id,
            resolved_at=one.at,
        )


def send_due() -> None:
    """Surveys whose time has come, each in a transaction of its own."""
    for _ in range(ROUNDS):
        with reading(SURVEYS) as work:
            ids = [*service.due(work, most=BATCH), *service.unanswered(work, most=BATCH)]
        for survey_id in ids:
            try:
                with begin(SURVEYS) as work:
                    send(work, survey_id)
            except Exception:  # one that can't be sent holds up no other
                log.exception("survey %s could not be sent", survey_id)
        if len(ids) < BATCH:
            return


def send(work: Work, survey_id: str) -> str:
    """Send one that is due; answers what became of it: sent, skipped, later or gone."""
    survey = service.take(work, survey_id)
    if survey is None:
        return "gone"
    if survey.ticket_id is None:
        return surveying_later.send(work, survey)
    ticket = tickets.find_ticket(work, survey.ticket_id)
    why = _against(survey, ticket)
    if why or ticket is None:
        service.skip(work, survey, why or NOT_ANY_MORE)
        return "skipped"
    customer = records.find(work, survey.customer_id)
    way = mail_automatic.way_to(work, ticket)
    if customer is None or way.why:
        service.skip(work, survey, way.why or "the customer is gone")
        return "skipped"
    survey.customer_id, survey.language = customer.id, wording.short(customer.language)
    if not _may_ask(work, customer.id, way):
        service.skip(work, survey, WANTS_NONE)
        return "skipped"
    if service.was_asked(work, customer.id):
        service.skip(work, survey, ASKED_LATELY)
        return "skipped"
    if way.by_mail and not mail.may_send_automatic(work, way.address):
        service.put_off(work, survey, mail_automatic.TOO_SOON, by=AN_HOUR)
        return "later"
    if not service.take_turn(work, customer.id):
        service.skip(work, survey, ASKED_LATELY)
        return "skipped"
    _hand_over(work, survey, ticket, way)
    return "sent"


def answer(work: Work, token: str, *, score: int | None, comment: str) -> Survey:
    """The customer answers by the link; it stands in the ticket's history at once."""
    survey = service.answer(work, token, score=score, comment=comment)
    details = {"survey_id": survey.id, "scale": survey.kind, "score": survey.score}
    if survey.ticket_id is not None:
        history.note(work, survey.ticket_id, "survey_answered", details=details)
    else:
        surveying_chat.tell_colleagues(work, survey)
    return survey


def refuse(work: Work, token: str) -> Survey:
    """No more surveys for whoever got this link; saying it twice is no error."""
    survey = service.find(work, token)
    if survey is None:
        raise NotFound()
    consents.say(
        work,
        survey.customer_id,
        purpose=PURPOSE,
        channel=survey.channel if survey.channel in CHANNELS else "email",
        state="withdrawn",
        source="unsubscribe",
        address=survey.address,
    )
    return survey


def _may_ask(work: Work, customer_id: str, way: Way) -> bool:
    if way.by_mail or way.thread is None:
        return consenting.may_send(work, PURPOSE, "email", customer_id, way.address).allowed
    pair = threads.of_conversation(work, way.thread.id)
    number = pair.theirs if pair is not None else ""
    return consenting.may_send(work, PURPOSE, way.thread.channel, customer_id, number).allowed


def _against(survey: Survey, ticket: Ticket | None) -> str:
    if ticket is None or not is_done(ticket.state) or ticket.resolved_at != survey.resolved_at:
        return NOT_ANY_MORE
    return "the ticket was merged" if ticket.merged_into_id is not None else ""


def _hand_over(work: Work, survey: Survey, ticket: Ticket, way: Way) -> None:
    token = secrets.new_token()
    link = f"{place.here().base_url}/survey/{token}"
    question = wording.words(survey.kind, survey.language, survey.question).question
    if way.by_mail:
        _by_mail(work, survey, ticket, way, question, link)
    else:
        text = wording.chat_line(survey.language, question=question, link=link)
        cases.automatic(work, ticket.id, text=text)
    channel = "email" if way.by_mail or way.thread is None else way.thread.channel
    service.sent(work, survey, token, channel=channel, address=way.address)
    details = {"survey_id": survey.id, "scale": survey.kind, "channel": channel}
    history.note(work, ticket.id, "survey_sent", details=details)


def _by_mail(
    work: Work, survey: Survey, ticket: Ticket, way: Way, question: str, link: str
) -> None:
    thread = way.thread
    box = mail_out.box_of(work, thread) if thread is not None else None
    box = box or mailboxes.first_mailbox(work, ticket.queue_id)
    brand = mailboxes.brand_of(work, box)
    named = mail_out.brand_name(brand)
    stop = f"{link}/stop"
    subject, text = wording.letter(
        survey.language,
        question=question,
        ticket=tickets.shown_number(ticket),
        brand=named,
        link=link,
        stop=stop,
    )
    mail_out.write_down(
        work,
        once_key=f"survey:{survey.id}",
        kind="survey",
        box=box,
        brand=brand,
        to=("", way.address),
        from_name=named,
        subject=subject,
        text=text,
        conversation=thread,
        ticket=ticket,
        is_automatic=True,
        unsubscribe_url=stop,
    )


def _brand_id(work: Work, ticket: Ticket) -> str | None:
    """The brand that speaks to the ticket's customer: that of the mailbox of its queue."""
    brand = mailboxes.brand_of(work, mailboxes.first_mailbox(work, ticket.queue_id))
    return brand.id if brand else None
