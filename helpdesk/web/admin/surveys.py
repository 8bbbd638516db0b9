"""Surveys: which one is asked after which tickets."""

from __future__ import annotations

from typing import Any

from flask import Response

from helpdesk.core.errors import Conflict, Invalid
from helpdesk.core.work import Work, begin, reading
from helpdesk.mail import mailboxes
from helpdesk.routing import queries as routing
from helpdesk.surveys import setup, wording
from helpdesk.surveys.models import SurveyPlan
from helpdesk.surveys.scales import SCALES
from helpdesk.web import doors
from helpdesk.web.admin import door, forms, frame
from helpdesk.web.admin.forms import Given, Shape, Values
from helpdesk.web.admin.frame import show
from helpdesk.web.doors import allow

HERE = "surveys"
SHAPE = Shape(
    texts=("name", "kind", "question", "brand", "number", "unit", "valid_days"), lists=("queues",)
)
LABELS = {
    "name": "Name", "kind": "Survey", "question": "Question", "brand": "Brand",
    "number": "Delay", "unit": "Delay", "valid_days": "Link valid for", "queues": "Queues",
}  # fmt: skip
UNITS = {"minutes": 60, "hours": 3600, "days": setup.DAY}


@door.get("/surveys")
@allow("admin")
def surveys_list() -> Response:
    return _list()


@door.get("/surveys/new")
@allow("admin")
def new_survey() -> Response:
    with reading(doors.actor()) as work:
        return _page(work, None, _blank())


@door.post("/surveys/new")
@allow("admin")
def add_survey() -> Response:
    given = forms.read(SHAPE)
    if given.do:
        return _previewed(None, given)
    try:
        with begin(doors.actor()) as work:
            plan_id = setup.add_plan(work, _facts(given.values)).id
    except (Invalid, Conflict) as error:
        with reading(doors.actor()) as work:
            refused = frame.refusal(error)
            return _page(work, None, given.values, error.status, given=given, **refused)
    return doors.go(f"/admin/surveys/{plan_id}?note=added")


@door.get("/surveys/<id:plan_id>")
@allow("admin")
def survey(plan_id: str) -> Response:
    with reading(doors.actor()) as work:
        row = setup.get_plan(work, plan_id)
        return _page(work, row, _values(row))


@door.post("/surveys/<id:plan_id>")
@allow("admin")
def save_survey(plan_id: str) -> Response:
    given = forms.read(SHAPE)
    if given.do:
        return _previewed(plan_id, given)
    try:
        with begin(doors.actor()) as work:
            setup.change_plan(work, plan_id, _facts(given.values), version=given.version)
    except (Invalid, Conflict) as error:
        with reading(doors.actor()) as work:
            row = setup.get_plan(work, plan_id)
            if error.code != "stale":
                refused = frame.refusal(error)
                return _page(work, row, given.values, error.status, given=given, **refused)
            shown, change = frame.stale(work, "survey", plan_id, given, _values(row), LABELS)
            return _page(work, row, shown, 409, stale=change, dirty=True)
    return doors.go(f"/admin/surveys/{plan_id}?note=saved")


@door.post("/surveys/<id:plan_id>/on")
@allow("admin")
def survey_on(plan_id: str) -> Response:
    with begin(doors.actor()) as work:
        setup.switch(work, plan_id, True)
    return doors.go(f"/admin/surveys/{plan_id}?note=switched_on")


@door.post("/surveys/<id:plan_id>/off")
@allow("admin")
def survey_off(plan_id: str) -> Response:
    with begin(doors.actor()) as work:
        setup.switch(work, plan_id, False)
    return doors.go(f"/admin/surveys/{plan_id}?note=switched_off")


@door.post("/surveys/<id:plan_id>/up")
@allow("admin")
def survey_up(plan_id: str) -> Response:
    with begin(doors.actor()) as work:
        setup.move_up(work, plan_id)
    return doors.go("/admin/surveys")


@door.post("/surveys/<id:plan_id>/remove")
@allow("admin")
def remove_survey(plan_id: str) -> Response:
    """Answers the list with the way back."""
    with begin(doors.actor()) as work:
        row = setup.remove(work, plan_id)
        removed = (row.id, row.name)
    return _list(removed=removed)


@door.post("/surveys/<id:plan_id>/restore")
@allow("admin")
def restore_survey(plan_id: str) -> Response:
    with begin(doors.actor()) as work:
        setup.restore(work, plan_id)
    return doors.go("/admin/surveys?note=restored")


def _list(**extra: Any) -> Response:
    with reading(doors.actor()) as work:
        rows = setup.list_plans(work)
        queues = {row.id: row.name for row in routing.queues(work)}
        brands = {row.id: row.name for row in mailboxes.brands(work)}
    values = {"rows": rows, "queues": queues, "brands": brands, "scales": SCALES, "removed": None}
    return show("surveys.html", HERE, **{**values, **extra})


def _previewed(plan_id: str | None, given: Given) -> Response:
    with reading(doors.actor()) as work:
        row = setup.get_plan(work, plan_id) if plan_id else None
        return _page(work, row, given.values, given=given)


def _page(
    work: Work,
    row: SurveyPlan | None,
    form: Values,
    status: int = 200,
    *,
    given: Given | None = None,
    **extra: Any,
) -> Response:
    stored = _values(row) if row else _blank()
    kind = form["kind"] if form["kind"] in SCALES else "csat"
    return show(
        "survey.html",
        HERE,
        status,
        plan=row,
        form=form,
        was=forms.as_was(given.was if given else stored),
        version=given.version if given else row.version if row else 0,
        kinds=[(one.kind, one.name) for one in SCALES.values()],
        queues=[(one.id, one.name) for one in routing.queues(work)],
        brands=[(one.id, one.name) for one in mailboxes.brands(work)],
        scale=SCALES[kind],
        words=wording.words(kind, "en", form["question"]),
        **{"dirty": given is not None, **extra},
    )


def _blank() -> Values:
    return {
        "name": "", "kind": "csat", "question": "", "brand": "", "number": "1", "unit": "days",
        "valid_days": "30", "queues": [],
    }  # fmt: skip


def _values(row: SurveyPlan) -> Values:
    unit = next(name for name, size in reversed(UNITS.items()) if row.delay_s % size == 0)
    return {
        "name": row.name,
        "kind": row.kind,
        "question": row.question,
        "brand": row.brand_id or "",
        "number": str(row.delay_s // UNITS[unit]),
        "unit": unit,
        "valid_days": str(row.valid_days),
        "queues": list(row.queue_ids),
    }


def _facts(form: Values) -> dict[str, Any]:
    wrong: dict[str, str] = {}
    number = forms.number(form, "number", wrong)
    valid_days = forms.number(form, "valid_days", wrong)
    if wrong:
        raise Invalid(fields=wrong)
    return {
        "name": form["name"],
        "kind": form["kind"],
        "question": form["question"],
        "queue_ids": form["queues"],
        "brand_id": form["brand"] or None,
        "delay_s": number * UNITS.get(form["unit"], setup.DAY),
        "valid_days": valid_days,
    }
