"""A trained triage for tests of its screens, without the training."""

from __future__ import annotations

from typing import Any

from helpdesk.core.ids import new_id
from helpdesk.core.work import begin
from helpdesk.triage import service, setup
from helpdesk.triage.models import TriageModel
from tests.workflows.people import SETUP


def figures(queue_id: str, other_id: str) -> dict[str, Any]:
    """A judge of two queues that is right where it is sure."""
    steps = [[0.5 + n / 50, 1.0 - n / 28, 0.9 + n / 250, 40.0 + n, 400 - 10 * n] for n in range(25)]
    return {
        "queue_id": {
            "examples": 400,
            "accuracy": 0.91,
            "commonest": 0.6,
            "calibration_error": 0.012,
            "left_out": 1,
            "labels": [[queue_id, 240, 0.93, 0.95], [other_id, 160, 0.9, 0.86]],
            "steps": steps,
            "threshold": 0.86,
            "why_none": "",
        },
        "priority": {
            "examples": 400,
            "accuracy": 0.7,
            "commonest": 0.68,
            "calibration_error": 0.02,
            "left_out": 2,
            "labels": [["normal", 272, 0.7, 0.98], ["high", 128, 0.6, 0.2]],
            "steps": [[0.5, 1.0, 0.7, -80.0, 400], [0.7, 0.5, 0.75, -25.0, 200]],
            "threshold": None,
            "why_none": "too_often_wrong",
        },
    }


def trained(queue_id: str, other_id: str) -> str:
    """The id of a model that is in use; triage is still off."""
    with begin(SETUP) as work:
        model = TriageModel(id=new_id(), by="user:x", started_at=work.at, touched_at=work.at)
        work.session.add(model)
        work.session.flush()
        told = figures(queue_id, other_id)
        service.finish(work, model.id, examples=400, size=1000, figures=told)
        for field, one in told.items():
            setup.recommend(work, field, one["threshold"], one["why_none"], at_once=True)
        return model.id


def suggest(ticket_id: str, model_id: str, value: str, **given: Any) -> None:
    with begin(SETUP) as work:
        service.keep(
            work,
            ticket_id,
            model_id,
            given.get("field", "queue_id"),
            {"label": value, "confidence": given.get("sure", 0.964), "words": ["boiler", "cold"]},
            likeness=0.6,
            is_foreign=False,
            state=given.get("state", "open"),
            was=given.get("was"),
        )
