"""How a customer signs in: their password, the browsers that are signed in, linked providers; and
choosing a new password by a link.

The same rules as on `/account` and `/forgot-password`, in the portal's look and languages. A first
password is set by a link: whoever finds a browser signed in shall not make themselves at home.
"""

from __future__ import annotations

from typing import Any

from flask import Response

from helpdesk.core.actors import Actor
from helpdesk.core.errors import Conflict, HelpdeskError, Invalid, TooMany
from helpdesk.core.work import Work, begin, reading
from helpdesk.customers import contact_points
from helpdesk.identity import passwords, providers, resets, service, sessions, totp
from helpdesk.mail import ways
from helpdesk.web import doors
from helpdesk.web.auth import account, base, sign_out
from helpdesk.web.bodies import Body, form_body
from helpdesk.web.doors import allow
from helpdesk.web.portal import door, frame

HERE = "/portal/security"
FORGOT = "/portal/password"


class ChangePassword(Body, frozen=True):
    current_password: str = ""
    password: str = ""
    again: str = ""


class NewPassword(Body, frozen=True):
    password: str = ""
    again: str = ""


class Asking(Body, frozen=True):
    email: str = ""


@door.get("/security")
@allow("customer")
def security() -> Response:
    with reading(doors.actor()) as work:
        return _page(work)


@door.post("/security/password")
@allow("customer")
def change_own_password() -> Response:
    form, person, here = form_body(ChangePassword), doors.reader(), account.browser_session()
    try:
        account.prove(form.current_password, field="current_password")
        sign_out.check_pair(form.password, form.again, about=(person.email, person.name))
    except HelpdeskError as error:
        return _wrong(error)
    hashed = passwords.hash_password(form.password)
    with begin(doors.actor()) as work:
        service.set_password(work, person.id, hashed, keep=here.id)
        opened = sessions.renew(work, here.id)
    response = doors.go(f"{HERE}?note=password_changed")
    return base.keep(response, opened) if opened else response


@door.post("/security/link")
@allow("customer")
def ask_for_own_link() -> Response:
    """A link to set a password, to the address that they sign in with."""
    try:
        with begin(doors.actor()) as work:
            if not ways.can_send(work):
                raise Conflict("No mail leaves here.", code="no_mail")
            resets.ask(work, doors.reader().email)
    except (TooMany, Conflict) as error:
        return _wrong(error)
    return doors.go(f"{HERE}?note=link_sent")


@door.post("/security/sessions/<id:session_id>/end")
@allow("customer")
def end_own_session(session_id: str) -> Response:
    with begin(doors.actor()) as work:
        sessions.end(work, session_id, user_id=doors.reader().id)
    return doors.go(f"{HERE}?note=signed_out_there")


@door.post("/security/sessions/end-all")
@allow("customer")
def end_all_own_sessions() -> Response:
    """Everywhere, here as well."""
    with begin(doors.actor()) as work:
        sessions.end_all(work, doors.reader().id)
    return base.drop(doors.go("/portal/sign-in?note=signed_out"))


@door.post("/security/providers/<id:provider_id>/unlink")
@allow("customer")
def unlink_provider(provider_id: str) -> Response:
    with begin(doors.actor()) as work:
        providers.unlink(work, doors.reader().id, provider_id)
    return doors.go(f"{HERE}?note=removed")


@door.get("/password")
@allow("public")
def forgot_own_password() -> Response:
    return _forgot()


@door.post("/password")
@allow("public")
def ask_for_password_link() -> Response:
    """The same words for everybody, as at `/forgot-password`."""
    given = form_body(Asking).email
    try:
        email = contact_points.email(given[:254])
        with begin(base.anybody()) as work:
            by_mail = ways.can_send(work)
            if by_mail:
                resets.ask(work, email)
    except Invalid:
        return _forgot(400, email=given, wrong="sign_in.email")
    except TooMany as error:
        return base.try_later(error, _forgot(429, email=given, message="sign_in.wait"))
    return doors.go(f"{FORGOT}?note=link_sent") if by_mail else _forgot(409)


@door.get("/password/<token>")
@allow("public")
def password_by_link(token: str) -> Response:
    """Opening uses nothing up: mail programs and browsers open links in advance."""
    with reading(base.anybody()) as work:
        return _choose(work, resets.look(work, token))


@door.post("/password/<token>")
@allow("public")
def set_password_by_link(token: str) -> Response:
    with reading(base.anybody()) as work:
        waiting = resets.look(work, token)
        if waiting is None:
            return _choose(work, None)
    form = form_body(NewPassword)
    try:
        sign_out.check_pair(form.password, form.again, about=(waiting.email, waiting.name))
    except Invalid as error:
        with reading(base.anybody()) as work:
            return _choose(work, waiting, 400, error)
    hashed = passwords.hash_password(form.password)
    try:
        with begin(Actor("system", "password-link", address=doors.address())) as work:
            service.set_password(work, resets.use(work, token), hashed)
    except Invalid:
        with reading(base.anybody()) as work:
            return _choose(work, None)
    return base.drop(doors.go("/portal/sign-in?note=password_set"))


def _wrong(error: HelpdeskError) -> Response:
    with reading(doors.actor()) as work:
        if isinstance(error, TooMany):
            return base.try_later(error, _page(work, 429, message="sign_in.wait"))
        if isinstance(error, Conflict):
            return _page(work, error.status, message="sign_in.no_mail")
        return _page(work, error.status, error=error)


def _page(
    work: Work, status: int = 200, *, message: str = "", error: HelpdeskError | None = None
) -> Response:
    at, user = frame.mine(work), service.get_user(work, doors.reader().id)
    here = doors.session_info()
    fields = error.fields if isinstance(error, Invalid) else {}
    return frame.show(
        "security.html",
        at,
        status,
        area="profile",
        email=user.email,
        has_password=user.password_hash is not None,
        has_second=totp.is_on(user),
        rows=sessions.of_user(work, user.id),
        own_id=here.id if here else None,
        linked=providers.linked(work, user.id),
        by_mail=ways.can_send(work),
        message=at.say(message) if message else "",
        errors={
            name: at.say("security.wrong") if name == "current_password" else at.say.told(told)
            for name, told in fields.items()
        },
    )


def _forgot(status: int = 200, *, email: str = "", message: str = "", wrong: str = "") -> Response:
    with reading(base.anybody()) as work:
        at, by_mail = frame.here(work), ways.can_send(work)
    return frame.show(
        "forgot.html",
        at,
        status,
        email=email[:254],
        by_mail=by_mail,
        message=at.say(message) if message else "",
        errors={"email": at.say(wrong)} if wrong else {},
    )


def _choose(
    work: Work, waiting: resets.Waiting | None, status: int = 200, error: Invalid | None = None
) -> Response:
    at = frame.here(work)
    told: dict[str, Any] = {n: at.say.told(t) for n, t in error.fields.items()} if error else {}
    status = 404 if waiting is None else status
    response = frame.show("set_password.html", at, status, waiting=waiting, errors=told)
    # The address itself is the secret; see `auth.sign_out`.
    response.headers["Referrer-Policy"] = "strict-origin"
    return response
