"""Trainings and suggestions: begun, carried on, kept, settled, judged by what people did.

Not for changing tickets (`workflows.triage_sorting`), nor for learning (`learning`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, func, select, update

from helpdesk.core.db import insert_all_if_absent
from helpdesk.core.errors import Conflict, Invalid
from helpdesk.core.ids import new_id
from helpdesk.core.work import Work
from helpdesk.triage import permissions, place, queries
from helpdesk.triage.events import TrainingAsked
from helpdesk.triage.models import TriageDue, TriageModel, TriageSuggestion

SILENT = timedelta(minutes=10)
"""A training that has not said anything for so long is over."""
KEPT = timedelta(days=400)
LATE = timedelta(minutes=10)
HOW_TO_GET = (
    "The libraries for training are not installed here. Get them with: pip install helpdesk[triage]"
)


def ask_for_training(work: Work) -> TriageModel:
    """A worker trains a new model; Conflict while one is at it."""
    permissions.require_set_up(work)
    if not place.can_train():
        raise Invalid(HOW_TO_GET, code="not_installed")
    last = queries.latest_training(work)
    if last is not None and is_under_way(work, last):
        raise Conflict("A training is under way already.", code="training")
    row = TriageModel(
        id=new_id(),
        by=work.actor.label,
        started_at=work.at,
        touched_at=work.at,
    )
    work.session.add(row)
    work.session.flush()
    work.emit(TrainingAsked(model_id=row.id))
    work.audit("triage.training_asked", "triage_model", row.id)
    return row


def is_under_way(work: Work, row: TriageModel) -> bool:
    return row.state in ("waiting", "running") and row.touched_at > work.at - SILENT


def begin_training(work: Work, model_id: str) -> bool:
    """True for one worker; also for a second one when the first has fallen silent."""
    model = TriageModel
    begun = work.session.execute(
        update(model)
        .where(
            model.id == model_id,
            (model.state == "waiting")
            | ((model.state == "running") & (model.touched_at < work.at - SILENT)),
        )
        .values(state="running", touched_at=work.at, progress=0.0)
        .returning(model.id)
    ).all()
    return bool(begun)


def note_progress(work: Work, model_id: str, progress: float) -> None:
    model = TriageModel
    work.session.execute(
        update(model)
        .where(model.id == model_id)
        .values(progress=min(1.0, progress), touched_at=work.at)
    )


def fail(work: Work, model_id: str, trouble: str) -> None:
    model = TriageModel
    work.session.execute(
        update(model)
        .where(model.id == model_id)
        .values(state="failed", trouble=trouble[:300], touched_at=work.at)
    )


def finish(
    work: Work, model_id: str, *, examples: int, size: int, figures: Mapping[str, Any]
) -> TriageModel:
    """The model is in use from now on."""
    row = work.session.get_one(TriageModel, model_id, with_for_update=True)
    row.state, row.progress, row.trained_at, row.touched_at = "ready", 1.0, work.at, work.at
    row.version = (work.session.scalar(select(func.max(TriageModel.version))) or 0) + 1
    row.examples, row.size, row.figures, row.has_file = examples, size, dict(figures), True
    work.session.flush()
    work.audit("triage.trained", "triage_model", row.id, version=row.version, examples=examples)
    return row


def outdated(work: Work, *, keep: int = 2) -> list[str]:
    """Models whose files may go: all but the latest few. They are marked at once."""
    rows = work.session.scalars(
        select(TriageModel).where(TriageModel.has_file).order_by(TriageModel.started_at.desc())
    ).all()
    for row in rows[keep:]:
        row.has_file = False
    return [row.id for row in rows[keep:]]


def wish(work: Work, ticket_ids: Iterable[str]) -> None:
    """These tickets are to be looked at."""
    rows = [{"ticket_id": one, "at": work.at} for one in dict.fromkeys(ticket_ids)]
    insert_all_if_absent(work.session, TriageDue, rows)


def drop_stale(work: Work) -> None:
    """What nobody could look at for so long is for people to sort."""
    work.session.execute(delete(TriageDue).where(TriageDue.at < work.at - LATE))


def take_due(work: Work, ticket_id: str) -> bool:
    """Whether this transaction is the one that looks at the ticket."""
    gone = delete(TriageDue).where(TriageDue.ticket_id == ticket_id)
    return bool(work.session.execute(gone.returning(TriageDue.ticket_id)).all())


def keep(
    work: Work,
    ticket_id: str,
    model_id: str,
    field: str,
    guess: Mapping[str, Any],
    *,
    likeness: float,
    is_foreign: bool,
    state: str,
    was: str | None = None,
) -> None:
    """Write a suggestion down; once for each value of a field."""
    row = {
        "id": new_id(),
        "ticket_id": ticket_id,
        "model_id": model_id,
        "field": field,
        "value": guess["label"],
        "confidence": guess["confidence"],
        "words": list(guess["words"]),
        "likeness": likeness,
        "is_foreign": is_foreign,
        "at": work.at,
        "state": state,
        "was": was,
        "settled_at": None,
        "settled_by": None,
        "right": None,
        "judged_at": None,
    }
    insert_all_if_absent(work.session, TriageSuggestion, [row])


def settle(work: Work, row: TriageSuggestion, state: str) -> None:
    """A person took, dismissed or undid it; taking and undoing also say whether it was right."""
    row.state, row.settled_at, row.settled_by = state, work.at, work.actor.label
    if state in ("taken", "undone"):
        judge(work, row, state == "taken")


def judge(work: Work, row: TriageSuggestion, right: bool) -> None:
    row.right, row.judged_at = right, work.at


def forget_old(work: Work, *, most: int = 2_000) -> None:
    old = select(TriageSuggestion.id).where(TriageSuggestion.at < work.at - KEPT).limit(most)
    ids = list(work.session.scalars(old))
    if ids:
        work.session.execute(delete(TriageSuggestion).where(TriageSuggestion.id.in_(ids)))
