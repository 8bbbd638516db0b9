"""Chat sites: which pages may show the chat, how it looks, what it asks, and how pages vouch."""

from __future__ import annotations

import textwrap
from typing import Any

from flask import Response

from helpdesk.channels import colours, pre_chat, sites
from helpdesk.channels.models import WidgetSite
from helpdesk.core.errors import Conflict, HelpdeskError, Invalid
from helpdesk.core.work import Work, begin, reading
from helpdesk.routing import queries, setup
from helpdesk.web import doors
from helpdesk.web.admin import door, forms, frame
from helpdesk.web.admin.forms import Given, Shape, Values
from helpdesk.web.admin.frame import show
from helpdesk.web.doors import allow

HERE = "sites"
SHAPE = Shape(
    texts=("name", "queue_id", "colour", "greeting", "offline_text", "allowed_origins"),
    flags=("calls",),
    rows={"ask": ("label", "kind", "key", "required", "choices")},
)
LABELS = {
    "name": "Name",
    "queue_id": "Queue",
    "colour": "Colour",
    "greeting": "Greeting",
    "offline_text": "Text when nobody is there",
    "allowed_origins": "Addresses",
    "ask": "Questions",
    "calls": "Calls",
}
BLANKS = {"ask": {"label": "", "kind": "text", "key": "", "required": "", "choices": ""}}
KINDS = [
    ("text", "Text"),
    ("email", "E-mail address"),
    ("phone", "Phone number"),
    ("choice", "One of several answers"),
]


@door.get("/sites")
@allow("admin")
def sites_list() -> Response:
    with reading(doors.actor()) as work:
        rows = sites.list_sites(work)
        queues = {row.id: row.name for row in queries.queues(work)}
    return show("sites.html", HERE, rows=rows, queues=queues)


@door.get("/sites/new")
@allow("admin")
def new_site() -> Response:
    with reading(doors.actor()) as work:
        return _page(work, None, _blank())


@door.post("/sites/new")
@allow("admin")
def add_site() -> Response:
    given = forms.read(SHAPE)
    if given.do:
        return _rows_changed(None, given)
    try:
        with begin(doors.actor()) as work:
            site, secret = sites.create_site(work, **_facts(work, given.values))
            work.session.flush()
            return _secret(site, secret, made=True)
    except (Invalid, Conflict) as error:
        with reading(doors.actor()) as work:
            refused = frame.refusal(error)
            return _page(work, None, given.values, error.status, given=given, **refused)


@door.get("/sites/<id:site_id>")
@allow("admin")
def site(site_id: str) -> Response:
    with reading(doors.actor()) as work:
        found = sites.get_site(work, site_id)
        return _page(work, found, _values(found))


@door.post("/sites/<id:site_id>")
@allow("admin")
def save_site(site_id: str) -> Response:
    given = forms.read(SHAPE)
    if given.do:
        return _rows_changed(site_id, given)
    try:
        with begin(doors.actor()) as work:
            found = sites.get_site(work, site_id)
            if found.version != given.version:
                raise Conflict("Somebody changed this site meanwhile.", code="stale")
            facts = _facts(work, given.values)
            sites.change_site(work, site_id, version=given.version, **facts)
    except (Invalid, Conflict) as error:
        return _again(site_id, given, error)
    return doors.go(f"/admin/sites/{site_id}?note=saved")


@door.post("/sites/<id:site_id>/secret")
@allow("admin")
def rotate_site_secret(site_id: str) -> Response:
    with begin(doors.actor()) as work:
        secret = sites.rotate_secret(work, site_id)
        return _secret(sites.get_site(work, site_id), secret)


@door.post("/sites/<id:site_id>/default")
@allow("admin")
def make_site_default(site_id: str) -> Response:
    with begin(doors.actor()) as work:
        sites.make_default(work, site_id)
    return doors.go(f"/admin/sites/{site_id}?note=default")


@door.post("/sites/<id:site_id>/deactivate")
@allow("admin")
def site_deactivate(site_id: str) -> Response:
    with begin(doors.actor()) as work:
        sites.change_site(work, site_id, is_active=False)
    return doors.go(f"/admin/sites/{site_id}?note=off")


@door.post("/sites/<id:site_id>/reactivate")
@allow("admin")
def site_reactivate(site_id: str) -> Response:
    with begin(doors.actor()) as work:
        sites.change_site(work, site_id, is_active=True)
    return doors.go(f"/admin/sites/{site_id}?note=restored")


def snippet(key: str) -> str:
    """The one line that a web site puts into its pages."""
    return f'<script src="{doors.settings().origin}/widget.js" data-site="{key}" async></script>'


def _secret(found: WidgetSite, secret: str, *, made: bool = False) -> Response:
    """The secret, on the one page that ever shows it, with how to sign with it."""
    example = sites.identity_hash(secret, "customer-1001", "ada@example.org")
    return show(
        "site_secret.html",
        HERE,
        site=found,
        secret=secret,
        made=made,
        example=example,
        snippet=snippet(found.key),
    )


def _rows_changed(site_id: str | None, given: Given) -> Response:
    values = forms.rearranged(given.values, given.do, BLANKS)
    with reading(doors.actor()) as work:
        found = sites.get_site(work, site_id) if site_id else None
        return _page(work, found, values, given=given)


def _again(site_id: str, given: Given, error: HelpdeskError) -> Response:
    with reading(doors.actor()) as work:
        found = sites.get_site(work, site_id)
        if error.code != "stale":
            refused = frame.refusal(error)
            return _page(work, found, given.values, error.status, given=given, **refused)
        now = _values(found)
        shown, change = frame.stale(work, "widget_site", site_id, given, now, LABELS)
        return _page(work, found, shown, 409, stale=change, dirty=True)


def _page(
    work: Work,
    found: WidgetSite | None,
    form: Values,
    status: int = 200,
    *,
    given: Given | None = None,
    **extra: Any,
) -> Response:
    brand = colours.readable(form["colour"])
    own = form["colour"].lower()
    return show(
        "site.html",
        HERE,
        status,
        site=found,
        form=form,
        was=forms.as_was(given.was if given else _values(found) if found else _blank()),
        version=given.version if given else found.version if found else 0,
        queues=forms.choices(queries.queues(work, active_only=True)),
        kinds=KINDS,
        most=pre_chat.MOST_FIELDS,
        brand=brand,
        adjusted=colours.is_colour(own) and brand.fill != own,
        ratio=round(colours.contrast(brand.fill, brand.on_fill), 1),
        snippet=snippet(found.key) if found else "",
        greeting_lines=textwrap.wrap(form["greeting"] or "Hello.", 19)[:3],
        can_try=doors.settings().demo or doors.settings().development,
        **{"dirty": given is not None, **extra},
    )


def _facts(work: Work, form: Values) -> dict[str, Any]:
    if not form["queue_id"]:
        raise Invalid(fields={"queue_id": "Choose the queue that answers."})
    return {
        "name": form["name"],
        "queue_id": setup.get_queue(work, form["queue_id"]).id,
        "colour": form["colour"],
        "greeting": form["greeting"],
        "offline_text": form["offline_text"],
        "calls": form["calls"] == "1",
        "allowed_origins": [o.strip() for o in form["allowed_origins"].splitlines() if o.strip()],
        "pre_chat": [_question(row) for row in form["ask"] if row["label"] or row["key"]],
    }


def _question(row: dict[str, str]) -> dict[str, Any]:
    return {
        "key": row["key"] or _key_of(row["label"], row["kind"]),
        "label": row["label"],
        "kind": row["kind"],
        "required": row["required"] == "1",
        "choices": [text.strip() for text in row["choices"].split(",")],
    }


def _key_of(label: str, kind: str) -> str:
    """E-mail and phone reach the record by their keys; others are named by their label."""
    if kind in ("email", "phone"):
        return kind
    words = "".join(c if c.isascii() and c.isalnum() else " " for c in label.lower()).split()
    key = "_".join(words).lstrip("0123456789_")[:40] or "question"
    return "name" if key in ("name", "your_name") else key


def _blank() -> Values:
    asks = [
        {"label": "Your name", "kind": "text", "key": "name", "required": "", "choices": ""},
        {"label": "Your e-mail", "kind": "email", "key": "email", "required": "", "choices": ""},
    ]
    return {
        "name": "",
        "queue_id": "",
        "colour": colours.DEFAULT,
        "greeting": "Hello. How can we help?",
        "offline_text": "",
        "allowed_origins": "",
        "calls": "1",
        "ask": asks,
    }


def _values(found: WidgetSite) -> Values:
    return {
        "name": found.name,
        "queue_id": found.queue_id,
        "colour": found.colour,
        "greeting": found.greeting,
        "offline_text": found.offline_text,
        "allowed_origins": "\n".join(found.allowed_origins),
        "calls": "1" if found.calls else "",
        "ask": [
            {
                "label": field["label"],
                "kind": field["kind"],
                "key": field["key"],
                "required": "1" if field["required"] else "",
                "choices": ", ".join(field.get("choices", ())),
            }
            for field in found.pre_chat
        ],
    }
