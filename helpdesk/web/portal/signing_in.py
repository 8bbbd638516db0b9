"""Signing in to the portal: a link or a code by mail, or a password; and signing out.

Asking for a link answers the same for every address. Opening a link uses nothing up: programs and
browsers open links in advance, so a button signs in.
"""

from __future__ import annotations

import io
from functools import partial

from flask import Response, request

from helpdesk.channels import looks
from helpdesk.core.actors import Actor
from helpdesk.core.errors import HelpdeskError, Invalid, NotFound, TooMany
from helpdesk.core.work import begin, reading
from helpdesk.customers import contact_points
from helpdesk.identity import links, passwords, providers, sessions, sign_in
from helpdesk.identity.models import SignInLink
from helpdesk.mail import ways
from helpdesk.web import doors, handing_out, marks, measures
from helpdesk.web.auth import base
from helpdesk.web.bodies import Body, form_body
from helpdesk.web.doors import allow
from helpdesk.web.portal import brand, door, frame, showing
from helpdesk.workflows import portal_claiming

LINK_KEPT_S = int(links.GOOD_FOR.total_seconds())


class Asking(Body, frozen=True):
    email: str
    next: str = ""


class Password(Body, frozen=True):
    email: str
    password: str
    next: str = ""


class Code(Body, frozen=True):
    code: str


@door.get("/sign-in")
@allow("public")
def sign_in_page() -> Response:
    if doors.actor().role == "customer":
        return doors.go("/portal", to=request.args.get("next"))
    return _page(next_path=request.args.get("next", ""), provider=request.args.get("provider", ""))


@door.post("/sign-in")
@allow("public")
def ask_for_link() -> Response:
    """Note that somebody asked; whose address it is, is looked at elsewhere."""
    form = form_body(Asking)
    try:
        email = contact_points.email(form.email[:254])
    except Invalid:
        return _page(400, email=form.email, next_path=form.next, errors={"email": "sign_in.email"})
    browser = browser_mark() or links.new_browser()
    try:
        with begin(base.anybody()) as work:
            at = frame.here(work)
            asked = links.Asked(
                email,
                browser,
                site_id=at.brand.site_id,
                language=at.say.language,
                next_path=_own(form.next),
            )
            by_mail = ways.can_send(work)
            if by_mail:
                links.ask(work, asked, device=base.device())
    except TooMany as error:
        return base.try_later(
            error, _page(429, email=form.email, next_path=form.next, message="sign_in.wait")
        )
    if not by_mail:
        return _page(409, email=form.email, next_path=form.next)
    return keep_browser(doors.go("/portal/sign-in/sent"), browser)


@door.get("/sign-in/sent")
@allow("public")
def link_sent() -> Response:
    return _sent()


@door.post("/sign-in/code")
@allow("public")
def sign_in_by_code() -> Response:
    """The code of the mail, typed in the browser that asked."""
    browser, code = browser_mark(), form_body(Code).code
    with begin(program()) as work:
        link = links.use_code(work, browser, code, purpose="sign_in") if browser else None
    if link is None:
        measures.SIGN_INS.labels("wrong_code").inc()
        return _sent(400, errors={"code": "sign_in.wrong_code"})
    return _enter(link)


@door.get("/link/<token>")
@allow("public")
def link_page(token: str) -> Response:
    """What a link is for; looking changes nothing."""
    with reading(doors.actor()) as work:
        at, link = frame.here(work), links.look(work, token)
        step = "gone" if link is None else _step(link)
        status = 404 if step == "gone" else 200
        return _private(frame.show("link.html", at, status, step=step, link=link, token=token))


@door.post("/link/<token>")
@allow("public")
def use_link(token: str) -> Response:
    with reading(doors.actor()) as work:
        waiting = links.look(work, token)
        ready = waiting is not None and _step(waiting) in ("sign_in", "prove")
    link = None
    if ready:
        with begin(program()) as work:
            link = links.use(work, token, browser_mark())
    if link is None:
        with reading(doors.actor()) as work:
            at = frame.here(work)
            step = "gone" if waiting is None or ready else _step(waiting)
            return _private(frame.show("link.html", at, 404, step=step, link=None, token=token))
    return _enter(link) if link.purpose == "sign_in" else proved(link)


@door.post("/sign-in/password")
@allow("public")
def sign_in_by_password() -> Response:
    form = form_body(Password)
    again = partial(_page, email=form.email, next_path=form.next, by_password=True)
    try:
        if passwords.too_long(form.password):
            raise Invalid()
        with begin(base.anybody()) as work:
            attempt = sign_in.start(work, form.email, device=base.device())
        right = attempt.check(form.password)
    except TooMany as error:
        return base.try_later(error, again(429, message="sign_in.wait"))
    except HelpdeskError:
        return again(400, message="sign_in.wrong")
    if right:
        base.end_present_session()
    known = None
    with begin(base.anybody()) as work:
        opened = sign_in.finish(work, attempt, right, agent=request.user_agent.string)
        if opened and attempt.user_id and opened.stage == "full":
            known = sign_in.remember_device(work, attempt.user_id, base.device())
    measures.SIGN_INS.labels("wrong" if opened is None else "right" if known else "code_owed").inc()
    if opened is None:
        return again(401, message="sign_in.wrong")
    return _inside(opened, known, form.next)


@door.post("/sign-out")
@allow("public")
def sign_out() -> Response:
    base.end_present_session()
    return base.drop(doors.go("/portal/sign-in?note=signed_out"))


@door.get("/brand/<name>.css")
@allow("public", cookies=False)
def brand_sheet(name: str) -> Response:
    """The brand's colours; the address holds the colour, so browsers may keep it for ever."""
    if name != brand.PLAIN and not brand.sheet(name):
        raise NotFound()
    response = Response(brand.sheet(name), mimetype="text/css")
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


@door.get("/brand/pictures/<name>")
@allow("public", cookies=False)
def brand_picture(name: str) -> Response:
    """A picture of a published look; its name is the hash of its content."""
    with reading(doors.actor()) as work:
        row = looks.picture(work, name[:64])
        data, kind = row.data, row.type
    return handing_out.file(
        io.BytesIO(data), size=len(data), name=None, kind=kind,
        kept="public, max-age=31536000, immutable",
    )  # fmt: skip


def proved(link: SignInLink) -> Response:
    """Somebody signed in has proved a further address of theirs."""
    actor = doors.actor()
    if actor.customer_id is None or actor.id != link.user_id:
        raise NotFound()
    with begin(actor) as work:
        is_held = portal_claiming.prove(work, actor.customer_id, link.email)
    return doors.go(f"/portal/profile?note={'proved' if is_held else 'claimed'}")


def browser_mark() -> str | None:
    """The mark of this browser, where it has asked before."""
    text = request.cookies.get(links.cookie_name(doors.settings().https))
    return text if links.is_browser(text) else None


def keep_browser(response: Response, browser: str) -> Response:
    name = links.cookie_name(doors.settings().https)
    marks.set_cookie(response, name, browser, max_age=LINK_KEPT_S)
    return response


def _enter(link: SignInLink) -> Response:
    """Sign in whoever has proved the address; a colleague's or a closed one leads nowhere."""
    base.end_present_session()
    known = None
    with begin(program()) as work:
        zone = brand.zone_of(work)
        user = portal_claiming.account_of(work, link.email, zone=zone, language=link.language)
        if user is None:
            return frame.show("link.html", frame.here(work), 404, step="gone", link=None, token="")
        opened = sign_in.finish_by_link(work, user, agent=request.user_agent.string)
        if opened.stage == "full":
            known = sign_in.remember_device(work, user.id, base.device())
    measures.SIGN_INS.labels("right" if known else "code_owed").inc()
    return _inside(opened, known, link.next_path)


def _inside(opened: sessions.NewSession, known: str | None, next_path: str) -> Response:
    target = _own(next_path)
    if known is None:
        return base.keep(doors.go(doors.with_query("/portal/sign-in/second", next=target)), opened)
    return base.keep_device(base.keep(doors.go(target or "/"), opened), known)


def _step(link: SignInLink) -> str:
    """What this browser may do with a link that works."""
    if link.purpose == "prove" and doors.actor().id != link.user_id:
        return "elsewhere"
    return link.purpose if links.is_of(link, browser_mark()) else "elsewhere"


def _page(
    status: int = 200,
    *,
    email: str = "",
    next_path: str = "",
    message: str = "",
    provider: str = "",
    errors: dict[str, str] | None = None,
    by_password: bool = False,
) -> Response:
    with reading(doors.actor()) as work:
        at = frame.here(work)
        told = showing.announcements(work, at)
        by_mail = ways.can_send(work)
        offered = [(row.id, row.name) for row in providers.offered(work, to_staff=False)]
    if at.say.has(f"provider.{provider}"):
        message = f"provider.{provider}"
    return frame.show(
        "sign_in.html",
        at,
        status,
        email=email[:254],
        next_path=_own(next_path),
        message=at.say(message) if message else "",
        errors={name: at.say(key) for name, key in (errors or {}).items()},
        by_mail=by_mail,
        providers=offered,
        by_password=by_password or not by_mail,
        announcements=told,
    )


def _sent(status: int = 200, errors: dict[str, str] | None = None) -> Response:
    with reading(doors.actor()) as work:
        at = frame.here(work)
    told = {name: at.say(key) for name, key in (errors or {}).items()}
    return frame.show("sent.html", at, status, errors=told, action="/portal/sign-in/code")


def _own(path: str) -> str:
    """A page of the portal to go on to; nothing else."""
    found = doors.local_path(path[:300], "")
    return found if found == "/portal" or found.startswith(("/portal/", "/portal?")) else ""


def program() -> Actor:
    return Actor("system", "portal-link", address=doors.address())


def _private(response: Response) -> Response:
    # The address itself is half of the secret; see `auth.sign_out`.
    response.headers["Referrer-Policy"] = "strict-origin"
    return response
