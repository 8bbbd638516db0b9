"""Signing out, and choosing a password by a link from an administrator."""

from __future__ import annotations

from flask import Response

from helpdesk.core.actors import Actor
from helpdesk.core.errors import Invalid
from helpdesk.core.work import begin, reading
from helpdesk.identity import passwords, resets, service
from helpdesk.web import doors
from helpdesk.web.auth import base
from helpdesk.web.auth.base import door
from helpdesk.web.bodies import Body, form_body
from helpdesk.web.doors import allow


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
    return doors.page("auth/forgot_password.html")


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


def _gone() -> Response:
    return _private(doors.page("auth/link_gone.html", 404, told=resets.GONE))


def _private(response: Response) -> Response:
    # The address itself is the secret. Without any referrer the browser would send its own form
    # with `Origin: null`, and the form would be refused.
    response.headers["Referrer-Policy"] = "strict-origin"
    return response
