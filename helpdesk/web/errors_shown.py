"""Errors in the form of the door: a calm page, a fragment, or a problem document (RFC 9457).

Never a stack, a path or SQL; what went wrong inside goes to the log with a short reference that
the person can read out. Not for errors beside a form's field: the view shows its form again.
"""

from __future__ import annotations

import logging
import secrets
from typing import Any

import orjson
from flask import Flask, Response, g, make_response, render_template, request
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from helpdesk.core.errors import HelpdeskError, NotSignedIn, TooMany
from helpdesk.web import doors

log = logging.getLogger("helpdesk.web")

# status: (code, title, what to do next)
WORDS: dict[int, tuple[str, str, str]] = {
    400: ("bad_request", "That did not work", "Go back, check what you entered and try again."),
    401: ("not_signed_in", "Please sign in", "Sign in, and you come back to where you were."),
    403: ("forbidden", "This is not open to you", "Ask an administrator if you need it."),
    404: ("not_found", "There is nothing here", "The link may be old. Start again from home."),
    405: ("method_not_allowed", "That can't be done here", "Go back and use the page's buttons."),
    409: ("conflict", "This has changed meanwhile", "Open the page anew to see how it stands now."),
    413: ("too_large", "That is too large", "Send less at once, or a smaller file."),
    415: (
        "unsupported_media_type",
        "That kind of content can't be read",
        "Use the page's own form.",
    ),
    429: ("too_many_requests", "A little too fast", "Wait a moment, then try again."),
    500: (
        "internal_error",
        "Something went wrong on our side",
        "What you had saved is safe. Try again; if it happens again, tell an administrator.",
    ),
    503: ("unavailable", "Not available right now", "What you had saved is safe. Try again soon."),
}


def show(app: Flask) -> None:
    """Register the handlers."""
    app.register_error_handler(HelpdeskError, _ours)
    app.register_error_handler(HTTPException, _of_http)
    app.register_error_handler(OperationalError, _database_away)
    app.register_error_handler(PoolTimeout, _database_away)
    app.register_error_handler(Exception, _unforeseen)


def wants_json() -> bool:
    """Programs and our own scripts; a browser that follows a link wants a page."""
    if doors.wants_api() or request.mimetype == "application/json":
        return True
    accepted = request.accept_mimetypes
    return bool(accepted) and accepted.best_match(["text/html", "application/json"]) == (
        "application/json"
    )


def wants_fragment() -> bool:
    return request.headers.get("HX-Request") == "true"


def _ours(error: HelpdeskError) -> Response:
    if isinstance(error, NotSignedIn) and not wants_json() and not wants_fragment():
        return doors.go(doors.sign_in_path())
    fields = getattr(error, "fields", None)
    extra: dict[str, Any] = {"fields": fields} if fields else {}
    response = answer(error.status, code=error.code, detail=error.message, **extra)
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.retry_after_s)
    if isinstance(error, NotSignedIn):
        response.headers["WWW-Authenticate"] = "Bearer" if doors.wants_api() else "Session"
        if wants_fragment():
            response.headers["HX-Redirect"] = "/sign-in"
    return response


def _of_http(error: HTTPException) -> Response:
    status = error.code or 500
    if error.response is not None or status < 400:
        return make_response(error.get_response())
    response = answer(status)
    for name, value in error.get_headers():
        if name.lower() in ("allow", "retry-after"):
            response.headers[name] = value
    return response


def _database_away(error: Exception) -> Response:
    log.error("the database did not answer: %s", _cause(error), exc_info=None)
    response = answer(503)
    response.headers["Retry-After"] = "2"
    return response


def _unforeseen(error: Exception) -> Response:
    reference = secrets.token_hex(4)
    log.error("unforeseen error, reference %s", reference, exc_info=error)
    return answer(500, reference=reference)


def _cause(error: Exception) -> str:
    return str(error.orig) if isinstance(error, DBAPIError) else type(error).__name__


def answer(
    status: int,
    *,
    code: str | None = None,
    detail: str | None = None,
    reference: str | None = None,
    **extra: Any,
) -> Response:
    """One error in the form that the caller understands."""
    known, title, next_step = WORDS.get(status, WORDS[500 if status >= 500 else 400])
    detail = detail or next_step
    if "Ask an administrator" in detail:
        next_step = detail  # said once is enough
    if wants_json():
        problem = {
            "type": "about:blank",
            "title": title,
            "status": status,
            "code": code or known,
            "detail": detail,
            **({"reference": reference} if reference else {}),
            **extra,
        }
        response = make_response(orjson.dumps(problem), status)
        response.mimetype = "application/problem+json"
        return response
    template = "errors/fragment.html" if wants_fragment() else "errors/page.html"
    try:
        g.setdefault("standing", None)
        text = render_template(
            template,
            status=status,
            title=title,
            detail=detail,
            next_step=next_step,
            reference=reference,
            fields=extra.get("fields", {}),
        )
    except Exception:  # the page for errors must not be what fails
        log.exception("the error page could not be drawn")
        text = f"<!doctype html><title>{title}</title><h1>{title}</h1><p>{next_step}</p>"
    return make_response(text, status)
