"""Two-step sign-in in one's own account: switch on with a QR code, recovery codes, switch off."""

from __future__ import annotations

from flask import Response

from helpdesk.core.errors import HelpdeskError, Invalid
from helpdesk.core.work import begin
from helpdesk.identity import sessions, throttle, totp
from helpdesk.web import doors
from helpdesk.web.auth import base, words
from helpdesk.web.auth.account import browser_session, own_user, prove
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
    with begin(doors.actor()) as work:
        totp.start(work, doors.reader().id)
    return doors.go("/account/two-step")


@door.post("/account/two-step/confirm")
@allow("signed_in")
def two_step_confirm() -> Response:
    form, person, here = form_body(FirstCode), doors.reader(), browser_session()
    try:
        with begin(doors.actor()) as work:
            account = throttle.account_hash("confirm", person.id)
            tried = throttle.begin_try(work, account, address=doors.address())
        with begin(doors.actor()) as work:
            codes = totp.confirm(work, person.id, form.code, keep=here.id)
            throttle.take_back(work, tried)
            opened = sessions.renew(work, here.id)
    except Invalid as error:
        return _page(400, error.fields)
    response = doors.page("auth/recovery_codes.html", codes=codes)
    return base.keep(response, opened) if opened else response


@door.post("/account/two-step/codes")
@allow("signed_in")
def two_step_codes() -> Response:
    if (refused := _unproved()) is not None:
        return refused
    here = browser_session()
    with begin(doors.actor()) as work:
        codes = totp.renew_recovery_codes(work, doors.reader().id, keep=here.id)
        opened = sessions.renew(work, here.id)
    response = doors.page("auth/recovery_codes.html", codes=codes)
    return base.keep(response, opened) if opened else response


@door.post("/account/two-step/off")
@allow("signed_in")
def two_step_off() -> Response:
    if (refused := _unproved()) is not None:
        return refused
    here = browser_session()
    with begin(doors.actor()) as work:
        totp.turn_off(work, doors.reader().id, keep=here.id)
        opened = sessions.renew(work, here.id)
    response = doors.go("/account/two-step?note=off")
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
