"""The sign-in page and its second step."""

from __future__ import annotations

from flask import Response, request

from helpdesk.core.errors import HelpdeskError, Invalid, TooMany
from helpdesk.core.work import begin, reading
from helpdesk.identity import passwords, providers, queries, sign_in
from helpdesk.web import doors, measures
from helpdesk.web.auth import base, second, words
from helpdesk.web.auth.base import door
from helpdesk.web.bodies import Body, form_body
from helpdesk.web.doors import allow

WRONG = "E-mail and password do not fit together. Check both and try again."
WRONG_CODE = "That code does not fit. Wait for the next one, or use a recovery code."


class SignIn(Body, frozen=True):
    email: str
    password: str
    next: str = ""


class Code(Body, frozen=True):
    code: str
    next: str = ""


@door.get("/sign-in")
@allow("public")
def sign_in_page() -> Response:
    here = doors.standing()
    if here.reader is not None:
        return doors.go("/", to=request.args.get("next"))
    with reading(here.actor) as work:
        if not queries.anybody_exists(work):
            return doors.go("/setup")
    return _form(next_path=request.args.get("next", ""), note=words.note(), error=words.provider())


@door.post("/sign-in")
@allow("public")
def sign_in_now() -> Response:
    form = form_body(SignIn)
    try:
        if passwords.too_long(form.password):
            raise Invalid("That is longer than any password here. Check it and try again.")
        with begin(base.anybody()) as work:
            attempt = sign_in.start(work, form.email, device=base.device())
        right = attempt.check(form.password)
    except HelpdeskError as error:
        return _refused(error, _form(form.email, form.next, error.message, error.status))
    outdated = right and attempt.password_hash and passwords.is_outdated(attempt.password_hash)
    fresh = passwords.hash_password(form.password) if outdated else None
    if right:
        base.end_present_session()
    known = None
    with begin(base.anybody()) as work:
        opened = sign_in.finish(work, attempt, right, agent=request.user_agent.string)
        if opened and attempt.user_id:
            if fresh and attempt.password_hash:
                sign_in.upgrade_hash(work, attempt.user_id, attempt.password_hash, fresh)
            if opened.stage == "full":
                known = sign_in.remember_device(work, attempt.user_id, base.device())
    if opened is None:
        measures.SIGN_INS.labels("wrong").inc()
        return _form(form.email, form.next, WRONG, 401)
    measures.SIGN_INS.labels("right" if known else "code_owed").inc()
    if known is None:
        target = doors.local_path(form.next, "")
        return base.keep(doors.go(doors.with_query("/sign-in/code", next=target)), opened)
    return base.keep_device(base.keep(doors.go("/", to=form.next), opened), known)


@door.get("/sign-in/code")
@allow("public")
def code_page() -> Response:
    if doors.standing().owing is None:
        return doors.go(doors.with_query("/sign-in", next=_next()))
    return doors.page("auth/code.html", next_path=_next(), error="")


@door.post("/sign-in/code")
@allow("public")
def code_now() -> Response:
    owing = doors.standing().owing
    if owing is None:
        return doors.go("/sign-in")
    form = form_body(Code)
    try:
        answer = second.come_in(owing, form.code, form.next)
    except TooMany as error:
        page = doors.page("auth/code.html", 429, next_path=form.next, error=error.message)
        return base.try_later(error, page)
    return answer or doors.page("auth/code.html", 401, next_path=form.next, error=WRONG_CODE)


def _next() -> str:
    return doors.local_path(request.args.get("next"), "")


def _form(
    email: str = "",
    next_path: str = "",
    error: str = "",
    status: int = 200,
    note: str | None = None,
) -> Response:
    with reading(base.anybody()) as work:
        offered = providers.offered(work, to_staff=True)
        for_admins = bool(offered) and providers.staff_passwords_off(work)
    return doors.page(
        "auth/sign_in.html",
        status,
        providers=[(row.id, row.name) for row in offered],
        for_admins=for_admins,
        email=email[:254],
        next_path=doors.local_path(next_path, ""),
        error=error,
        note=note,
    )


def _refused(error: HelpdeskError, response: Response) -> Response:
    if isinstance(error, TooMany):
        measures.SIGN_INS.labels("throttled").inc()
        return base.try_later(error, response)
    return response
