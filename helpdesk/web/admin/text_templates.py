"""Templates for texts: the list, one template, putting one aside and taking it back."""

from __future__ import annotations

from typing import Any

from flask import Response

from helpdesk.core.errors import Conflict, HelpdeskError, Invalid
from helpdesk.core.work import Work, begin, reading
from helpdesk.texts import templates
from helpdesk.texts.models import TextTemplate
from helpdesk.web import doors
from helpdesk.web.admin import door, forms, frame
from helpdesk.web.admin.forms import Given, Shape, Values
from helpdesk.web.admin.frame import show
from helpdesk.web.doors import allow

HERE = "text-templates"
SHAPE = Shape(texts=("name", "language", "body", "content_sid"))
LABELS = {"name": "Name", "language": "Language", "body": "Text", "content_sid": "Content id"}


@door.get("/text-templates")
@allow("admin", "supervisor")
def text_templates() -> Response:
    with reading(doors.actor()) as work:
        rows = templates.every(work)
        return show("text_templates.html", HERE, rows=rows)


@door.get("/text-templates/new")
@allow("admin", "supervisor")
def new_text_template() -> Response:
    return _page(None, {**dict.fromkeys(SHAPE.texts, ""), "language": "en"})


@door.post("/text-templates/new")
@allow("admin", "supervisor")
def add_text_template() -> Response:
    given = forms.read(SHAPE)
    try:
        with begin(doors.actor()) as work:
            templates.add(work, **given.values)
    except (Invalid, Conflict) as error:
        return _page(None, given.values, error.status, given=given, **frame.refusal(error))
    return doors.go("/admin/text-templates?note=added")


@door.get("/text-templates/<id:template_id>")
@allow("admin", "supervisor")
def text_template(template_id: str) -> Response:
    with reading(doors.actor()) as work:
        row = templates.get(work, template_id)
        return _page(row, _values(row))


@door.post("/text-templates/<id:template_id>")
@allow("admin", "supervisor")
def save_text_template(template_id: str) -> Response:
    given = forms.read(SHAPE)
    try:
        with begin(doors.actor()) as work:
            templates.change(work, template_id, version=given.version, **given.values)
    except (Invalid, Conflict) as error:
        with reading(doors.actor()) as work:
            return _again(work, template_id, given, error)
    return doors.go("/admin/text-templates?note=saved")


@door.post("/text-templates/<id:template_id>/<any(archive, restore):what>")
@allow("admin", "supervisor")
def archive_text_template(template_id: str, what: str) -> Response:
    with begin(doors.actor()) as work:
        templates.archive(work, template_id, archived=what == "archive")
    return doors.go(f"/admin/text-templates?note={'removed' if what == 'archive' else 'restored'}")


def _again(work: Work, template_id: str, given: Given, error: HelpdeskError) -> Response:
    row = templates.get(work, template_id)
    if error.code != "stale":
        return _page(row, given.values, error.status, given=given, **frame.refusal(error))
    shown, change = frame.stale(work, "text_template", template_id, given, _values(row), LABELS)
    return _page(row, shown, 409, stale=change, dirty=True)


def _page(
    row: TextTemplate | None,
    form: Values,
    status: int = 200,
    *,
    given: Given | None = None,
    **extra: Any,
) -> Response:
    stored = _values(row) if row else dict.fromkeys(SHAPE.texts, "")
    return show(
        "text_template.html",
        HERE,
        status,
        row=row,
        form=form,
        was=forms.as_was(given.was if given else stored),
        version=given.version if given else row.version if row else 0,
        longest=templates.LONGEST,
        **{"dirty": given is not None, **extra},
    )


def _values(row: TextTemplate) -> Values:
    return {name: str(getattr(row, name)) for name in SHAPE.texts}
