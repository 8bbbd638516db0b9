"""Two-step sign-in in one's own account: switch on with a QR code, recovery codes, switch off."""

from __future__ import annotations

from flask import Response

from helpdesk.core.errors import HelpdeskError, Invalid
from helpdesk.identity import totp
from helpdesk.web import doors
from helpdesk.web.auth import base, second, words
from helpdesk.web.auth.account import own_user, prove
from helpdesk.web.auth.base import door
from helpdesk.web.bodies import Body, form_body
from helpdesk.web.doors import allow


class Proof(Body, frozen=True):
    password: str


class FirstCode(Body, frozen=True):
    code: str


@door.get("/account/two-step")
@allow("signed_in")
def two_step_page() -> Response:
    return _page()


@door.post("/account/two-step/start")
@allow("signed_in")
def two_step_start() -> Response:
    if (refused := _unproved()) is not None:
        return refused
    second.start()
    return doors.go("/account/two-step")


@door.post("/account/two-step/confirm")
@allow("signed_in")
def two_step_confirm() -> Response:
    try:
        codes, opened = second.confirm(form_body(FirstCode).code)
    except Invalid as error:
        return _page(400, error.fields)
    return _codes(codes, opened)


@door.post("/account/two-step/codes")
@allow("signed_in")
def two_step_codes() -> Response:
    if (refused := _unproved()) is not None:
        return refused
    codes, opened = second.new_codes()
    return _codes(codes, opened)


@door.post("/account/two-step/off")
@allow("signed_in")
def two_step_off() -> Response:
    if (refused := _unproved()) is not None:
        return refused
    opened = second.off()
    response = doors.go("/account/two-step?note=off")
    return base.keep(response, opened) if opened else response


def _codes(codes: list[str], opened: second.Renewed) -> Response:
    response = doors.page("auth/recovery_codes.html", codes=codes)
    return base.keep(response, opened) if opened else response


def _unproved() -> Response | None:
    try:
        prove(form_body(Proof).password)
    except HelpdeskError as error:
        return _page(error.status, getattr(error, "fields", None) or {"password": error.message})
    return None


def _page(status: int = 200, errors: dict[str, str] | None = None) -> Response:
    user = own_user()
    secret = totp.pending_secret(user)
    return doors.page(
        "auth/two_step.html",
        status,
        on=totp.is_on(user),
        left=len(user.recovery_hashes),
        secret=secret,
        qr=totp.qr_svg(totp.enrolment_uri(user.email, secret)) if secret else None,
        errors=errors or {},
        note=words.note(),
    )
