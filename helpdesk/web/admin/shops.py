"""Shops that tell of orders: their hooks and secrets, what they said, and orders of nobody."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from helpdesk.core.errors import Conflict, HelpdeskError, Invalid
from helpdesk.core.work import Work, begin, reading
from helpdesk.customers import finding
from helpdesk.owned import owners, queries, shops
from helpdesk.owned.models import Shop
from helpdesk.web import doors
from helpdesk.web.admin import door, forms, frame
from helpdesk.web.admin.forms import Given, Shape, Values
from helpdesk.web.admin.frame import show
from helpdesk.web.bodies import query_text
from helpdesk.web.doors import allow
from helpdesk.webhooks import signing

HERE = "shops"
SHAPE = Shape(texts=("key", "name"), flags=("is_active",))
LABELS = {"key": "Key", "name": "Name", "is_active": "Listened to"}


@door.get("/shops")
@allow("admin")
def shop_list() -> Response:
    with reading(doors.actor()) as work:
        return _list(work)


@door.get("/shops/new")
@allow("admin")
def new_shop() -> Response:
    with reading(doors.actor()) as work:
        return _page(work, None, _blank())


@door.post("/shops/new")
@allow("admin")
def add_shop() -> Response:
    given = forms.read(SHAPE)
    secret = signing.new_secret()
    try:
        with begin(doors.actor()) as work:
            name = given.values["name"]
            key = given.values["key"] or forms.key_of(name).replace("_", "-")
            row = shops.add(work, key=key, name=name, secret=secret)
            return _secret(row, secret, made=True)
    except (Invalid, Conflict) as error:
        with reading(doors.actor()) as work:
            told = frame.refusal(error)
            return _page(work, None, given.values, error.status, given=given, **told)


@door.get("/shops/<id:shop_id>")
@allow("admin")
def shop(shop_id: str) -> Response:
    with reading(doors.actor()) as work:
        row = shops.get(work, shop_id)
        return _page(work, row, _values(row))


@door.post("/shops/<id:shop_id>")
@allow("admin")
def save_shop(shop_id: str) -> Response:
    given = forms.read(SHAPE)
    try:
        with begin(doors.actor()) as work:
            shops.change(
                work,
                shop_id,
                version=given.version,
                name=given.values["name"],
                is_active=bool(given.values["is_active"]),
            )
    except (Invalid, Conflict) as error:
        with reading(doors.actor()) as work:
            return _again(work, shop_id, given, error)
    return doors.go(f"/admin/shops/{shop_id}?note=saved")


@door.post("/shops/<id:shop_id>/secret")
@allow("admin")
def new_shop_secret(shop_id: str) -> Response:
    secret = signing.new_secret()
    with begin(doors.actor()) as work:
        row = shops.renew_secret(work, shop_id, secret)
        return _secret(row, secret, made=False)


@door.post("/shops/<id:shop_id>/messages/<id:message_id>/again")
@allow("admin")
def shop_message_again(shop_id: str, message_id: str) -> Response:
    with begin(doors.actor()) as work:
        shops.try_again(work, shop_id, message_id)
    return doors.go(f"/admin/shops/{shop_id}?note=retried")


@door.post("/shops/orders/<id:order_id>")
@allow("admin")
def attach_nobodys_order(order_id: str) -> Response:
    """Whose it is, by an address of theirs."""
    text = request.form.get("address", "").strip()[:254]
    try:
        with begin(doors.actor()) as work:
            kind = "email" if "@" in text else "phone"
            found = finding.find_customer(work, kind=kind, value=text) if text else None
            if found is None:
                raise Invalid(fields={"address": "Nobody has this address."})
            owners.attach(work, order_id, found.customer.id)
    except Invalid as error:
        with reading(doors.actor()) as work:
            message = next(iter(error.fields.values()), error.message)
            return _list(work, 400, wrong={order_id: message}, typed=text)
    return doors.go("/admin/shops?note=saved#orders")


def _list(work: Work, status: int = 200, **extra: Any) -> Response:
    page = queries.page_of_orders(work, nobodys=True, cursor=query_text("after") or None)
    values = {"wrong": {}, "typed": "", **extra}
    return show(
        "shops.html",
        HERE,
        status,
        rows=shops.every(work),
        orders=page.items,
        next_cursor=page.next_cursor,
        **values,
    )


def _secret(row: Shop, secret: str, *, made: bool) -> Response:
    return show("shop_secret.html", HERE, row=row, secret=secret, made=made, url=_url(row))


def _again(work: Work, shop_id: str, given: Given, error: HelpdeskError) -> Response:
    row = shops.get(work, shop_id)
    if error.code != "stale":
        told = frame.refusal(error)
        return _page(work, row, given.values, error.status, given=given, **told)
    shown, change = frame.stale(work, "shop", shop_id, given, _values(row), LABELS)
    return _page(work, row, shown, 409, stale=change, dirty=True)


def _page(
    work: Work,
    row: Shop | None,
    form: Values,
    status: int = 200,
    *,
    given: Given | None = None,
    **extra: Any,
) -> Response:
    stored = _values(row) if row else _blank()
    log = None
    if row is not None:
        log = shops.page_of_messages(work, row.id, cursor=query_text("after") or None)
    return show(
        "shop.html",
        HERE,
        status,
        row=row,
        form=form,
        url=_url(row) if row else "",
        log=log,
        was=forms.as_was(given.was if given else stored),
        version=given.version if given else row.version if row else 0,
        **{"dirty": given is not None, **extra},
    )


def _url(row: Shop) -> str:
    return f"{doors.settings().base_url}/hooks/shops/{row.key}"


def _blank() -> Values:
    return {"key": "", "name": "", "is_active": "1"}


def _values(row: Shop) -> Values:
    return {"key": row.key, "name": row.name, "is_active": "1" if row.is_active else ""}
