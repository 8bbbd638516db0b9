"""What protects every answer and every request, whichever view is meant.

Known hosts only, a mark on each unsafe request from a browser, headers that keep other sites and
foreign scripts out. Not for who may call a view (see `helpdesk.web.doors`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, g, request
from werkzeug.exceptions import RequestEntityTooLarge, UnsupportedMediaType
from werkzeug.middleware.proxy_fix import ProxyFix

from helpdesk.core.config import Settings
from helpdesk.core.errors import Forbidden, Invalid
from helpdesk.web import doors, marks

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})
BODY_LIMIT = 256 * 1024
PROBES = frozenset({"/livez", "/readyz", "/metrics"})
PERMISSIONS = (
    "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), "
    "magnetometer=(), microphone=(self), midi=(), payment=(), usb=()"
)
FOREIGN = (
    "This request did not come from a page of this site, so nothing was changed. "
    "Open the page anew and try again."
)


class KnownHosts:
    """Answers only for the installation's own host names, before anything else is looked at."""

    def __init__(self, application: Any, hosts: Iterable[str]) -> None:
        self.application = application
        self.hosts = frozenset(host.lower().rstrip(".") for host in hosts)

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[Any]:
        # Probes call by address, and their answers hold nothing that depends on the host.
        if self.knows(environ.get("HTTP_HOST", "")) or environ.get("PATH_INFO") in PROBES:
            return self.application(environ, start_response)
        body = b"This address does not belong to this site.\n"
        start_response(
            "400 Bad Request",
            [
                ("Content-Type", "text/plain; charset=utf-8"),
                ("Content-Length", str(len(body))),
                ("X-Content-Type-Options", "nosniff"),
                ("Cache-Control", "no-store"),
                ("Connection", "close"),
            ],
        )
        return [body]

    def knows(self, host: str) -> bool:
        name, _, port = host.rpartition(":") if _has_port(host) else (host, "", "")
        return (not port or port.isdigit()) and name.lower().rstrip(".") in self.hosts


def _has_port(host: str) -> bool:
    return ":" in host and not host.endswith("]")


# Where the telephone carrier's library in an agent's page speaks to: signals, and its measurements.
TELEPHONE = ("wss://voice-js.roaming.twilio.com", "https://eventgw.twilio.com")


def policy(
    *,
    frame_ancestors: Sequence[str] = (),
    speaks_to: Sequence[str] = (),
    shows: Sequence[str] = (),
) -> str:
    """The content security policy; `frame_ancestors` are origins that may frame the page,
    `speaks_to` those that it may connect to besides ours, `shows` those of its pictures.
    """
    host = request.host
    framed_by = " ".join(frame_ancestors) or "'none'"
    return "; ".join(
        (
            "default-src 'self'",
            "script-src 'self'",
            "style-src 'self'",
            " ".join(("img-src 'self' data: blob:", *shows)),
            "media-src 'self' blob:",
            " ".join((f"connect-src 'self' ws://{host} wss://{host}", *speaks_to)),
            f"frame-ancestors {framed_by}",
            "base-uri 'none'",
            "form-action 'self'",
            "object-src 'none'",
        )
    )


def let_frame(response: Response, origins: Sequence[str]) -> Response:
    """Let exactly these origins show the page in a frame (the chat widget's)."""
    response.headers["Content-Security-Policy"] = policy(frame_ancestors=origins)
    response.headers["X-Frame-Options"] = ""
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def protect(app: Flask, settings: Settings) -> None:
    """Put the checks before and the headers behind every view of `app`."""
    app.config["MAX_CONTENT_LENGTH"] = BODY_LIMIT
    app.config["MAX_FORM_MEMORY_SIZE"] = BODY_LIMIT
    app.config["MAX_FORM_PARTS"] = 500

    @app.before_request
    def check() -> None:
        if request.endpoint is None:
            return
        entry = doors.admission_of(app, request.endpoint)
        assert entry is not None, "require_marks has seen every view"
        g.admission = entry
        if entry.uploads:
            most = settings.max_import if entry.large else settings.max_upload
            request.max_content_length = most
            request.max_form_memory_size = BODY_LIMIT
        _refuse_unstorable()
        doors.admit(entry)
        if request.method not in SAFE:
            _require_mark(settings, entry)

    @app.after_request
    def finish(response: Response) -> Response:
        marks.keep_form_cookie(response)
        return _with_headers(response, settings)


def _refuse_unstorable() -> None:
    if b"\x00" in request.query_string or "%00" in request.query_string.decode("latin-1"):
        raise Invalid("That address can't be used.", code="bad_text")
    if (request.content_length or 0) > (request.max_content_length or BODY_LIMIT):
        # Said before the body is read, so that a huge one costs nothing.
        raise RequestEntityTooLarge()


def _require_mark(settings: Settings, entry: doors.Admission) -> None:
    if request.mimetype and request.mimetype not in FORMS | {"application/json"}:
        raise UnsupportedMediaType()
    if not entry.cookies:
        _refuse_nul_in_form()
        return
    here = doors.standing()
    if here.by_token:
        return
    if doors.wants_api() and here.session is None:
        return  # nobody: the view's own permission answers
    if not comes_from_here(settings):
        raise Forbidden(FOREIGN, code="foreign_origin")
    given = request.headers.get("X-CSRF-Token")
    if given is None and request.mimetype in FORMS:
        given = request.form.get("_csrf")
    if not marks.fits(given):
        raise Forbidden(FOREIGN, code="csrf")
    _refuse_nul_in_form()


def _refuse_nul_in_form() -> None:
    if request.mimetype in FORMS and any(
        "\x00" in name or any("\x00" in text for text in texts)
        for name, texts in request.form.lists()
    ):
        raise Invalid("Text must not hold the character NUL.", code="bad_text")


def comes_from_here(settings: Settings) -> bool:
    """False when the browser names another site as the source of this request."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        return False
    source = request.headers.get("Origin") or request.headers.get("Referer")
    if source is None:
        return True
    try:
        parts = urlsplit(source)
    except ValueError:
        return False
    own = {settings.origin, f"{request.scheme}://{request.host}"}
    return f"{parts.scheme}://{parts.netloc}" in own


def _with_headers(response: Response, settings: Settings) -> Response:
    headers = response.headers
    telephones = request.blueprint == "agent" and bool(settings.twilio_application)
    headers.setdefault("Content-Security-Policy", policy(speaks_to=TELEPHONE if telephones else ()))
    headers.setdefault("X-Frame-Options", "DENY")
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", PERMISSIONS)
    headers.setdefault("Cache-Control", "no-store")
    if not headers["X-Frame-Options"]:
        del headers["X-Frame-Options"]  # a page that lists who may frame it
    if settings.https:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
    return response


def guard_wsgi(app: Flask, settings: Settings) -> None:
    """The outermost layers: known hosts, and the proxies that the operator vouches for.

    Called last, so that sockets and static files stand behind them too.
    """
    application: Any = KnownHosts(app.wsgi_app, settings.hosts)
    if settings.trusted_proxies:
        count = settings.trusted_proxies
        application = ProxyFix(application, x_for=count, x_proto=count, x_host=count)
    app.wsgi_app = application  # type: ignore[method-assign]
