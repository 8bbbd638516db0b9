"""Triage: what it has learned and is worth, on which fields it acts by itself and from when on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response

from helpdesk.core.errors import Conflict, HelpdeskError, Invalid
from helpdesk.core.work import Work, begin, reading
from helpdesk.triage import place, queries, service, setup, thresholds
from helpdesk.triage.models import TriageModel
from helpdesk.triage.setup import FieldSetup
from helpdesk.triage.thresholds import Step
from helpdesk.web import doors, triage_words
from helpdesk.web.admin import door, forms, frame
from helpdesk.web.admin.forms import Shape
from helpdesk.web.admin.frame import show
from helpdesk.web.doors import allow

HERE = "triage"
SWITCH = Shape(flags=("on",))
FIELD = Shape(texts=("field", "threshold"), flags=("acts",))
TABLE_STEPS = (0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.92, 0.94, 0.96, 0.98, 0.99)
WIDTH, HEIGHT = 560, 220


@dataclass(frozen=True, slots=True)
class FieldView:
    """One field as the page shows it; `now` is what the curve says of its threshold."""

    field: str
    name: str
    figures: dict[str, Any]
    setup: FieldSetup
    threshold: float | None
    now: Step | None
    table: Sequence[Step]
    coverage_line: str
    precision_line: str
    choices: Sequence[tuple[str, str]]
    labels: Sequence[tuple[str, int, float, float]]
    came: dict[str, int]


@door.get("/triage")
@allow("admin")
def triage() -> Response:
    """The page, or how far the training is for our own script."""
    with reading(doors.actor()) as work:
        if frame.is_part():
            return doors.fragment("admin/_triage_training.html", **_training(work))
        return _page(work)


@door.post("/triage/train")
@allow("admin")
def train_triage() -> Response:
    try:
        with begin(doors.actor()) as work:
            service.ask_for_training(work)
    except (Conflict, Invalid) as error:
        return _refused(error)
    return doors.go("/admin/triage")


@door.post("/triage/switch")
@allow("admin")
def switch_triage() -> Response:
    on = bool(forms.read(SWITCH).values["on"])
    try:
        with begin(doors.actor()) as work:
            setup.switch(work, on)
    except Invalid as error:
        return _refused(error)
    return doors.go(f"/admin/triage?note={'switched_on' if on else 'switched_off'}")


@door.post("/triage/fields")
@allow("admin")
def set_triage_field() -> Response:
    """Whether it acts on one field by itself, and from which confidence."""
    given = forms.read(FIELD).values
    own = given["threshold"].removesuffix("%").strip()
    try:
        with begin(doors.actor()) as work:
            chosen = None if own in ("", "recommended") else forms.whole(own, -1) / 100
            setup.choose(work, given["field"], acts=bool(given["acts"]), own=chosen)
    except Invalid as error:
        return _refused(error)
    return doors.go("/admin/triage?note=saved")


def _refused(error: HelpdeskError) -> Response:
    with reading(doors.actor()) as work:
        return _page(work, error.status, **frame.refusal(error))


def _page(work: Work, status: int = 200, **extra: Any) -> Response:
    model, said = queries.ready_model(work), setup.read(work)
    names = triage_words.names_of(work)
    came = queries.came_of_it(work)
    fields = []
    if model is not None:
        fields = [
            _field(name, model.figures[name], said.of(name), names, came.get(name, {}))
            for name in setup.FIELDS
            if name in model.figures
        ]
    foreign, looked_at = queries.foreign_share(work)
    return show(
        "triage.html",
        HERE,
        status,
        model=model,
        said=said,
        fields=fields,
        missing=[triage_words.FIELDS[f] for f in setup.FIELDS if model and f not in model.figures],
        foreign=foreign,
        looked_at=looked_at,
        words=triage_words,
        size=(WIDTH, HEIGHT),
        trainings=_told(work, queries.trainings(work)),
        **{**_training(work), **extra},
    )


def _training(work: Work) -> dict[str, Any]:
    last = queries.latest_training(work)
    return {
        "last": last,
        "under_way": last is not None and service.is_under_way(work, last),
        "can_train": place.can_train(),
        "how_to_get": service.HOW_TO_GET,
        "ready": queries.ready_model(work) is not None,
    }


def _told(work: Work, rows: Sequence[TriageModel]) -> list[tuple[TriageModel, str]]:
    who = frame.actor_names(work, [row.by for row in rows])
    return [(row, who[row.by]) for row in rows]


def _field(
    name: str,
    figures: dict[str, Any],
    said: FieldSetup,
    names: triage_words.Names,
    came: dict[str, int],
) -> FieldView:
    steps = queries.steps_of(figures)
    now = None if said.threshold is None else thresholds.at(steps, said.threshold)
    rows = sorted(figures["labels"], key=lambda one: -one[1])
    return FieldView(
        field=name,
        name=triage_words.FIELDS[name],
        figures=figures,
        setup=said,
        threshold=said.threshold,
        now=now,
        table=_table(steps),
        coverage_line=_line([(one.threshold, one.coverage) for one in steps]),
        precision_line=_line([(one.threshold, one.precision) for one in steps]),
        choices=_choices(steps, said),
        labels=[(names.of(name, label), n, p, r) for label, n, p, r in rows],
        came=came,
    )


def _table(steps: Sequence[Step]) -> list[Step]:
    """The curve at round thresholds, each said once."""
    found = [thresholds.at(list(steps), one) for one in TABLE_STEPS]
    return list(dict.fromkeys(one for one in found if one is not None))


def _choices(steps: Sequence[Step], said: FieldSetup) -> list[tuple[str, str]]:
    """The recommended threshold, and each other from which acting pays."""
    told = f"{said.recommended:.0%}".replace("%", " %") if said.recommended else "none"
    found = [("recommended", f"As recommended ({told})")]
    for one in steps:
        if one.threshold >= 0.5 and thresholds.is_safe(one):
            whole = str(round(100 * one.threshold))
            found.append((whole, f"{whole} %"))
    return found


def _line(points: Sequence[tuple[float, float]]) -> str:
    """A curve in the graph's own coordinates: confidence to the right, the share upwards."""
    return " ".join(f"{x * WIDTH:.1f},{(1 - y) * HEIGHT:.1f}" for x, y in points)
