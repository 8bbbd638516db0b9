"""The mark that a browser's request came from a page of ours (CSRF tokens).

A signed-in browser has its session's token. Before that, a form carries a signature over a random
cookie, which another site can neither read nor plant on a `__Host-` name. Not for who somebody is.
"""

from __future__ import annotations

import hmac
import secrets as _random
from typing import Any

from flask import Response, current_app, g, request
from markupsafe import Markup

from helpdesk.core import secrets

LONGEST = 200


def cookie_name(https: bool) -> str:
    return "__Host-helpdesk-form" if https else "helpdesk-form"


def same(given: str | None, expected: str) -> bool:
    return given is not None and hmac.compare_digest(
        given.encode("utf-8", "replace"), expected.encode()
    )


def csrf_token() -> str:
    """The token for forms on this page: the session's, else one bound to the form cookie."""
    standing = g.get("standing")
    session = standing and (standing.session or standing.owing)
    return str(session.csrf) if session else secrets.sign("form", _form_cookie())


def csrf_field() -> Markup:
    """The hidden field that every form with method post carries."""
    return Markup('<input type="hidden" name="_csrf" value="{}">').format(csrf_token())


def fits(given: str | None) -> bool:
    """Whether `given` is the token of the session, or of the form cookie where there is none."""
    standing = g.get("standing")
    session = standing and (standing.session or standing.owing)
    if session:
        return same(given, session.csrf)
    cookie = request.cookies.get(cookie_name(_https()), "")
    return bool(cookie) and len(cookie) <= LONGEST and same(given, secrets.sign("form", cookie))


def keep_form_cookie(response: Response) -> Response:
    """Hand out the form cookie when a page made a token from it."""
    fresh = g.get("fresh_form_cookie")
    if fresh:
        set_cookie(response, cookie_name(_https()), fresh, max_age=None)
    return response


def set_cookie(response: Response, name: str, value: str, *, max_age: int | None) -> None:
    """A cookie that no script reads and no other site's form sends."""
    response.set_cookie(
        name, value, max_age=max_age, path="/", secure=_https(), httponly=True, samesite="Lax"
    )


def kept_name(name: str) -> str:
    """The full name of a cookie that remembers a reader's choice."""
    return f"__Host-helpdesk-{name}" if _https() else f"helpdesk-{name}"


def drop_cookie(response: Response, name: str) -> None:
    response.delete_cookie(name, path="/", secure=_https(), httponly=True, samesite="Lax")


def _form_cookie() -> str:
    known: Any = request.cookies.get(cookie_name(_https())) or g.get("fresh_form_cookie")
    if not known or len(known) > LONGEST:
        known = g.fresh_form_cookie = _random.token_urlsafe(24)
    return str(known)


def _https() -> bool:
    return bool(current_app.extensions["helpdesk"].https)
