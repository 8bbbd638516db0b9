"""Signing out, asking for a new password, and choosing one by a link."""

from __future__ import annotations

from typing import Any

from flask import Response

from helpdesk.core.actors import Actor
from helpdesk.core.errors import Conflict, Invalid, TooMany
from helpdesk.core.work import begin, reading
from helpdesk.identity import passwords, resets, service
from helpdesk.mail import ways
from helpdesk.web import doors
from helpdesk.web.auth import base, words
from helpdesk.web.auth.base import door
from helpdesk.web.bodies import Body, form_body
from helpdesk.web.doors import allow


class Asking(Body, frozen=True):
    email: str


class NewPassword(Body, frozen=True):
    password: str
    again: str


@door.post("/sign-out")
@allow("public")
def sign_out() -> Response:
    base.end_present_session()
    return base.drop(doors.go("/sign-in?note=signed_out"))


@door.get("/forgot-password")
@allow("public")
def forgot_password() -> Response:
    """The same words for everybody: nothing here can tell who has an account."""
    return _forgot()


@door.post("/forgot-password")
@allow("public")
def ask_for_link() -> Response:
    """Note that somebody asked; the mail, if there is anybody to write to, is another's work."""
    email = form_body(Asking).email
    if "@" not in email:
        return _forgot(400, email=email, errors={"email": "Enter your e-mail address."})
    try:
        with begin(base.anybody()) as work:
            if not ways.can_send(work):
                raise Conflict("No mail leaves here, so no link can be sent.", code="no_mail")
            resets.ask(work, email)
    except TooMany as error:
        answer = _forgot(429, email=email, message=error.message)
        answer.headers["Retry-After"] = str(error.retry_after_s)
        return answer
    except Conflict as error:
        return _forgot(error.status)
    return doors.go("/forgot-password?note=link_asked")


@door.get("/set-password/<token>")
@allow("public")
def set_password_page(token: str) -> Response:
    """Opening uses nothing up: mail programs and browsers open links in advance."""
    with reading(base.anybody()) as work:
        waiting = resets.look(work, token)
    if waiting is None:
        return _gone()
    return _private(doors.page("auth/set_password.html", waiting=waiting, errors={}))


@door.post("/set-password/<token>")
@allow("public")
def set_password_now(token: str) -> Response:
    with reading(base.anybody()) as work:
        waiting = resets.look(work, token)
    if waiting is None:
        return _gone()
    form = form_body(NewPassword)
    try:
        check_pair(form.password, form.again, about=(waiting.email, waiting.name))
    except Invalid as error:
        answer = doors.page("auth/set_password.html", 400, waiting=waiting, errors=error.fields)
        return _private(answer)
    hashed = passwords.hash_password(form.password)
    try:
        with begin(Actor("system", "password-link", address=doors.address())) as work:
            service.set_password(work, resets.use(work, token), hashed)
    except Invalid:
        return _gone()
    return base.drop(doors.go("/sign-in?note=password_set"))


def check_pair(password: str, again: str, *, about: tuple[str, ...]) -> None:
    """A new password, typed twice the same."""
    passwords.check_new(password, about=about)
    if password != again:
        raise Invalid(fields={"again": "The two are not the same. Type it again."})


def _forgot(status: int = 200, **shown: Any) -> Response:
    with reading(base.anybody()) as work:
        by_mail = ways.can_send(work)
    values = {"by_mail": by_mail, "email": "", "errors": {}, "message": "", **shown}
    values["email"] = values["email"][:254]
    return doors.page("auth/forgot_password.html", status, asked=words.note(), **values)


def _gone() -> Response:
    return _private(doors.page("auth/link_gone.html", 404, told=resets.GONE))


def _private(response: Response) -> Response:
    # The address itself is the secret. Without any referrer the browser would send its own form
    # with `Origin: null`, and the form would be refused.
    response.headers["Referrer-Policy"] = "strict-origin"
    return response
