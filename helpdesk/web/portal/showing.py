"""What pages of the portal show of rows, in the reader's language: bulletins, what happens next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from helpdesk.bulletins import queries as bulletins
from helpdesk.bulletins.models import Bulletin
from helpdesk.core.work import Work
from helpdesk.web.portal.frame import Here
from helpdesk.web.portal.speech import Say
from helpdesk.workflows.portal_matters import Line, Lines
from helpdesk.workflows.portal_next import Step


@dataclass(frozen=True, slots=True)
class Told:
    """One bulletin; `language` says in what it is written."""

    severity: str
    title: str
    text: str
    language: str
    since: datetime
    until: datetime | None


def announcements(work: Work, at: Here) -> Sequence[Told]:
    """What this reader is told now, the gravest first."""
    customer = at.customer
    rows = bulletins.current(
        work,
        signed_in=customer is not None,
        organisation_id=customer.organisation_id if customer else None,
    )
    return [_told(row, at.say.language) for row in rows]


def _told(row: Bulletin, language: str) -> Told:
    chosen = language if language in row.texts else next(iter(sorted(row.texts, reverse=True)))
    words = row.texts[chosen]
    return Told(row.severity, words["title"], words["text"], chosen, row.from_at, row.to_at)


@dataclass(frozen=True, slots=True)
class Next:
    """What happens next with one matter: `who` of you, us, other, none, and the sentence."""

    who: str
    sentence: str


def next_of(say: Say, step: Step) -> Next:
    """The step in the reader's words."""
    say = say.at_place(step.zone)
    due = say.when(step.due) if step.due else ""
    at = say.when(step.at) if step.at else ""
    if "." not in step.code:
        window = say.span(step.due, step.at) if step.due and step.at else ""
        return Next(step.who, say(f"next.{step.code}", due=due, at=at, window=window))
    sentence = say(step.code, until=due, acknowledge=due, answer=at)
    return Next(step.who, f"{sentence} {say('return.late')}" if step.is_late else sentence)


def with_steps(say: Say, lines: Lines) -> list[tuple[Line, Next]]:
    return [(line, next_of(say, line.step)) for line in lines]
