"""`/setup`: one page of plain questions, open only while nobody exists."""

from __future__ import annotations

from typing import Literal
from zoneinfo import available_timezones

from flask import Blueprint, Response, request

from helpdesk.core.actors import Actor
from helpdesk.core.errors import Conflict, Invalid
from helpdesk.core.work import begin, reading
from helpdesk.identity import passwords, sessions, sign_in
from helpdesk.web import doors
from helpdesk.web.auth import base
from helpdesk.web.bodies import Body, form_body
from helpdesk.web.doors import allow
from helpdesk.workflows import first_run

door = Blueprint("setup", __name__)


class Wizard(Body, frozen=True):
    company: str
    name: str
    email: str
    password: str
    timezone: str
    days: Literal["always", "workdays", "week"] = "always"
    opens: str = "09:00"
    closes: str = "17:00"
    origin: str = ""


EMPTY = Wizard(company="", name="", email="", password="", timezone="UTC")


@door.get("/setup")
@allow("public")
def wizard_page() -> Response:
    with reading(_setup()) as work:
        if not first_run.is_open(work):
            return doors.go("/")
    return _page(EMPTY)


@door.post("/setup")
@allow("public")
def wizard_done() -> Response:
    with reading(_setup()) as work:
        if not first_run.is_open(work):
            return doors.go("/sign-in")
    form = form_body(Wizard)
    try:
        passwords.check_new(form.password, about=(form.email, form.name, form.company))
        hashed = passwords.hash_password(form.password)
        with begin(_setup()) as work:
            user_id = first_run.set_up(work, _answers(form, hashed))
            opened = sessions.open_session(
                work,
                user_id,
                stage="full",
                address=doors.address(),
                agent=request.user_agent.string,
            )
            known = sign_in.remember_device(work, user_id, None)
    except Invalid as error:
        return _page(form, 400, error.fields or {"company": error.message})
    except Conflict:
        return doors.go("/sign-in")
    return base.keep_device(base.keep(doors.go("/admin"), opened), known)


def _answers(form: Wizard, password_hash: str) -> first_run.Answers:
    return first_run.Answers(
        company=form.company,
        name=form.name,
        email=form.email,
        password_hash=password_hash,
        timezone=form.timezone,
        days=form.days,
        opens=form.opens,
        closes=form.closes,
        origin=form.origin,
    )


def _setup() -> Actor:
    return Actor("system", "setup", address=doors.address())


def _page(form: Wizard, status: int = 200, errors: dict[str, str] | None = None) -> Response:
    return doors.page(
        "setup/wizard.html",
        status,
        form=form,
        errors=errors or {},
        zones=[(zone, zone.replace("_", " ")) for zone in sorted(available_timezones())],
    )
