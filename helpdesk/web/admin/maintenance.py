"""Maintenance plans: what is visited again and again, and the next dates of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Response
from sqlalchemy import select

from helpdesk.core.errors import Conflict, HelpdeskError, Invalid, NotFound
from helpdesk.core.work import Work, begin, reading
from helpdesk.customers import permissions as customers
from helpdesk.customers.models import Customer
from helpdesk.field_service import maintenance, places, recurring, types
from helpdesk.field_service.models import Maintenance
from helpdesk.owned import queries as owned
from helpdesk.web import doors
from helpdesk.web.admin import door, forms, frame
from helpdesk.web.admin.forms import Given, Shape, Values
from helpdesk.web.admin.frame import show
from helpdesk.web.bodies import query_text
from helpdesk.web.doors import allow
from helpdesk.workflows import maintaining

HERE = "maintenance"
EVERY = {
    "FREQ=YEARLY": "Every year", "FREQ=MONTHLY;INTERVAL=6": "Every six months",
    "FREQ=MONTHLY;INTERVAL=3": "Every three months", "FREQ=MONTHLY": "Every month",
    "FREQ=YEARLY;INTERVAL=2": "Every two years", "own": "By a rule of its own",
}  # fmt: skip
SHAPE = Shape(
    texts=("customer", "place_id", "asset_id", "visit_type_id", "every", "rule", "starts_on",
           "lead_days", "note"),
    flags=("is_active",),
)  # fmt: skip
LABELS = {
    "place_id": "Place", "asset_id": "Product", "visit_type_id": "Visit", "every": "How often",
    "rule": "Rule", "starts_on": "First date", "lead_days": "Days ahead", "note": "Note",
    "is_active": "On",
}  # fmt: skip
SKIP = Shape(texts=("on",))
SHOWN_DATES = 5


@dataclass(frozen=True, slots=True)
class Line:
    row: Maintenance
    customer: str
    place: str
    kind: str
    every: str


@door.get("/field/maintenance")
@allow("admin", "supervisor")
def maintenance_list() -> Response:
    return _list()


@door.get("/field/maintenance/new")
@allow("admin", "supervisor")
def new_maintenance() -> Response:
    with reading(doors.actor()) as work:
        return _page(work, None, _blank(query_text("customer"), query_text("asset")))


@door.post("/field/maintenance/new")
@allow("admin", "supervisor")
def add_maintenance() -> Response:
    given = forms.read(SHAPE)
    if given.do:
        with reading(doors.actor()) as work:
            return _page(work, None, given.values, given=given)
    try:
        with begin(doors.actor()) as work:
            maintaining.add(work, given.values["customer"], **_facts(given.values))
    except (Invalid, Conflict) as error:
        with reading(doors.actor()) as work:
            told = frame.refusal(error)
            return _page(work, None, given.values, error.status, given=given, **told)
    return doors.go("/admin/field/maintenance?note=added")


@door.get("/field/maintenance/<id:plan_id>")
@allow("admin", "supervisor")
def maintenance_plan(plan_id: str) -> Response:
    with reading(doors.actor()) as work:
        row = maintenance.get(work, plan_id)
        return _page(work, row, _values(row))


@door.post("/field/maintenance/<id:plan_id>")
@allow("admin", "supervisor")
def save_maintenance(plan_id: str) -> Response:
    given = forms.read(SHAPE)
    if given.do:
        with reading(doors.actor()) as work:
            return _page(work, maintenance.get(work, plan_id), given.values, given=given)
    try:
        with begin(doors.actor()) as work:
            maintaining.change(work, plan_id, version=given.version, **_facts(given.values))
    except (Invalid, Conflict) as error:
        return _again(plan_id, given, error)
    return doors.go("/admin/field/maintenance?note=saved")


@door.post("/field/maintenance/<id:plan_id>/skip")
@allow("admin", "supervisor")
def skip_maintenance(plan_id: str) -> Response:
    given = forms.read(SKIP).values
    with begin(doors.actor()) as work:
        maintenance.skip(work, plan_id, _date(given["on"], "on"))
    return doors.go(f"/admin/field/maintenance/{plan_id}?note=saved")


@door.post("/field/maintenance/<id:plan_id>/remove")
@allow("admin", "supervisor")
def remove_maintenance(plan_id: str) -> Response:
    """Answers the list with the way back: the same plan made anew."""
    with begin(doors.actor()) as work:
        was = _values(maintenance.remove(work, plan_id))
    return _list(removed=[(name, text) for name, text in was.items()])


def _list(**extra: Any) -> Response:
    with reading(doors.actor()) as work:
        page = maintenance.page(work, cursor=query_text("after") or None)
        off = maintenance.paused(work)
        lines = _lines(work, [*page.items, *off])
        return show(
            "maintenance.html", HERE, lines=lines[: len(page.items)], next_cursor=page.next_cursor,
            off=lines[len(page.items) :], **{"removed": None, **extra},
        )  # fmt: skip


def _lines(work: Work, rows: Sequence[Maintenance]) -> list[Line]:
    who = _names(work, {row.customer_id for row in rows})
    kinds = {kind.id: kind.name for kind in types.list_all(work)}
    where = maintenance.addresses(work, rows)
    return [
        Line(
            row, who.get(row.customer_id, ""), where[row.place_id],
            kinds.get(row.visit_type_id, ""), recurring.words(row.rule, row.starts_on),
        )
        for row in rows
    ]  # fmt: skip


def _names(work: Work, ids: set[str]) -> dict[str, str]:
    rows = select(Customer.id, Customer.name).where(Customer.id.in_(sorted(ids)))
    return {row.id: row.name or "Somebody without a name" for row in work.session.execute(rows)}


def _facts(form: Values) -> dict[str, Any]:
    wrong: dict[str, str] = {}
    facts: dict[str, Any] = {
        "place_id": form["place_id"], "visit_type_id": form["visit_type_id"],
        "asset_id": form["asset_id"] or None, "note": form["note"],
        "rule": form["rule"] if form["every"] == "own" else form["every"],
        "lead_days": forms.number(form, "lead_days", wrong),
        "is_active": bool(form["is_active"]),
    }  # fmt: skip
    if wrong:
        raise Invalid(fields=wrong)
    return facts | {"starts_on": _date(form["starts_on"], "starts_on")}


def _date(text: str, name: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid(fields={name: "Give a date."}) from None


def _again(plan_id: str, given: Given, error: HelpdeskError) -> Response:
    with reading(doors.actor()) as work:
        row = maintenance.get(work, plan_id)
        if error.code != "stale":
            told = frame.refusal(error)
            return _page(work, row, given.values, error.status, given=given, **told)
        shown, change = frame.stale(work, "maintenance", plan_id, given, _values(row), LABELS)
        return _page(work, row, shown, 409, stale=change, dirty=True)


def _page(
    work: Work, row: Maintenance | None, form: Values, status: int = 200, *,
    given: Given | None = None, **extra: Any,
) -> Response:  # fmt: skip
    customer = customers.get_customer(work, form["customer"])
    things = owned.page_of_assets(work, customer_id=customer.id, limit=100).items
    values: dict[str, Any] = {
        "row": row, "form": form, "customer": customer,
        "places": [(one.id, one.address) for one in places.of_customer(work, customer.id)],
        "things": [("", "None in particular"), *((one.id, one.name) for one in things)],
        "types": [(one.id, one.name) for one in types.list_all(work, active=True)],
        "every": list(EVERY.items()), "dates": _dates(work, form, row),
        "was": forms.as_was(given.was if given else form),
        "version": given.version if given else row.version if row else 0,
        "dirty": given is not None,
    }  # fmt: skip
    return show("maintenance_plan.html", HERE, status, **{**values, **extra})


def _dates(work: Work, form: Values, row: Maintenance | None) -> Sequence[date]:
    """The next five as the form says them now; none where it says no dates."""
    if row is not None and form == _values(row):
        return maintenance.preview(row, SHOWN_DATES)
    try:
        facts = _facts(form)
        since = work.at.date()
        return recurring.dates(facts["rule"], facts["starts_on"], since, SHOWN_DATES)
    except Invalid:
        return []


def _blank(customer_id: str, asset_id: str) -> Values:
    if not customer_id:
        raise NotFound
    return {
        **dict.fromkeys(SHAPE.texts, ""), "customer": customer_id, "asset_id": asset_id,
        "every": "FREQ=YEARLY", "lead_days": "28", "is_active": "1",
    }  # fmt: skip


def _values(row: Maintenance) -> Values:
    usual = row.rule in EVERY
    return {
        "customer": row.customer_id, "place_id": row.place_id, "asset_id": row.asset_id or "",
        "visit_type_id": row.visit_type_id, "every": row.rule if usual else "own",
        "rule": "" if usual else row.rule, "starts_on": row.starts_on.isoformat(),
        "lead_days": str(row.lead_days), "note": row.note,
        "is_active": "1" if row.is_active else "",
    }  # fmt: skip
