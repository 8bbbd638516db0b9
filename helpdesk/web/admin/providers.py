"""Signing in: OpenID providers for customers and staff, and whether staff have passwords."""

from __future__ import annotations

from typing import Any

from flask import Response

from helpdesk.core.errors import Conflict, HelpdeskError, Invalid
from helpdesk.core.work import Work, begin, reading
from helpdesk.identity import phone_proofs, providers
from helpdesk.identity.models import SignInProvider
from helpdesk.web import doors
from helpdesk.web.admin import door, forms, frame
from helpdesk.web.admin.forms import Given, Shape, Values
from helpdesk.web.admin.frame import show
from helpdesk.web.doors import allow
from helpdesk.workflows import openid_asking, openid_sign_in
from helpdesk.workflows.openid_asking import Client

HERE = "sign-in"
AT = "/admin/sign-in"
FLAGS = ("for_customers", "for_staff", "trusts_unsaid")
SHAPE = Shape(texts=("name", "issuer", "client_id", "secret", "scopes", "domains"), flags=FLAGS)
LABELS = {
    "name": "Text of the button", "issuer": "Issuer", "client_id": "Client id",
    "scopes": "Scopes", "domains": "Domains", "for_customers": "Customers", "for_staff": "Staff",
    "trusts_unsaid": "Addresses without a word on them",
}  # fmt: skip


@door.get("/sign-in")
@allow("admin")
def provider_list() -> Response:
    return _list()


@door.post("/sign-in/passwords")
@allow("admin")
def set_staff_passwords() -> Response:
    off = forms.read(Shape(flags=("off",))).values["off"] == "1"
    try:
        with begin(doors.actor()) as work:
            providers.set_staff_passwords(work, off=off)
    except Conflict as error:
        return _list(error.status, message=error.message)
    return doors.go(f"{AT}?note=saved")


@door.post("/sign-in/numbers")
@allow("admin")
def set_phone_proofs() -> Response:
    """Countries whose numbers get codes by text, and how many a day in all."""
    form = forms.read(Shape(texts=("regions", "most_a_day"))).values
    try:
        with begin(doors.actor()) as work:
            phone_proofs.set_rule(
                work,
                regions=form["regions"].replace(",", " ").split(),
                most_a_day=forms.whole(form["most_a_day"], 0),
            )
    except Invalid as error:
        return _list(400, errors=error.fields, numbers=form)
    return doors.go(f"{AT}?note=saved")


@door.get("/sign-in/new")
@allow("admin")
def new_provider() -> Response:
    return _page(None, _blank())


@door.post("/sign-in/new")
@allow("admin")
def add_provider() -> Response:
    given = forms.read(SHAPE)
    try:
        with begin(doors.actor()) as work:
            row = providers.add(work, secret=given.values["secret"], **_facts(given.values))
            provider_id = row.id
    except (Invalid, Conflict) as error:
        return _page(None, given.values, error.status, given=given, **frame.refusal(error))
    return doors.go(f"{AT}/{provider_id}?note=added")


@door.get("/sign-in/<id:provider_id>")
@allow("admin")
def provider(provider_id: str) -> Response:
    with reading(doors.actor()) as work:
        row = providers.get(work, provider_id)
        return _page(row, _values(row))


@door.post("/sign-in/<id:provider_id>")
@allow("admin")
def save_provider(provider_id: str) -> Response:
    given = forms.read(SHAPE)
    try:
        with begin(doors.actor()) as work:
            row = providers.change(
                work, provider_id, version=given.version, secret=given.values["secret"] or None,
                **_facts(given.values),
            )  # fmt: skip
            issuer = row.issuer
    except (Invalid, Conflict) as error:
        return _again(provider_id, given, error)
    openid_asking.forget(issuer)
    return doors.go(f"{AT}/{provider_id}?note=saved")


@door.post("/sign-in/<id:provider_id>/test")
@allow("admin")
def test_provider(provider_id: str) -> Response:
    """Ask the provider now, with no transaction open; nothing of it is kept."""
    with reading(doors.actor()) as work:
        client = Client.of(providers.get(work, provider_id))
    tried = openid_asking.tried_out(client, _back(provider_id))
    with reading(doors.actor()) as work:
        row = providers.get(work, provider_id)
        return _page(row, _values(row), tried=tried)


@door.post("/sign-in/<id:provider_id>/on")
@allow("admin")
def switch_provider_on(provider_id: str) -> Response:
    return _switch(provider_id, on=True)


@door.post("/sign-in/<id:provider_id>/off")
@allow("admin")
def switch_provider_off(provider_id: str) -> Response:
    return _switch(provider_id, on=False)


@door.post("/sign-in/<id:provider_id>/remove")
@allow("admin")
def remove_provider(provider_id: str) -> Response:
    with begin(doors.actor()) as work:
        providers.remove(work, provider_id)
    return doors.go(f"{AT}?note=removed")


def _switch(provider_id: str, *, on: bool) -> Response:
    with begin(doors.actor()) as work:
        row = providers.get(work, provider_id)
        providers.change(work, provider_id, version=row.version, is_active=on)
    return doors.go(f"{AT}/{provider_id}?note=switched_{'on' if on else 'off'}")


def _list(status: int = 200, **extra: Any) -> Response:
    with reading(doors.actor()) as work:
        rows = providers.listed(work)
        values = {
            "rows": rows,
            "off": providers.staff_passwords_off(work),
            "numbers": _numbers(work),
            "sent_today": phone_proofs.sent_today(work),
            "may_switch": any(row.is_active and row.for_staff for row in rows),
        }
        return show("providers.html", HERE, status, **{**values, **extra})


def _numbers(work: Work) -> Values:
    rule = phone_proofs.rule(work)
    return {"regions": ", ".join(rule.regions), "most_a_day": str(rule.most_a_day)}


def _again(provider_id: str, given: Given, error: HelpdeskError) -> Response:
    with reading(doors.actor()) as work:
        row = providers.get(work, provider_id)
        if error.code != "stale":
            refused = frame.refusal(error)
            return _page(row, given.values, error.status, given=given, **refused)
        return _stale(work, row, given)


def _stale(work: Work, row: SignInProvider, given: Given) -> Response:
    now = _values(row)
    shown, change = frame.stale(work, "sign_in_provider", row.id, given, now, LABELS)
    return _page(row, shown, 409, stale=change, dirty=True)


def _page(
    row: SignInProvider | None,
    form: Values,
    status: int = 200,
    *,
    given: Given | None = None,
    **extra: Any,
) -> Response:
    # A secret is never sent to a browser, not even one that was just typed.
    stored = _values(row) if row else _blank()
    values: dict[str, Any] = {
        "row": row,
        "form": {**form, "secret": ""},
        "was": forms.as_was({**(given.was if given else stored), "secret": ""}),
        "version": given.version if given else row.version if row else 0,
        "dirty": given is not None,
        "tried": None,
        "back": _back(row.id) if row else "",
        "has_secret": row is not None and row.secret_sealed is not None,
    }
    return show("provider.html", HERE, status, **{**values, **extra})


def _back(provider_id: str) -> str:
    return openid_sign_in.back_of(doors.settings().base_url, provider_id)


def _blank() -> Values:
    blank: Values = dict.fromkeys((*SHAPE.texts, *FLAGS), "")
    return {**blank, "scopes": providers.SCOPES, "for_staff": "1"}


def _values(row: SignInProvider) -> Values:
    return {
        "name": row.name,
        "issuer": row.issuer,
        "client_id": row.client_id,
        "secret": "",
        "scopes": row.scopes,
        "domains": ", ".join(row.domains),
        **{name: "1" if getattr(row, name) else "" for name in FLAGS},
    }


def _facts(form: Values) -> dict[str, Any]:
    if not (form["for_customers"] or form["for_staff"]):
        raise Invalid(fields={"for_customers": "Tick who signs in by it."})
    return {
        **{name: form[name] for name in ("name", "issuer", "client_id", "scopes")},
        "domains": [one for one in form["domains"].replace(",", " ").split() if one],
        **{name: form[name] == "1" for name in FLAGS},
    }
