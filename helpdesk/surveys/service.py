"""The life of a survey: planned when a ticket is resolved, sent once, answered once.

Not for how it reaches the customer (see the workflow `surveying`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import or_, select, text, update

from helpdesk.core import secrets
from helpdesk.core.db import insert_if_absent
from helpdesk.core.errors import Conflict, Invalid, NotFound
from helpdesk.core.ids import new_id
from helpdesk.core.work import Work
from helpdesk.surveys.events import SurveyAnswered, SurveySent
from helpdesk.surveys.models import (
    UNANSWERED,
    Survey,
    SurveyPlan,
    SurveyTurn,
)
from helpdesk.surveys.scales import SCALES

ONE_IN = timedelta(days=30)
ANSWERED_HERE_WITHIN = timedelta(days=1)
LONGEST_COMMENT = 5_000
MOST_TRIES = 48
_TOKEN = re.compile(r"[A-Za-z0-9_-]{32}")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def expect(
    work: Work,
    plan: SurveyPlan,
    *,
    ticket_id: str | None,
    customer_id: str,
    queue_id: str,
    agent_id: str | None,
    resolved_at: datetime,
    conversation_id: str | None = None,
    not_before: datetime | None = None,
) -> bool:
    """Plan one for a ticket that was resolved, or a chat that ended without one; False when there
    is one already.
    """
    due_at = resolved_at + timedelta(seconds=plan.delay_s)
    row = {
        "id": new_id(),
        "plan_id": plan.id,
        "kind": plan.kind,
        "question": plan.question,
        "ticket_id": ticket_id,
        "conversation_id": conversation_id,
        "customer_id": customer_id,
        "queue_id": queue_id,
        "agent_id": agent_id,
        "resolved_at": resolved_at,
        "due_at": max(due_at, not_before or due_at),
        "planned_at": work.at,
        "state": "planned",
        "valid_days": plan.valid_days,
        "tries": 0,
    }
    return insert_if_absent(work.session, Survey, row)


def due(work: Work, *, most: int = 100) -> Sequence[str]:
    """Ids of surveys to be sent now, the longest due first."""
    return work.session.scalars(
        select(Survey.id)
        .where(Survey.state == "planned", Survey.due_at <= work.at)
        .order_by(Survey.due_at)
        .limit(most)
    ).all()


def unanswered(work: Work, *, most: int = 100) -> Sequence[str]:
    """Ids of those that a chat without a ticket has asked, and that its visitor left lying."""
    return work.session.scalars(
        select(Survey.id)
        .where(text(UNANSWERED), Survey.due_at <= work.at)
        .order_by(Survey.due_at)
        .limit(most)
    ).all()


def take(work: Work, survey_id: str) -> Survey | None:
    """Hold one that is due; None when somebody else has dealt with it."""
    return work.session.scalar(
        select(Survey)
        .where(
            Survey.id == survey_id,
            or_(Survey.state == "planned", text(UNANSWERED)),
            Survey.due_at <= work.at,
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def skip(work: Work, survey: Survey, why: str) -> None:
    """It is not asked; `why` for people."""
    survey.state, survey.why = "skipped", why[:80]
    work.session.flush()


def put_off(work: Work, survey: Survey, why: str, *, by: timedelta) -> None:
    """Try later; after many tries it is not asked any more."""
    survey.tries += 1
    if survey.tries >= MOST_TRIES:
        skip(work, survey, why)
        return
    survey.due_at, survey.why = work.at + by, why[:80]
    work.session.flush()


def was_asked(work: Work, customer_id: str) -> bool:
    """Whether this customer was asked in the last 30 days, by whatever channel."""
    since = work.at - ONE_IN
    turn = select(SurveyTurn.last_at).where(
        SurveyTurn.customer_id == customer_id, SurveyTurn.last_at > since
    )
    sent = select(Survey.id).where(Survey.customer_id == customer_id, Survey.sent_at > since)
    return (
        work.session.scalar(turn.limit(1)) is not None
        or work.session.scalar(sent.limit(1)) is not None
    )


def take_turn(work: Work, customer_id: str) -> bool:
    """Ask this customer now; False when they were asked in the last 30 days.

    The row is the lock: of two processes at once one is refused.
    """
    values = {"customer_id": customer_id, "last_at": work.at}
    if insert_if_absent(work.session, SurveyTurn, values):
        return True
    taken = work.session.execute(
        update(SurveyTurn)
        .where(SurveyTurn.customer_id == customer_id, SurveyTurn.last_at <= work.at - ONE_IN)
        .values(last_at=work.at)
        .returning(SurveyTurn.customer_id)
        .execution_options(synchronize_session=False)
    ).first()
    return taken is not None


def sent(work: Work, survey: Survey, token: str, *, channel: str, address: str) -> None:
    """It is on its way with this link, of which only a hash is kept."""
    survey.address = address.lower()[:254]
    survey.token_hash = secrets.token_hash(token)
    _asked(work, survey, channel)


def ask_now(
    work: Work,
    plan: SurveyPlan,
    *,
    conversation_id: str,
    ticket_id: str | None,
    customer_id: str,
    queue_id: str,
    agent_id: str | None,
    ended_at: datetime,
    language: str,
    later: datetime,
) -> Survey:
    """Ask in the conversation itself, without a link; one for each conversation.

    What was planned to go by mail is asked here instead. `later`: when a mail may ask once more.
    """
    survey = of_conversation(work, conversation_id) or Survey(
        id=new_id(),
        plan_id=plan.id,
        kind=plan.kind,
        question=plan.question,
        conversation_id=conversation_id,
        ticket_id=ticket_id,
        customer_id=customer_id,
        queue_id=queue_id,
        agent_id=agent_id,
        resolved_at=ended_at,
        due_at=work.at,
        planned_at=work.at,
        language=language,
        valid_days=min(plan.valid_days, ANSWERED_HERE_WITHIN.days),
        address="",
        comment="",
        tries=0,
    )
    survey.language, survey.due_at = language, later
    survey.valid_days = min(plan.valid_days, ANSWERED_HERE_WITHIN.days)
    work.session.add(survey)
    _asked(work, survey, "chat")
    work.session.flush()
    return survey


def ask_on_page(work: Work, survey: Survey, *, language: str) -> None:
    """Ask what is planned now, on a page of ours that the customer has open.

    Conflict (`asked_lately`) when they were asked in the last 30 days.
    """
    if not take_turn(work, survey.customer_id):
        raise Conflict("You were asked lately. Thank you.", code="asked_lately")
    survey.language = language
    _asked(work, survey, "portal")
    work.session.flush()


def _asked(work: Work, survey: Survey, channel: str) -> None:
    survey.state, survey.why, survey.channel = "sent", "", channel
    survey.sent_at = work.at
    survey.expires_at = work.at + timedelta(days=survey.valid_days)
    work.emit(
        SurveySent(
            customer_id=survey.customer_id,
            ticket_id=survey.ticket_id,
            conversation_id=survey.conversation_id,
            survey_id=survey.id,
            scale=survey.kind,
            channel=channel,
        )
    )


def find(work: Work, token: str) -> Survey | None:
    """The survey behind a link, answered or not, ended or not."""
    if not _TOKEN.fullmatch(token):
        return None
    return work.session.scalar(select(Survey).where(Survey.token_hash == secrets.token_hash(token)))


def of_conversation(work: Work, conversation_id: str) -> Survey | None:
    """What was asked in this conversation, as the database has it now."""
    return work.session.scalar(
        select(Survey)
        .where(Survey.conversation_id == conversation_id)
        .execution_options(populate_existing=True)
    )


def is_open(survey: Survey, at: datetime) -> bool:
    """Whether it can still be answered."""
    return survey.state == "sent" and survey.expires_at is not None and at < survey.expires_at


def answer(work: Work, token: str, *, score: int | None, comment: str = "") -> Survey:
    """What the customer says by the link. NotFound for a wrong or ended one."""
    survey = find(work, token)
    if survey is None:
        raise NotFound()
    return take_answer(work, survey, score=score, comment=comment)


def take_answer(work: Work, survey: Survey, *, score: int | None, comment: str = "") -> Survey:
    """What the customer says. NotFound once it has ended; Conflict (`answered`) the second time,
    whatever it says: of two sent at once one counts.
    """
    if score is None or score not in SCALES[survey.kind].scores:
        raise Invalid(fields={"score": "Choose a number."})
    words = _CONTROL.sub("", comment.replace("\r\n", "\n")).strip()
    if len(words) > LONGEST_COMMENT:
        raise Invalid(fields={"comment": f"Use at most {LONGEST_COMMENT:,} characters."})
    taken = _end(work, survey, state="answered", answered_at=work.at, score=score, comment=words)
    if not taken:
        if survey.state == "answered":
            raise Conflict("This was answered already.", code="answered")
        raise NotFound()
    work.emit(
        SurveyAnswered(
            customer_id=survey.customer_id,
            ticket_id=survey.ticket_id,
            conversation_id=survey.conversation_id,
            survey_id=survey.id,
            scale=survey.kind,
            score=score,
            commented=bool(words),
        )
    )
    return survey


def leave(work: Work, survey: Survey, why: str) -> None:
    """It was asked and will not be answered; nothing happens to one that is over."""
    _end(work, survey, state="skipped", why=why[:80])


def _end(work: Work, survey: Survey, **values: object) -> bool:
    """Whether it was open until now: of two who end it one does."""
    taken = work.session.execute(
        update(Survey)
        .where(Survey.id == survey.id, Survey.state == "sent", Survey.expires_at > work.at)
        .values(**values)
        .returning(Survey.id)
        .execution_options(synchronize_session=False)
    ).first()
    work.session.refresh(survey)
    return taken is not None
