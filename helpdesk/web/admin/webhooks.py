"""Webhooks: which programs are told what, whether it arrives, and sending again."""

from __future__ import annotations

from typing import Any

import msgspec
from flask import Response, request

from helpdesk.core import clock
from helpdesk.core.errors import Conflict, HelpdeskError, Invalid
from helpdesk.core.work import Work, begin, reading
from helpdesk.web import doors
from helpdesk.web.admin import door, forms, frame
from helpdesk.web.admin.forms import Given, Shape, Values
from helpdesk.web.admin.frame import show
from helpdesk.web.bodies import query_text
from helpdesk.web.doors import allow
from helpdesk.webhooks import queries, service
from helpdesk.webhooks.calling import TROUBLES
from helpdesk.webhooks.kinds import BY_NAME, KINDS
from helpdesk.webhooks.models import WebhookEndpoint
from helpdesk.workflows import webhooks

HERE = "webhooks"
SHAPE = Shape(texts=("name", "url"), lists=("kinds",))
LABELS = {"name": "Name", "url": "Address", "kinds": "Events"}
STATES = [
    ("", "Everything"),
    ("waiting", "Waiting"),
    ("sent", "Arrived"),
    ("given_up", "Given up"),
    ("dropped", "Dropped"),
]
GROUPS = [
    ("Tickets", "ticket."),
    ("Conversations", "conversation."),
    ("Messages", "message."),
    ("Customers", "customer."),
    ("Organisations", "organisation."),
    ("Orders", "order."),
    ("Returns", "return."),
    ("Complaints", "complaint."),
]
LIMIT = 25


@door.get("/webhooks")
@allow("admin")
def webhooks_list() -> Response:
    with reading(doors.actor()) as work:
        rows = queries.list_endpoints(work)
        counts = queries.day_counts(work)
    return show("webhooks.html", HERE, rows=rows, counts=counts)


@door.get("/webhooks/new")
@allow("admin")
def new_webhook() -> Response:
    with reading(doors.actor()) as work:
        return _page(work, None, _blank())


@door.post("/webhooks/new")
@allow("admin")
def add_webhook() -> Response:
    given = forms.read(SHAPE)
    try:
        service.check_address(given.values["url"])
        with begin(doors.actor()) as work:
            row, secret = service.add_endpoint(work, **given.values)
            return show("webhook_secret.html", HERE, row=row, secret=secret, made=True)
    except (Invalid, Conflict) as error:
        with reading(doors.actor()) as work:
            refused = frame.refusal(error)
            return _page(work, None, given.values, error.status, given=given, **refused)


@door.get("/webhooks/<id:webhook_id>")
@allow("admin")
def webhook(webhook_id: str) -> Response:
    with reading(doors.actor()) as work:
        row = service.get_endpoint(work, webhook_id)
        return _page(work, row, _values(row))


@door.post("/webhooks/<id:webhook_id>")
@allow("admin")
def save_webhook(webhook_id: str) -> Response:
    given = forms.read(SHAPE)
    try:
        if given.values["url"] != given.was.get("url"):
            service.check_address(given.values["url"])
        with begin(doors.actor()) as work:
            row = service.get_endpoint(work, webhook_id)
            if row.version != given.version:
                raise Conflict("Somebody changed this webhook meanwhile.", code="stale")
            service.change_endpoint(work, webhook_id, changes=given.values)
    except (Invalid, Conflict) as error:
        return _again(webhook_id, given, error)
    return doors.go(f"/admin/webhooks/{webhook_id}?note=saved")


@door.post("/webhooks/<id:webhook_id>/secret")
@allow("admin")
def new_webhook_secret(webhook_id: str) -> Response:
    with begin(doors.actor()) as work:
        secret = service.rotate_secret(work, webhook_id)
        row = service.get_endpoint(work, webhook_id)
        return show("webhook_secret.html", HERE, row=row, secret=secret, made=False)


@door.post("/webhooks/<id:webhook_id>/ping")
@allow("admin")
def ping_webhook(webhook_id: str) -> Response:
    with begin(doors.actor()) as work:
        row = service.get_endpoint(work, webhook_id)
        delivery_id = service.ping(work, webhook_id, webhooks.test_body(work, row))
    return doors.go(f"/admin/webhooks/deliveries/{delivery_id}")


@door.post("/webhooks/<id:webhook_id>/deactivate")
@allow("admin")
def webhook_off(webhook_id: str) -> Response:
    with begin(doors.actor()) as work:
        service.change_endpoint(work, webhook_id, changes={"is_active": False})
    return doors.go(f"/admin/webhooks/{webhook_id}?note=off")


@door.post("/webhooks/<id:webhook_id>/reactivate")
@allow("admin")
def webhook_on(webhook_id: str) -> Response:
    with begin(doors.actor()) as work:
        service.change_endpoint(work, webhook_id, changes={"is_active": True})
    return doors.go(f"/admin/webhooks/{webhook_id}?note=restored")


@door.post("/webhooks/<id:webhook_id>/remove")
@allow("admin")
def remove_webhook(webhook_id: str) -> Response:
    with begin(doors.actor()) as work:
        service.remove_endpoint(work, webhook_id)
    return doors.go("/admin/webhooks?note=removed")


@door.get("/webhooks/deliveries/<id:delivery_id>")
@allow("admin")
def webhook_delivery(delivery_id: str) -> Response:
    with reading(doors.actor()) as work:
        row = service.get_delivery(work, delivery_id)
        endpoint = service.get_endpoint(work, row.endpoint_id)
        tries = queries.attempts_of(work, row.id)
    body = msgspec.json.format(row.body, indent=2)
    waits = row.state == "waiting" and row.next_try_at <= clock.now()
    answer = show(
        "webhook_delivery.html",
        HERE,
        row=row,
        endpoint=endpoint,
        tries=tries,
        body=body,
        troubles=TROUBLES,
        states=dict(STATES),
        kinds=BY_NAME,
        waits=waits,
    )
    if frame.is_part() and not waits:
        # It was sent while somebody looked on: the page has other buttons now.
        answer.headers["HX-Refresh"] = "true"
    return answer


@door.post("/webhooks/deliveries/<id:delivery_id>/replay")
@allow("admin")
def replay_webhook(delivery_id: str) -> Response:
    with begin(doors.actor()) as work:
        again = service.replay(work, delivery_id)
    return doors.go(f"/admin/webhooks/deliveries/{again}")


def _again(webhook_id: str, given: Given, error: HelpdeskError) -> Response:
    with reading(doors.actor()) as work:
        row = service.get_endpoint(work, webhook_id)
        if error.code != "stale":
            refused = frame.refusal(error)
            return _page(work, row, given.values, error.status, given=given, **refused)
        shown, change = frame.stale(work, "webhook", webhook_id, given, _values(row), LABELS)
        return _page(work, row, shown, 409, stale=change, dirty=True)


def _page(
    work: Work,
    row: WebhookEndpoint | None,
    form: Values,
    status: int = 200,
    *,
    given: Given | None = None,
    **extra: Any,
) -> Response:
    stored = _values(row) if row else _blank()
    values: dict[str, Any] = {
        "row": row,
        "form": form,
        "was": forms.as_was(given.was if given else stored),
        "version": given.version if given else row.version if row else 0,
        "groups": _groups(),
        "dirty": given is not None,
        **_log(work, row),
    }
    return show("webhook.html", HERE, status, **{**values, **extra})


def _log(work: Work, row: WebhookEndpoint | None) -> dict[str, Any]:
    """One page of what was sent; `asked` is the state it is narrowed to."""
    asked = query_text("state")
    asked = asked if asked in queries.STATES else ""
    values: dict[str, Any] = {"asked": asked, "states": STATES, "kinds": BY_NAME}
    values |= {"log": [], "older": None, "newer": None}
    if row is None:
        return values
    cursor = request.args.get("cursor")
    page = queries.page_of_deliveries(work, row.id, cursor=cursor, limit=LIMIT, state=asked)
    here = f"/admin/webhooks/{row.id}"
    values["log"] = page.items
    if page.next_cursor:
        values["older"] = doors.with_query(here, state=asked, cursor=page.next_cursor) + "#log"
    values["newer"] = doors.with_query(here, state=asked) + "#log" if cursor else None
    return values


def _groups() -> list[tuple[str, list[tuple[str, str]]]]:
    return [
        (word, [(one.kind, one.words) for one in KINDS if one.kind.startswith(start)])
        for word, start in GROUPS
    ]


def _blank() -> Values:
    return {"name": "", "url": "", "kinds": []}


def _values(row: WebhookEndpoint) -> Values:
    return {"name": row.name, "url": row.url, "kinds": list(row.kinds)}
