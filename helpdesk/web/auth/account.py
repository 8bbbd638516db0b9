"""One's own account: names, zone, password, and the browsers that are signed in."""

from __future__ import annotations

from zoneinfo import available_timezones

from flask import Response

from helpdesk.core.errors import Forbidden, HelpdeskError, Invalid
from helpdesk.core.work import begin, reading
from helpdesk.identity import passwords, service, sessions, throttle
from helpdesk.identity.models import User
from helpdesk.web import doors
from helpdesk.web.auth import base, words
from helpdesk.web.auth.base import door
from helpdesk.web.auth.sign_out import check_pair
from helpdesk.web.bodies import Body, form_body
from helpdesk.web.doors import SessionInfo, allow

WRONG_PASSWORD = "That is not your present password."


class Profile(Body, frozen=True):
    name: str
    public_name: str
    timezone: str
    theme: str = "system"
    undo_s: int = 30


class ChangePassword(Body, frozen=True):
    current_password: str
    password: str
    again: str


@door.get("/account")
@allow("signed_in")
def profile_page() -> Response:
    person = doors.reader()
    shown = Profile(
        name=person.name,
        public_name=person.public_name,
        timezone=person.timezone,
        theme=person.theme,
        undo_s=person.undo_s,
    )
    return _profile(shown)


@door.post("/account")
@allow("signed_in")
def save_profile() -> Response:
    form = form_body(Profile)
    try:
        with begin(doors.actor()) as work:
            service.change_profile(
                work,
                doors.reader().id,
                name=form.name,
                public_name=form.public_name,
                timezone=form.timezone,
                theme=form.theme,
                undo_s=form.undo_s,
            )
    except Invalid as error:
        return _profile(form, 400, error.fields)
    return doors.go("/account?note=saved")


@door.get("/account/password")
@allow("signed_in")
def password_page() -> Response:
    return _password({})


@door.post("/account/password")
@allow("signed_in")
def change_password() -> Response:
    form, person, here = form_body(ChangePassword), doors.reader(), browser_session()
    try:
        prove(form.current_password, field="current_password")
        check_pair(form.password, form.again, about=(person.email, person.name))
    except HelpdeskError as error:
        fields = getattr(error, "fields", None) or {"current_password": error.message}
        return _password(fields, error.status)
    hashed = passwords.hash_password(form.password)
    with begin(doors.actor()) as work:
        service.set_password(work, person.id, hashed, keep=here.id)
        opened = sessions.renew(work, here.id)
    response = doors.go("/account/password?note=password")
    return base.keep(response, opened) if opened else response


@door.get("/account/sessions")
@allow("signed_in")
def sessions_page() -> Response:
    with reading(doors.actor()) as work:
        rows = sessions.of_user(work, doors.reader().id)
    here = doors.session_info()
    return doors.page(
        "auth/sessions.html", rows=rows, own_id=here.id if here else None, note=words.note()
    )


@door.post("/account/sessions/<id:session_id>/end")
@allow("signed_in")
def end_session(session_id: str) -> Response:
    with begin(doors.actor()) as work:
        sessions.end(work, session_id, user_id=doors.reader().id)
    return doors.go("/account/sessions?note=ended")


@door.post("/account/sessions/end-others")
@allow("signed_in")
def end_other_sessions() -> Response:
    with begin(doors.actor()) as work:
        sessions.end_all(work, doors.reader().id, keep=browser_session().id)
    return doors.go("/account/sessions?note=ended")


def browser_session() -> SessionInfo:
    """The session of this browser; a program with a token has none and changes nothing here."""
    here = doors.session_info()
    if here is None:
        raise Forbidden("Sign in with a browser to change this.")
    return here


def prove(password: str, *, field: str = "password") -> None:
    """Ask for the present password before something that would lock its owner out."""
    person = doors.reader()
    account = throttle.account_hash("prove", person.id)
    with begin(doors.actor()) as work:
        tried = throttle.begin_try(work, account, address=doors.address())
        user = service.get_user(work, person.id)
        stored = user.password_hash
    if not passwords.fits(stored, password):
        raise Invalid(fields={field: WRONG_PASSWORD})
    with begin(doors.actor()) as work:
        throttle.take_back(work, tried)


def own_user() -> User:
    with reading(doors.actor()) as work:
        return service.get_user(work, doors.reader().id)


def _profile(form: Profile, status: int = 200, errors: dict[str, str] | None = None) -> Response:
    return doors.page(
        "auth/profile.html",
        status,
        form=form,
        errors=errors or {},
        zones=[(zone, zone.replace("_", " ")) for zone in sorted(available_timezones())],
        note=words.note(),
    )


def _password(errors: dict[str, str], status: int = 200) -> Response:
    return doors.page("auth/password.html", status, errors=errors, note=words.note())
