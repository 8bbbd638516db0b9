"""The second step of a customer's sign-in, and switching it on and off, in the portal's look and
languages. What is tried and switched is `web.auth.second`, as for the staff.
"""

from __future__ import annotations

from flask import Response, request

from helpdesk.core.errors import HelpdeskError, Invalid, TooMany
from helpdesk.core.work import reading
from helpdesk.identity import service, totp
from helpdesk.web import doors
from helpdesk.web.auth import account, base, second
from helpdesk.web.bodies import Body, form_body
from helpdesk.web.doors import allow
from helpdesk.web.portal import door, frame

HERE = "/portal/security/two-step"


class Proof(Body, frozen=True):
    password: str = ""


class FirstCode(Body, frozen=True):
    code: str = ""


class Code(Body, frozen=True):
    code: str = ""
    next: str = ""


@door.get("/sign-in/second")
@allow("public")
def second_step() -> Response:
    if doors.standing().owing is None:
        return doors.go("/portal/sign-in")
    return _second(next_path=request.args.get("next", ""))


@door.post("/sign-in/second")
@allow("public")
def finish_second_step() -> Response:
    owing = doors.standing().owing
    if owing is None:
        return doors.go("/portal/sign-in")
    form = form_body(Code)
    try:
        answer = second.come_in(owing, form.code, form.next)
    except TooMany as error:
        return base.try_later(error, _second(429, form.next, "sign_in.wait"))
    return answer or _second(401, form.next, "two_step.wrong_code")


@door.get("/security/two-step")
@allow("customer")
def own_two_step() -> Response:
    return _page()


@door.post("/security/two-step/start")
@allow("customer")
def start_own_two_step() -> Response:
    if (refused := _unproved()) is not None:
        return refused
    second.start()
    return doors.go(HERE)


@door.post("/security/two-step/confirm")
@allow("customer")
def confirm_own_two_step() -> Response:
    try:
        codes, opened = second.confirm(form_body(FirstCode).code)
    except TooMany as error:
        return base.try_later(error, _page(429, code="sign_in.wait"))
    except Invalid:
        return _page(400, code="two_step.wrong_code")
    return _codes(codes, opened)


@door.post("/security/two-step/codes")
@allow("customer")
def renew_own_codes() -> Response:
    if (refused := _unproved()) is not None:
        return refused
    codes, opened = second.new_codes()
    return _codes(codes, opened)


@door.post("/security/two-step/off")
@allow("customer")
def own_two_step_off() -> Response:
    if (refused := _unproved()) is not None:
        return refused
    opened = second.off()
    response = doors.go(f"{HERE}?note=saved")
    return base.keep(response, opened) if opened else response


def _unproved() -> Response | None:
    try:
        account.prove(form_body(Proof).password)
    except TooMany as error:
        return base.try_later(error, _page(429, password="sign_in.wait"))
    except HelpdeskError as error:
        return _page(error.status, password="security.wrong")
    return None


def _page(status: int = 200, **wrong: str) -> Response:
    """`wrong` names the field and the sentence about it."""
    with reading(doors.actor()) as work:
        at, user = frame.mine(work), service.get_user(work, doors.reader().id)
        secret = totp.pending_secret(user)
        return frame.show(
            "two_step.html",
            at,
            status,
            area="profile",
            email=user.email,
            has_password=user.password_hash is not None,
            is_on=totp.is_on(user),
            left=len(user.recovery_hashes),
            secret=secret,
            qr=totp.qr_svg(totp.enrolment_uri(user.email, secret)) if secret else None,
            errors={name: at.say(key) for name, key in wrong.items()},
        )


def _codes(codes: list[str], opened: second.Renewed) -> Response:
    with reading(doors.actor()) as work:
        response = frame.show("recovery.html", frame.mine(work), area="profile", codes=codes)
    return base.keep(response, opened) if opened else response


def _second(status: int = 200, next_path: str = "", wrong: str = "") -> Response:
    with reading(base.anybody()) as work:
        at = frame.here(work)
    errors = {"code": at.say(wrong)} if wrong else {}
    target = doors.local_path(next_path, "")
    return frame.show("second.html", at, status, next_path=target, errors=errors)
