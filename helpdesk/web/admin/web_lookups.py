"""Look-ups of call flows at other programs: the list, one look-up, its secret, trying it out."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from helpdesk.core.errors import Conflict, HelpdeskError, Invalid
from helpdesk.core.work import begin, reading
from helpdesk.ivr import lookups, web_lookups
from helpdesk.ivr.models import IvrWebLookup
from helpdesk.web import doors
from helpdesk.web.admin import door, forms, frame
from helpdesk.web.admin.forms import Given, Shape, Values
from helpdesk.web.admin.frame import show
from helpdesk.web.doors import allow
from helpdesk.webhooks import signing
from helpdesk.webhooks.calling import TROUBLES
from helpdesk.workflows import call_flows
from helpdesk.workflows import web_lookups as asking

HERE = "flows"
SHAPE = Shape(texts=web_lookups.FIELDS)
LABELS = {"name": "Name", "url": "Address", "sentence": "What is said"}
AT = "/admin/flows/look-ups"


@door.get("/flows/look-ups")
@allow("admin")
def web_lookup_list() -> Response:
    return _list()


@door.get("/flows/look-ups/new")
@allow("admin")
def new_web_lookup() -> Response:
    return _page(None, dict.fromkeys(SHAPE.texts, ""))


@door.post("/flows/look-ups/new")
@allow("admin")
def add_web_lookup() -> Response:
    given = forms.read(SHAPE)
    secret = signing.new_secret()
    try:
        web_lookups.check_address(given.values["url"])
        with begin(doors.actor()) as work:
            row = web_lookups.add(work, secret, **given.values)
            return show("web_lookup_secret.html", HERE, row=row, secret=secret, made=True)
    except (Invalid, Conflict) as error:
        return _page(None, given.values, error.status, given=given, **frame.refusal(error))


@door.get("/flows/look-ups/<id:lookup_id>")
@allow("admin")
def web_lookup(lookup_id: str) -> Response:
    with reading(doors.actor()) as work:
        row = web_lookups.get(work, lookup_id)
        return _page(row, _values(row))


@door.post("/flows/look-ups/<id:lookup_id>")
@allow("admin")
def save_web_lookup(lookup_id: str) -> Response:
    given = forms.read(SHAPE)
    try:
        if given.values["url"] != given.was.get("url"):
            web_lookups.check_address(given.values["url"])
        with begin(doors.actor()) as work:
            web_lookups.change(work, lookup_id, version=given.version, **given.values)
    except (Invalid, Conflict) as error:
        return _again(lookup_id, given, error)
    return doors.go(f"{AT}/{lookup_id}?note=saved")


@door.post("/flows/look-ups/<id:lookup_id>/secret")
@allow("admin")
def new_web_lookup_secret(lookup_id: str) -> Response:
    secret = signing.new_secret()
    with begin(doors.actor()) as work:
        row = web_lookups.new_secret(work, lookup_id, secret)
        return show("web_lookup_secret.html", HERE, row=row, secret=secret, made=False)


@door.post("/flows/look-ups/<id:lookup_id>/try")
@allow("admin")
def try_web_lookup(lookup_id: str) -> Response:
    """A real question, asked with no transaction open; nothing of it is kept."""
    number, digits = (lookups.typed(request.form.get(name, "")) for name in ("number", "digits"))
    answer, said = asking.try_out(doors.actor(), lookup_id, number, digits)
    tried = {"answer": answer, "said": said, "number": number, "digits": digits}
    with reading(doors.actor()) as work:
        row = web_lookups.get(work, lookup_id)
        return _page(row, _values(row), tried=tried)


@door.post("/flows/look-ups/<id:lookup_id>/remove")
@allow("admin")
def remove_web_lookup(lookup_id: str) -> Response:
    try:
        with begin(doors.actor()) as work:
            used = call_flows.flows_asking(work, web_lookups.START + lookup_id)
            web_lookups.remove(work, lookup_id, used)
    except Conflict as error:
        with reading(doors.actor()) as work:
            row = web_lookups.get(work, lookup_id)
            return _page(row, _values(row), error.status, message=error.message)
    return doors.go(f"{AT}?note=removed")


def _list() -> Response:
    with reading(doors.actor()) as work:
        rows = web_lookups.listed(work)
        used = {row.id: call_flows.flows_asking(work, web_lookups.START + row.id) for row in rows}
        return show("web_lookups.html", HERE, rows=rows, used=used, troubles=_troubles())


def _again(lookup_id: str, given: Given, error: HelpdeskError) -> Response:
    with reading(doors.actor()) as work:
        row = web_lookups.get(work, lookup_id)
        if error.code != "stale":
            refused = frame.refusal(error)
            return _page(row, given.values, error.status, given=given, **refused)
        now = _values(row)
        shown, change = frame.stale(work, "call_flow", lookup_id, given, now, LABELS)
        return _page(row, shown, 409, stale=change, dirty=True)


def _page(
    row: IvrWebLookup | None,
    form: Values,
    status: int = 200,
    *,
    given: Given | None = None,
    **extra: Any,
) -> Response:
    stored = _values(row) if row else dict.fromkeys(SHAPE.texts, "")
    values: dict[str, Any] = {
        "row": row,
        "form": form,
        "was": forms.as_was(given.was if given else stored),
        "version": given.version if given else row.version if row else 0,
        "dirty": given is not None,
        "tried": None,
        "troubles": _troubles(),
        "limit_s": round(asking.LIMIT_S),
    }
    return show("web_lookup.html", HERE, status, **{**values, **extra})


def _troubles() -> dict[str, str]:
    slow = f"It took longer than {asking.LIMIT_S:.0f} seconds."
    return {**TROUBLES, "too_slow": slow, "bad_answer": "Its answer was not as it should be."}


def _values(row: IvrWebLookup) -> Values:
    return {name: str(getattr(row, name)) for name in SHAPE.texts}
