"""Signing in by an OpenID provider, for both sign-in pages: out, and back.

Going out is a link, since browsers apply `form-action` to whatever a form's answer leads on to.
"""

from __future__ import annotations

from flask import Response, request

from helpdesk.core.actors import Actor
from helpdesk.core.errors import TooMany
from helpdesk.core.work import begin
from helpdesk.identity import outings, sign_in, throttle
from helpdesk.identity.outings import Outing
from helpdesk.web import doors, marks, measures
from helpdesk.web.auth import base
from helpdesk.web.auth.base import door
from helpdesk.web.doors import allow
from helpdesk.web.widget.throttle import Allowance
from helpdesk.workflows import openid_sign_in
from helpdesk.workflows.openid_sign_in import Refused

KEPT_S = int(outings.GOOD_FOR.total_seconds())
leaving = Allowance(120, 60, "That was fast. Go on in a moment.")  # each leaves a row behind


@door.get("/sign-in/with/<id:provider_id>")
@allow("public")
def go_to_provider(provider_id: str) -> Response:
    from_portal = request.args.get("from") == "portal"
    browser = _browser() or outings.new_browser()
    language = request.args.get("lang", "")[:2] or "en"
    try:
        leaving.spend(doors.address() or "unknown")
        target = openid_sign_in.way_out(
            base.anybody(), provider_id, browser, doors.settings().base_url,
            from_portal=from_portal, language="de" if language == "de" else "en",
            next_path=doors.local_path(request.args.get("next"), "")[:300],
        )  # fmt: skip
    except Refused as refused:
        return _refused(from_portal, refused.why)
    except TooMany:
        return _refused(from_portal, "wait")
    response = doors.go("/")
    response.headers["Location"] = target
    name = outings.cookie_name(doors.settings().https)
    marks.set_cookie(response, name, browser, max_age=KEPT_S)
    return response


@door.get("/sign-in/with/<id:provider_id>/back")
@allow("public")
def come_back(provider_id: str) -> Response:
    """The provider leads here; only the browser that left, once, with the state it was given."""
    if request.method == "HEAD":
        return Response(status=204)
    given = {name: request.args.get(name, "")[:4000] for name in ("state", "code", "error")}
    with begin(base.anybody()) as work:
        outing = outings.come_back(work, provider_id, given["state"], _browser())
    if outing is None:
        return _refused(False, "gone")
    if given["error"] or not given["code"]:
        return _refused(outing.from_portal, "denied")
    try:
        return _answer(outing, given["code"])
    except Refused as refused:
        measures.SIGN_INS.labels("wrong").inc()
        return _refused(outing.from_portal, refused.why)
    except TooMany as error:
        response = _refused(outing.from_portal, "wait")
        response.headers["Retry-After"] = str(error.retry_after_s)
        return response


def _answer(outing: Outing, code: str) -> Response:
    """Ask the provider whom the code stands for, and let them in."""
    account = throttle.account_hash("provider", outing.id)
    with begin(base.anybody()) as work:
        tried = throttle.begin_try(work, account, address=doors.address())
    found = openid_sign_in.person_of(
        base.anybody(), outing, doors.settings().base_url, code=code,
        issuer=request.args.get("iss"),
    )  # fmt: skip
    known = None
    with begin(Actor("system", "provider-sign-in", address=doors.address())) as work:
        user = openid_sign_in.account_of(work, outing, found)
        opened = sign_in.finish_by_link(work, user, agent=request.user_agent.string)
        throttle.take_back(work, tried)
        if opened.stage == "full":
            known = sign_in.remember_device(work, user.id, base.device())
    base.end_present_session()
    measures.SIGN_INS.labels("right" if known else "code_owed").inc()
    target = doors.local_path(outing.next_path, "")
    if known is None:
        second = "/portal/sign-in/second" if outing.from_portal else "/sign-in/code"
        return base.keep(doors.go(doors.with_query(second, next=target)), opened)
    return base.keep_device(base.keep(doors.go(target or "/"), opened), known)


def _browser() -> str | None:
    text = request.cookies.get(outings.cookie_name(doors.settings().https))
    return text if outings.is_browser(text) else None


def _refused(from_portal: bool, why: str) -> Response:
    """Back to the page they came from, which says why in its own language."""
    page = "/portal/sign-in" if from_portal else "/sign-in"
    return doors.go(doors.with_query(page, provider=why))
