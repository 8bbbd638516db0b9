"""What every door has in common: who stands there, who may enter, what they brought.

A view says who may call it with `@allow(...)`, takes its input with `json_body` or `form_body`
and answers with `page`, `fragment` or a plain dict. Not for rules about subjects (those are in
each package's `permissions`) and not for headers (see `helpdesk.web.security`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, cast
from urllib.parse import quote, unquote, urlencode, urlsplit

from flask import Flask, Response, current_app, g, make_response, render_template, request
from markupsafe import Markup
from werkzeug.routing import BaseConverter

from helpdesk.core import clock
from helpdesk.core.actors import ROLES, Actor
from helpdesk.core.config import Settings
from helpdesk.core.errors import Forbidden, NotFound, NotSignedIn
from helpdesk.core.ids import is_id
from helpdesk.core.work import glancing
from helpdesk.identity import sessions, tokens
from helpdesk.identity.sessions import Reader
from helpdesk.web import marks, pace

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Admission:
    """Who may call a view, and what it takes."""

    who: frozenset[str]
    cookies: bool
    uploads: bool
    hidden: bool
    large: bool = False

    @property
    def is_public(self) -> bool:
        return "public" in self.who


@dataclass(frozen=True, slots=True)
class SessionInfo:
    """The signed-in browser: `csrf` goes into forms and the X-CSRF-Token header."""

    id: str
    csrf: str
    stage: str
    reader: Reader


@dataclass(frozen=True, slots=True)
class Standing:
    """Who stands at the door in this request. `owing` still owes the second factor."""

    actor: Actor
    reader: Reader | None = None
    session: SessionInfo | None = None
    owing: SessionInfo | None = None
    by_token: bool = False


def allow(
    *who: str,
    cookies: bool = True,
    uploads: bool = False,
    hidden: bool = False,
    large: bool = False,
) -> Callable[[View], View]:
    """Say who may call a view: roles, "signed_in" (any role) or "public".

    `cookies=False`: the view takes its proof from a header or the body (a visitor's token);
    cookies are not looked at, the actor is nobody, and so no CSRF token is asked for.
    `uploads`: bodies up to HELPDESK_MAX_UPLOAD, `large` ones up to HELPDESK_MAX_IMPORT. `hidden`:
    other roles get 404, where 403 would tell that something is there.
    """
    unknown = set(who) - {*ROLES, "signed_in", "public"}
    if unknown or not who:
        raise ValueError(f"allow() takes roles, signed_in or public, not {sorted(unknown)}")
    if not cookies and "public" not in who:
        raise ValueError("a view without cookies knows nobody, so it has to be public")

    def mark(view: View) -> View:
        view.__dict__["admission"] = Admission(frozenset(who), cookies, uploads, hidden, large)
        return view

    return mark


def admission_of(app: Flask, endpoint: str) -> Admission | None:
    return cast("Admission | None", getattr(app.view_functions[endpoint], "admission", None))


def require_marks(app: Flask) -> None:
    """Refuse to start with a view that does not say who may call it."""
    bare = sorted(name for name in app.view_functions if admission_of(app, name) is None)
    if bare:
        raise RuntimeError(f"these views lack @allow(...): {', '.join(bare)}")


def settings() -> Settings:
    return cast("Settings", current_app.extensions["helpdesk"])


def standing() -> Standing:
    """Looked up once per request, and only when something asks."""
    found = g.get("standing")
    if found is None:
        found = g.standing = _identify()
    return cast("Standing", found)


def actor() -> Actor:
    """Who acts; for somebody who is not signed in an actor that may do nothing."""
    return standing().actor


def reader() -> Reader:
    """The signed-in person, for what a page shows of them."""
    person = standing().reader
    if person is None:
        raise NotSignedIn("Sign in to go on.")
    return person


def session_info() -> SessionInfo | None:
    """The signed-in browser's session; None for nobody and for bearer tokens."""
    return standing().session


def forget_standing() -> None:
    """After signing in or out, the rest of the request sees the new state."""
    g.pop("standing", None)


def address() -> str | None:
    return request.remote_addr


def wants_api() -> bool:
    return request.path.startswith("/api/")


def nobody() -> Standing:
    return Standing(Actor("visitor", "nobody", address=address()))


def _identify() -> Standing:
    entry = g.get("admission")
    if entry is not None and not entry.cookies:
        return nobody()
    bearer = _bearer()
    if bearer is not None:
        return _by_token(bearer)
    cookie = request.cookies.get(sessions.cookie_name(settings().https))
    if not cookie:
        return nobody()
    with glancing(nobody().actor) as work:
        found = sessions.find(work, cookie, address=address())
    if found is None:
        return nobody()
    if wants_api() and not marks.same(request.headers.get("X-CSRF-Token"), found.csrf):
        # A page of ours sends the token along; a link or a form on another site cannot.
        return nobody()
    info = SessionInfo(found.id, found.csrf, found.stage, found.reader)
    if found.stage != "full":
        return Standing(nobody().actor, owing=info)
    g.seen_at = found.seen_at
    return Standing(found.actor, found.reader, info)


def _bearer() -> str | None:
    """The bearer token, where programs may come in; elsewhere the header means nothing."""
    if not (wants_api() or request.path == "/metrics"):
        return None
    kind, _, text = request.headers.get("Authorization", "").partition(" ")
    return text.strip() if kind.lower() == "bearer" else None


def _by_token(text: str) -> Standing:
    with glancing(nobody().actor) as work:
        found = tokens.find(work, text, address=address())
    if found is None:
        raise NotSignedIn("This token is not valid. It may have been revoked or have expired.")
    if wants_api():
        pace.count(found.id, settings().api_limit)
    g.token_used = (found.id, found.used_at)
    return Standing(found.actor, found.reader, by_token=True)


def admit(entry: Admission) -> None:
    """Let the actor in or raise; the views behind this need not ask again for the role."""
    if entry.is_public:
        return
    here = standing()
    if here.reader is None:
        raise NotSignedIn("Sign in to go on.")
    if "signed_in" in entry.who or here.reader.role in entry.who:
        return
    if entry.hidden or (here.reader.role == "customer" and "customer" not in entry.who):
        raise NotFound()
    raise Forbidden("Your role does not allow this. Ask an administrator.")


def page(template: str, status: int = 200, **values: Any) -> Response:
    """A whole page."""
    return make_response(render_template(template, **values), status)


def fragment(template: str, status: int = 200, **values: Any) -> Response:
    """A piece of a page, for htmx or our own scripts."""
    return make_response(render_template(template, **values), status)


def go(path: str, *, to: str | None = None) -> Response:
    """Send the browser on with 303: to the local path `to` where it is one, else to `path`."""
    response = make_response("", 303)
    response.headers["Location"] = local_path(to, path)
    return response


def with_query(path: str, **values: str) -> str:
    """`path` with those values that are not empty."""
    query = urlencode({name: value for name, value in values.items() if value})
    return f"{path}?{query}" if query else path


def sign_in_path() -> str:
    """The sign-in page that leads back to where the browser wanted to go."""
    wanted = request.full_path.rstrip("?") if request.method in ("GET", "HEAD") else ""
    wanted = local_path(wanted, "/")
    if request.path == "/portal" or request.path.startswith("/portal/"):
        return with_query("/portal/sign-in", next="" if wanted == "/portal" else wanted)
    return "/sign-in" if wanted == "/" else f"/sign-in?next={quote(wanted, safe='/')}"


def local_path(text: str | None, otherwise: str = "/") -> str:
    """`text` when it is a path on this host and nothing a browser could read as another place."""
    if not text or len(text) > 1500 or not text.startswith("/"):
        return otherwise
    seen = text
    for _ in range(3):
        # Browsers drop control characters and read a backslash as a slash; some unquote twice.
        if "//" in seen.split("?")[0] or "\\" in seen or not seen.isprintable() or "/." in seen:
            return otherwise
        seen = unquote(seen)
    try:
        parts = urlsplit(text)
    except ValueError:
        return otherwise
    return otherwise if parts.scheme or parts.netloc else text


class IdConverter(BaseConverter):
    """`<id:customer_id>`: canonical UUID text; anything else is not found."""

    regex = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"

    def to_python(self, value: str) -> str:
        if not is_id(value):
            raise NotFound()
        return value


def furnish(app: Flask) -> None:
    """Give routes the id converter and templates what every page may ask for."""
    app.url_map.converters["id"] = IdConverter
    app.jinja_env.globals.update(
        now=clock.now,
        reader_zone=_reader_zone,
        reader=_reader_or_none,
        csrf_token=_csrf_token,
        csrf_field=_csrf_field,
    )


def _csrf_token() -> str:
    if "standing" not in g:
        standing()  # the token is the session's where there is one, on public pages too
    return marks.csrf_token()


def _csrf_field() -> Markup:
    _csrf_token()
    return marks.csrf_field()


def _reader_or_none() -> Reader | None:
    """Never looks anything up: an error page must not need the database."""
    found = g.get("standing")
    return found.reader if found else None


def _reader_zone() -> str:
    person = _reader_or_none()
    return person.timezone if person else "UTC"
