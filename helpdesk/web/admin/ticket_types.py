"""Types of tickets: the list in its order, and one type with the form that agents fill in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, request

from helpdesk.core.errors import Conflict, HelpdeskError, Invalid
from helpdesk.core.work import Work, begin, reading
from helpdesk.customers import custom_fields
from helpdesk.customers.models import CustomField
from helpdesk.tickets import types
from helpdesk.tickets.models import TicketType
from helpdesk.web import doors
from helpdesk.web.admin import door, forms, frame
from helpdesk.web.admin.forms import Given, Shape, Values
from helpdesk.web.admin.frame import show
from helpdesk.web.doors import allow

HERE = "ticket-types"
SHAPE = Shape(
    texts=("name", "key", "description"),
    flags=("in_portal",),
    rows={"field": ("key", "needed", "shown")},
)
ORDER = Shape(texts=("ids", "moved"))
BLANKS = {"field": {"key": "", "needed": "never", "shown": ""}}
LABELS = {"name": "Name", "description": "When to choose it", "field": "Form",
          "in_portal": "In the portal"}  # fmt: skip
NEEDED = [
    ("never", "May stay empty"),
    ("to_open", "Needed to open"),
    ("to_resolve", "Needed to resolve"),
]


@dataclass(frozen=True, slots=True)
class Line:
    """A type in the list; `up` and `down` are the whole order after a step, empty at the ends."""

    row: TicketType
    fields: Sequence[str]
    up: str
    down: str


@door.get("/ticket-types")
@allow("admin")
def ticket_types_list() -> Response:
    return _list()


@door.post("/ticket-types/order")
@allow("admin")
def order_ticket_types() -> Response:
    """The whole list in its new order, from a drag or from a button beside a row."""
    given = forms.read(ORDER).values
    try:
        with begin(doors.actor()) as work:
            types.reorder(work, [one for one in given["ids"].split(",") if one])
    except Conflict as error:
        return _list(error.status, message=error.message)
    return doors.go(doors.with_query("/admin/ticket-types", moved=given["moved"][:36]))


@door.get("/ticket-types/new")
@allow("admin")
def new_ticket_type() -> Response:
    with reading(doors.actor()) as work:
        return _page(work, None, _blank())


@door.post("/ticket-types/new")
@allow("admin")
def add_ticket_type() -> Response:
    given = forms.read(SHAPE)
    if given.do:
        return _rows_changed(None, given)
    form = given.values
    try:
        with begin(doors.actor()) as work:
            types.add_type(
                work,
                key=form["key"] or forms.key_of(form["name"]),
                name=form["name"],
                description=form["description"],
                form=_form_of(form),
                in_portal=form["in_portal"] == "1",
            )
    except (Invalid, Conflict) as error:
        with reading(doors.actor()) as work:
            return _page(work, None, form, error.status, given=given, **_refused(error))
    return doors.go("/admin/ticket-types?note=added")


@door.get("/ticket-types/<id:type_id>")
@allow("admin")
def ticket_type(type_id: str) -> Response:
    with reading(doors.actor()) as work:
        found = types.get_type(work, type_id)
        return _page(work, found, _values(work, found))


@door.post("/ticket-types/<id:type_id>")
@allow("admin")
def save_ticket_type(type_id: str) -> Response:
    given = forms.read(SHAPE)
    if given.do:
        return _rows_changed(type_id, given)
    form = given.values
    try:
        with begin(doors.actor()) as work:
            types.change_type(
                work,
                type_id,
                version=given.version,
                name=form["name"],
                description=form["description"],
                form=_form_of(form),
                in_portal=form["in_portal"] == "1",
            )
    except (Invalid, Conflict) as error:
        return _again(type_id, given, error)
    return doors.go("/admin/ticket-types?note=saved")


@door.post("/ticket-types/<id:type_id>/retire")
@allow("admin")
def retire_ticket_type(type_id: str) -> Response:
    """Answers the list with the way back."""
    with begin(doors.actor()) as work:
        found = types.use(work, type_id, False)
        retired = (found.id, found.name)
    return _list(retired=retired)


@door.post("/ticket-types/<id:type_id>/restore")
@allow("admin")
def restore_ticket_type(type_id: str) -> Response:
    with begin(doors.actor()) as work:
        types.use(work, type_id, True)
    return doors.go("/admin/ticket-types?note=restored")


def _list(status: int = 200, **extra: Any) -> Response:
    with reading(doors.actor()) as work:
        rows = types.list_types(work, active_only=False)
        labels = {one.key: one.label for one in _known(work)}
    used = [row for row in rows if row.is_active]
    ids = [row.id for row in used]
    lines = [
        Line(
            row,
            [labels[entry["key"]] for entry in row.form if entry["key"] in labels],
            forms.swapped(ids, place, place - 1),
            forms.swapped(ids, place, place + 1),
        )
        for place, row in enumerate(used)
    ]
    values = {
        "lines": lines,
        "resting": [row for row in rows if not row.is_active],
        "any_fields": bool(labels),
        "moved": request.args.get("moved", ""),
        "retired": None,
    }
    return show("ticket_types.html", HERE, status, **{**values, **extra})


def _rows_changed(type_id: str | None, given: Given) -> Response:
    """A line came, went or moved, or the preview is wanted: nothing is stored."""
    form = forms.rearranged(given.values, given.do, BLANKS)
    with reading(doors.actor()) as work:
        if given.do == "add:field" and form["field"]:
            taken = {row["key"] for row in form["field"]}
            unused = (one.key for one in _known(work) if one.key not in taken)
            form["field"][-1]["key"] = next(unused, "")
        found = types.get_type(work, type_id) if type_id else None
        return _page(work, found, form, given=given)


def _again(type_id: str, given: Given, error: HelpdeskError) -> Response:
    with reading(doors.actor()) as work:
        found = types.get_type(work, type_id)
        if error.code != "stale":
            return _page(work, found, given.values, error.status, given=given, **_refused(error))
        now = _values(work, found)
        shown, change = frame.stale(work, "ticket_type", type_id, given, now, LABELS)
        return _page(work, found, shown, 409, stale=change, dirty=True)


def _refused(error: HelpdeskError) -> dict[str, Any]:
    if isinstance(error, Invalid) and "form" in error.fields:
        fields = {"field" if name == "form" else name: text for name, text in error.fields.items()}
        return frame.refusal(Invalid(error.message, fields=fields))
    return frame.refusal(error)


def _page(
    work: Work,
    found: TicketType | None,
    form: Values,
    status: int = 200,
    *,
    given: Given | None = None,
    **extra: Any,
) -> Response:
    stored = _values(work, found) if found else _blank()
    known = _known(work)
    by_key = {one.key: one for one in known}
    return show(
        "ticket_type.html",
        HERE,
        status,
        kind=found,
        form=form,
        was=forms.as_was(given.was if given else stored),
        version=given.version if given else found.version if found else 0,
        known=[(one.key, one.label) for one in known],
        needed=NEEDED,
        preview=[(by_key[row["key"]], row) for row in form["field"] if row["key"] in by_key],
        **{"dirty": given is not None, **extra},
    )


def _known(work: Work) -> Sequence[CustomField]:
    return custom_fields.definitions(work, types.SUBJECT)


def _blank() -> Values:
    return {"name": "", "key": "", "description": "", "in_portal": "", "field": []}


def _values(work: Work, found: TicketType) -> Values:
    """The stored type as a form; fields that are gone from the set-up are gone from here."""
    known = {one.key for one in _known(work)}
    rows = [
        {
            "key": entry["key"],
            "needed": entry.get("needed", "never"),
            "shown": "1" if entry.get("shown_to_customer") else "",
        }
        for entry in found.form
        if entry["key"] in known
    ]
    return {
        "name": found.name,
        "key": found.key,
        "description": found.description,
        "in_portal": "1" if found.in_portal else "",
        "field": rows,
    }


def _form_of(form: Values) -> list[dict[str, Any]]:
    """The rows that name a field, as the service keeps them."""
    return [
        {
            "key": row["key"],
            "needed": row["needed"] or "never",
            "shown_to_customer": row["shown"] == "1",
        }
        for row in form["field"]
        if row["key"]
    ]
