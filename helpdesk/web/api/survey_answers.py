"""What customers answered to surveys, over the API."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from helpdesk.core.work import Work
from helpdesk.surveys import queries
from helpdesk.surveys.models import Survey
from helpdesk.surveys.queries import Wanted
from helpdesk.web.api.base import SUPERVISE, operation
from helpdesk.web.api.shapes import Id, Listed, Paged, View, listed
from helpdesk.workflows import cases_reading

Kind = Literal["csat", "ces", "nps"]


class AnswersAsked(Paged):
    days: Annotated[int, Meta(ge=1, le=3650, description="Answered in the last so many days.")] = 30
    kind: Kind | UnsetType = UNSET
    queue: Annotated[str, Meta(max_length=80, description="Short name, id or name.")] = ""
    agent_id: Id | UnsetType = UNSET
    low: Annotated[bool, Meta(description="Only those that are counted as bad.")] = False


class SurveyAnswerView(View):
    """One answer: about a ticket, or about a chat that belongs to none."""

    id: str
    kind: Kind
    question: str
    score: int
    comment: str
    ticket_id: str | None
    conversation_id: str | None
    customer_id: str
    queue_id: str
    agent_id: str | None
    channel: str
    sent_at: datetime | None
    answered_at: datetime


@operation(
    "GET", "/survey-answers", who=SUPERVISE, query=AnswersAsked, gives=Listed[SurveyAnswerView]
)
def list_survey_answers(work: Work, query: AnswersAsked) -> Listed[SurveyAnswerView]:
    """List what customers answered, the newest first."""
    queue_id = cases_reading.queue_named(work, query.queue) if query.queue else ""
    if queue_id is None:
        return Listed(items=[], next_cursor=None)
    wanted = Wanted(
        since=work.at - timedelta(days=query.days),
        kind=query.kind or "",
        queue_id=queue_id,
        agent_id=query.agent_id or "",
        low_only=query.low,
    )
    page = queries.page_of_answers(work, wanted, cursor=query.place(), limit=query.limit)
    return listed(page, [_view(row) for row in page.items])


def _view(row: Survey) -> SurveyAnswerView:
    assert row.answered_at is not None
    assert row.score is not None
    return SurveyAnswerView(
        id=row.id,
        kind=row.kind,  # type: ignore[arg-type]
        question=row.question,
        score=row.score,
        comment=row.comment,
        ticket_id=row.ticket_id,
        conversation_id=row.conversation_id,
        customer_id=row.customer_id,
        queue_id=row.queue_id,
        agent_id=row.agent_id,
        channel=row.channel,
        sent_at=row.sent_at,
        answered_at=row.answered_at,
    )
