"""Lines of a history that explain themselves: what rules and triage did, what surveys said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from helpdesk.core.work import Work
from helpdesk.surveys.models import Survey
from helpdesk.surveys.scales import SCALES
from helpdesk.tickets.models import TicketChange
from helpdesk.web import rule_words, triage_words


@dataclass(frozen=True, slots=True)
class Told:
    """How a line reads; `more` are sentences beneath it."""

    what: str
    detail: str
    icon: str
    more: Sequence[str] = ()


def told(work: Work, rows: Sequence[TicketChange]) -> dict[int, Told]:
    """By place in the history, the lines of rules and surveys among these."""
    found: dict[int, Told] = {}
    ruled = [row for row in rows if row.kind == "rule"]
    if ruled:
        names = rule_words.names_of(work)
        for row in ruled:
            name = str(row.details.get("rule", ""))
            found[row.seq] = Told("Rule", name, "zap", rule_words.explained(row.details, names))
    asked = [row for row in rows if row.kind in ("survey_sent", "survey_answered")]
    if asked:
        ids = {row.details.get("survey_id") for row in asked}
        comments = {
            row.id: row.comment
            for row in work.session.execute(
                select(Survey.id, Survey.comment).where(Survey.id.in_(ids))
            )
        }
        found |= {row.seq: _survey(row, comments) for row in asked}
    sorted_by_triage = [row for row in rows if row.kind == "triage"]
    if sorted_by_triage:
        called = triage_words.names_of(work)
        for row in sorted_by_triage:
            said = [triage_words.sentence(one, called) for one in row.details["because"]]
            found[row.seq] = Told("Triage", "", "sparkles", said)
    for row in rows:
        if row.kind == "rules_cut":
            words = rule_words.cut_text(str(row.details.get("why", "")))
            found[row.seq] = Told("Rules were stopped", "", "triangle-alert", [words])
    return found


def _survey(row: TicketChange, comments: dict[str, str]) -> Told:
    scale = SCALES.get(str(row.details.get("scale")))
    name = scale.name if scale else "Survey"
    if row.kind == "survey_sent" or scale is None:
        return Told("Asked the customer", name, "smile")
    comment = comments.get(str(row.details.get("survey_id")), "")
    score = f"{row.details.get('score')} of {scale.highest}"
    return Told("The customer answered", f"{name}, {score}", "smile", [comment] if comment else [])
