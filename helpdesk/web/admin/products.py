"""The catalogue: what is sold, its warranty, its days to come back, and the form for a problem."""

from __future__ import annotations

from typing import Any

from flask import Response

from helpdesk.core.errors import Conflict, HelpdeskError, Invalid
from helpdesk.core.work import Work, begin, reading
from helpdesk.owned import products
from helpdesk.owned.models import Product
from helpdesk.tickets import types
from helpdesk.web import doors
from helpdesk.web.admin import door, forms, frame
from helpdesk.web.admin.forms import Given, Shape, Values
from helpdesk.web.admin.frame import show
from helpdesk.web.bodies import query_text
from helpdesk.web.doors import allow

HERE = "products"
SHAPE = Shape(
    texts=("sku", "name", "warranty_months", "returnable_days", "problem_type"),
    flags=("is_active",),
)
LABELS = {
    "sku": "Product number", "name": "Name", "warranty_months": "Warranty",
    "returnable_days": "Days to return it", "problem_type": "Form", "is_active": "Sold now",
}  # fmt: skip


@door.get("/products")
@allow("admin")
def product_list() -> Response:
    with reading(doors.actor()) as work:
        page = products.page(work, cursor=query_text("after") or None)
        return show("products.html", HERE, rows=page.items, next_cursor=page.next_cursor)


@door.get("/products/new")
@allow("admin")
def new_product() -> Response:
    with reading(doors.actor()) as work:
        return _page(work, None, _blank())


@door.post("/products/new")
@allow("admin")
def add_product() -> Response:
    given = forms.read(SHAPE)
    try:
        with begin(doors.actor()) as work:
            products.add(work, **_read(work, given.values))
    except (Invalid, Conflict) as error:
        with reading(doors.actor()) as work:
            told = frame.refusal(error)
            return _page(work, None, given.values, error.status, given=given, **told)
    return doors.go("/admin/products?note=added")


@door.get("/products/<id:product_id>")
@allow("admin")
def product(product_id: str) -> Response:
    with reading(doors.actor()) as work:
        row = products.get(work, product_id)
        return _page(work, row, _values(row))


@door.post("/products/<id:product_id>")
@allow("admin")
def save_product(product_id: str) -> Response:
    given = forms.read(SHAPE)
    try:
        with begin(doors.actor()) as work:
            values = _read(work, given.values)
            products.change(work, product_id, version=given.version, **values)
    except (Invalid, Conflict) as error:
        with reading(doors.actor()) as work:
            return _again(work, product_id, given, error)
    return doors.go("/admin/products?note=saved")


def _read(work: Work, values: Values) -> dict[str, Any]:
    wrong: dict[str, str] = {}
    numbers = {
        name: forms.number(values, name, wrong) if values[name] else None
        for name in ("warranty_months", "returnable_days")
    }
    if values["problem_type"] and types.find_type(work, values["problem_type"]) is None:
        wrong["problem_type"] = "There is no such type of ticket."
    if wrong:
        raise Invalid(fields=wrong)
    return {
        "sku": values["sku"],
        "name": values["name"],
        "problem_type": values["problem_type"] or None,
        "is_active": bool(values["is_active"]),
        **numbers,
    }


def _again(work: Work, product_id: str, given: Given, error: HelpdeskError) -> Response:
    row = products.get(work, product_id)
    if error.code != "stale":
        told = frame.refusal(error)
        return _page(work, row, given.values, error.status, given=given, **told)
    shown, change = frame.stale(work, "product", product_id, given, _values(row), LABELS)
    return _page(work, row, shown, 409, stale=change, dirty=True)


def _page(
    work: Work,
    row: Product | None,
    form: Values,
    status: int = 200,
    *,
    given: Given | None = None,
    **extra: Any,
) -> Response:
    stored = _values(row) if row else _blank()
    kinds = [(one.key, one.name) for one in types.list_types(work)]
    return show(
        "product.html",
        HERE,
        status,
        row=row,
        form=form,
        was=forms.as_was(given.was if given else stored),
        version=given.version if given else row.version if row else 0,
        kinds=[("", "The customer chooses"), *kinds],
        **{"dirty": given is not None, **extra},
    )


def _blank() -> Values:
    return {**dict.fromkeys(SHAPE.texts, ""), "is_active": "1"}


def _values(row: Product) -> Values:
    return {
        "sku": row.sku,
        "name": row.name,
        "warranty_months": "" if row.warranty_months is None else str(row.warranty_months),
        "returnable_days": "" if row.returnable_days is None else str(row.returnable_days),
        "problem_type": row.problem_type or "",
        "is_active": "1" if row.is_active else "",
    }
