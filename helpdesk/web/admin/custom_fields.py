"""Fields that this installation adds to customers and organisations."""

from __future__ import annotations

from typing import Any

from flask import Response

from helpdesk.core.errors import Conflict, HelpdeskError, Invalid, NotFound
from helpdesk.core.ids import is_id
from helpdesk.core.work import Work, begin, reading
from helpdesk.customers import custom_fields
from helpdesk.customers.models import CustomField
from helpdesk.web import doors
from helpdesk.web.admin import door, forms, frame
from helpdesk.web.admin.forms import Given, Shape, Values
from helpdesk.web.admin.frame import show
from helpdesk.web.doors import allow

HERE = "fields"
SHAPE = Shape(texts=("subject", "key", "label", "kind", "choices"))
MOVE = Shape(texts=("way",))
LABELS = {"label": "Label", "choices": "Choices"}
SUBJECTS = [("customer", "Customers"), ("organisation", "Organisations"), ("ticket", "Tickets")]
KINDS = [
    ("text", "Text"),
    ("number", "Number"),
    ("date", "Date"),
    ("choice", "One of several choices"),
    ("switch", "Yes or no"),
]
BLANK = {"subject": "customer", "key": "", "label": "", "kind": "text", "choices": ""}


@door.get("/fields")
@allow("admin")
def fields_list() -> Response:
    return _list()


@door.get("/fields/new")
@allow("admin")
def new_field() -> Response:
    return _page(None, BLANK)


@door.post("/fields/new")
@allow("admin")
def add_field() -> Response:
    given = forms.read(SHAPE)
    form = given.values
    try:
        with begin(doors.actor()) as work:
            custom_fields.add_custom_field(
                work,
                subject=form["subject"],
                key=form["key"] or forms.key_of(form["label"]),
                label=form["label"],
                kind=form["kind"],
                choices=_lines(form["choices"]),
            )
    except (Invalid, Conflict) as error:
        return _page(None, form, error.status, given=given, **frame.refusal(error))
    return doors.go("/admin/fields?note=added")


@door.get("/fields/<id:field_id>")
@allow("admin")
def field(field_id: str) -> Response:
    with reading(doors.actor()) as work:
        found = _get(work, field_id)
        return _page(found, _values(found))


@door.post("/fields/<id:field_id>")
@allow("admin")
def save_field(field_id: str) -> Response:
    given = forms.read(SHAPE)
    try:
        with begin(doors.actor()) as work:
            _get(work, field_id)
            custom_fields.change_custom_field(
                work,
                field_id,
                version=given.version,
                label=given.values["label"],
                choices=_lines(given.values["choices"]),
            )
    except (Invalid, Conflict) as error:
        return _again(field_id, given, error)
    return doors.go("/admin/fields?note=saved")


@door.post("/fields/<id:field_id>/move")
@allow("admin")
def move_field(field_id: str) -> Response:
    """Up or down among the fields of its subject."""
    way = forms.read(MOVE).values["way"]
    with begin(doors.actor()) as work:
        found = _get(work, field_id)
        rows = list(custom_fields.definitions(work, found.subject))
        at = rows.index(found)
        to = at - 1 if way == "up" else at + 1
        if 0 <= to < len(rows):
            rows.insert(to, rows.pop(at))
            for place, row in enumerate(rows, 1):
                if row.position != place:
                    custom_fields.change_custom_field(
                        work, row.id, version=row.version, position=place
                    )
    return doors.go("/admin/fields")


@door.post("/fields/<id:field_id>/remove")
@allow("admin")
def remove_field(field_id: str) -> Response:
    """Values stay in the records, so that the same field made anew shows them again."""
    with begin(doors.actor()) as work:
        found = _get(work, field_id)
        was = _values(found)
        custom_fields.remove_custom_field(work, field_id, version=found.version)
    return _list(removed=was)


def _list(**extra: Any) -> Response:
    with reading(doors.actor()) as work:
        groups = [
            (word, list(custom_fields.definitions(work, subject))) for subject, word in SUBJECTS
        ]
    values = {"groups": groups, "kinds": dict(KINDS), "removed": None}
    return show("fields.html", HERE, **{**values, **extra})


def _again(field_id: str, given: Given, error: HelpdeskError) -> Response:
    with reading(doors.actor()) as work:
        found = _get(work, field_id)
        if isinstance(error, Invalid) or found.version == given.version:
            refused = frame.refusal(error)
            return _page(found, given.values, error.status, given=given, **refused)
        now = _values(found)
        shown, change = frame.stale(work, "custom_field", field_id, given, now, LABELS)
        return _page(found, shown, 409, stale=change, dirty=True)


def _page(
    found: CustomField | None,
    form: Values,
    status: int = 200,
    *,
    given: Given | None = None,
    **extra: Any,
) -> Response:
    return show(
        "field.html",
        HERE,
        status,
        field=found,
        form=form,
        was=forms.as_was(given.was if given else _values(found) if found else dict(BLANK)),
        version=given.version if given else found.version if found else 0,
        subjects=SUBJECTS,
        kinds=KINDS,
        **{"dirty": given is not None, **extra},
    )


def _get(work: Work, field_id: str) -> CustomField:
    found = work.session.get(CustomField, field_id) if is_id(field_id) else None
    if found is None:
        raise NotFound()
    return found


def _values(found: CustomField) -> Values:
    return {
        "subject": found.subject,
        "key": found.key,
        "label": found.label,
        "kind": found.kind,
        "choices": "\n".join(found.choices),
    }


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]
