"""What screens and labour read of triage: models, what waits, suggestions, what came of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from helpdesk.core.errors import NotFound
from helpdesk.core.ids import is_id
from helpdesk.core.work import Work
from helpdesk.triage.models import TriageDue, TriageModel, TriageSuggestion
from helpdesk.triage.thresholds import Step


def ready_model(work: Work) -> TriageModel | None:
    """The model in use: the latest that is ready and has its file."""
    return work.session.scalar(
        select(TriageModel)
        .where(TriageModel.state == "ready", TriageModel.has_file)
        .order_by(TriageModel.started_at.desc())
        .limit(1)
    )


def latest_training(work: Work) -> TriageModel | None:
    return work.session.scalar(select(TriageModel).order_by(TriageModel.started_at.desc()).limit(1))


def trainings(work: Work, *, most: int = 10) -> Sequence[TriageModel]:
    rows = select(TriageModel).order_by(TriageModel.started_at.desc()).limit(most)
    return work.session.scalars(rows).all()


def due(work: Work, *, most: int) -> list[str]:
    rows = select(TriageDue.ticket_id).order_by(TriageDue.at, TriageDue.ticket_id).limit(most)
    return list(work.session.scalars(rows))


def get_suggestion(work: Work, ticket_id: str, suggestion_id: str) -> TriageSuggestion:
    """Held; NotFound when it is of another ticket."""
    found = None
    if is_id(suggestion_id):
        found = work.session.scalar(
            select(TriageSuggestion)
            .where(TriageSuggestion.id == suggestion_id, TriageSuggestion.ticket_id == ticket_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    if found is None:
        raise NotFound("There is no such suggestion.")
    return found


def suggestions_of(work: Work, ticket_id: str) -> Sequence[TriageSuggestion]:
    """All on one ticket, the surest first; whether it is seen is asked before."""
    rows = select(TriageSuggestion).where(TriageSuggestion.ticket_id == ticket_id)
    order = (TriageSuggestion.confidence.desc(), TriageSuggestion.id)
    return work.session.scalars(rows.order_by(*order)).all()


def unjudged(work: Work, ticket_ids: Iterable[str]) -> Sequence[TriageSuggestion]:
    rows = select(TriageSuggestion).where(
        TriageSuggestion.ticket_id.in_(sorted(ticket_ids)), TriageSuggestion.right.is_(None)
    )
    return work.session.scalars(rows.order_by(TriageSuggestion.id)).all()


def outcomes(
    work: Work, field: str, *, since: datetime, acted_only: bool, most: int = 2_000
) -> list[tuple[float, bool]]:
    """How sure it was and whether it was right, the oldest first."""
    suggestion = TriageSuggestion
    rows = (
        select(suggestion.confidence, suggestion.right)
        .where(
            suggestion.field == field,
            suggestion.judged_at >= since,
            suggestion.right.is_not(None),
            suggestion.is_foreign.is_(False),
        )
        .order_by(suggestion.judged_at.desc(), suggestion.id.desc())
        .limit(most)
    )
    if acted_only:
        rows = rows.where(suggestion.state.in_(("acted", "undone")))
    return [(row.confidence, bool(row.right)) for row in work.session.execute(rows)][::-1]


def came_of_it(work: Work, *, days: int = 28) -> dict[str, dict[str, int]]:
    """By field, how many suggestions of the last weeks were acted on, taken, ..., and right."""
    suggestion = TriageSuggestion
    rows = work.session.execute(
        select(suggestion.field, suggestion.state, suggestion.right, func.count())
        .where(suggestion.at >= work.at - timedelta(days=days))
        .group_by(suggestion.field, suggestion.state, suggestion.right)
    )
    found: dict[str, dict[str, int]] = {}
    for field, state, right, count in rows:
        told = found.setdefault(field, {})
        told[state] = told.get(state, 0) + count
        if state in ("acted", "undone") and right is not None:
            key = "acted_right" if right else "acted_wrong"
            told[key] = told.get(key, 0) + count
    return found


def foreign_share(work: Work, *, days: int = 28) -> tuple[int, int]:
    """Of the tickets looked at in the last weeks: how many were foreign, and how many in all."""
    suggestion = TriageSuggestion
    rows = work.session.execute(
        select(suggestion.is_foreign, func.count(suggestion.ticket_id.distinct()))
        .where(suggestion.at >= work.at - timedelta(days=days))
        .group_by(suggestion.is_foreign)
    )
    counts = {bool(foreign): count for foreign, count in rows}
    return counts.get(True, 0), sum(counts.values())


def steps_of(figures: Mapping[str, Any]) -> list[Step]:
    """A field's curve as it was stored."""
    return [Step(*one) for one in figures.get("steps", ())]
