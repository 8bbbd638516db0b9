"""The states that agents choose: the house's four and the installation's own."""

from __future__ import annotations

from typing import Any

from flask import Response

from helpdesk.core.errors import Conflict, HelpdeskError, Invalid
from helpdesk.core.work import begin, reading
from helpdesk.routing import queries, setup
from helpdesk.routing.floor import HOUSE_PRESENCES
from helpdesk.web import doors
from helpdesk.web.admin import door, forms, frame
from helpdesk.web.admin.forms import Given, Shape, Values
from helpdesk.web.admin.frame import show
from helpdesk.web.doors import allow

HERE = "presences"
SHAPE = Shape(rows={"state": ("code", "label", "counts_as")})
COUNTS = [
    ("available", "Available: gets work"),
    ("break", "Break: gets none"),
    ("training", "Training: gets none"),
    ("offline", "Offline: gets none"),
]
BLANKS = {"state": {"code": "", "label": "", "counts_as": "break"}}


@door.get("/presences")
@allow("admin")
def presences_page() -> Response:
    form = _stored()
    return _page(form, form)


@door.post("/presences")
@allow("admin")
def save_presences() -> Response:
    given = forms.read(SHAPE)
    if given.do:
        changed = forms.rearranged(given.values, given.do, BLANKS)
        return _page(changed, given.was, dirty=True)
    now = _stored()
    if given.was and now != given.was and now != given.values:
        change = frame.Change("Somebody", None, [("States", given.values != given.was)])
        return _page(given.values, now, 409, stale=change, dirty=True)
    try:
        _save(given)
    except (Invalid, Conflict) as error:
        return _page(given.values, given.was, error.status, dirty=True, **_refused(error))
    return doors.go("/admin/presences?note=saved")


def _save(given: Given) -> None:
    rows = [row | {"code": row["code"] or _code_of(row["label"])} for row in given.values["state"]]
    house = [row["label"] for row in rows if row["code"] in HOUSE_PRESENCES]
    if house:
        raise Invalid(fields={"code": f"“{house[0]}” is one of the four that are always there."})
    with begin(doors.actor()) as work:
        setup.set_presence_choices(work, list(rows))


def _page(form: Values, was: Values, status: int = 200, **extra: Any) -> Response:
    values = {"form": form, "was": forms.as_was(was), "counts": COUNTS, "dirty": False, **extra}
    return show("presences.html", HERE, status, house=COUNTS, **values)


def _refused(error: HelpdeskError) -> dict[str, Any]:
    refused = frame.refusal(error)
    return {"message": next(iter(refused["errors"].values()), refused["message"])}


def _stored() -> Values:
    with reading(doors.actor()) as work:
        choices = queries.presence_choices(work)
    own = [choice for choice in choices if choice[0] not in HOUSE_PRESENCES]
    return {"state": [{"code": c, "label": label, "counts_as": m} for c, label, m in own]}


def _code_of(label: str) -> str:
    words = "".join(c if c.isascii() and c.isalnum() else " " for c in label.lower()).split()
    return "_".join(words).lstrip("0123456789_")[:30]
