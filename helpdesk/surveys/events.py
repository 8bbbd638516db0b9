"""What happens to surveys, in the past tense. What the customer wrote is not in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from helpdesk.core.events import Event


@dataclass(frozen=True, kw_only=True)
class SurveySent(Event):
    """`scale` csat, ces or nps; `channel` email or chat. In a chat without a ticket there is only
    the conversation.
    """

    kind: ClassVar[str] = "survey.sent"
    on_timeline: ClassVar[bool] = True

    ticket_id: str | None
    survey_id: str
    scale: str
    channel: str
    conversation_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class SurveyAnswered(Event):
    kind: ClassVar[str] = "survey.answered"
    on_timeline: ClassVar[bool] = True

    ticket_id: str | None
    survey_id: str
    scale: str
    score: int
    commented: bool
    conversation_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class SurveysChanged(Event):
    """An administrator changed which surveys are asked."""

    kind: ClassVar[str] = "survey.changed"

    plan_id: str
    what: str
