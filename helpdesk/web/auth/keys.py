"""Bearer tokens in one's own account: made, listed, revoked. The text is shown once."""

from __future__ import annotations

from typing import Annotated

import msgspec
from flask import Response

from helpdesk.core.errors import Invalid
from helpdesk.core.work import begin, reading
from helpdesk.identity import tokens
from helpdesk.web import doors
from helpdesk.web.auth import words
from helpdesk.web.auth.account import browser_session
from helpdesk.web.auth.base import door
from helpdesk.web.bodies import Body, form_body
from helpdesk.web.doors import allow

STAFF = ("admin", "supervisor", "agent", "technician")


class NewToken(Body, frozen=True):
    name: str
    days: Annotated[int, msgspec.Meta(ge=0, le=3650)] = 90


@door.get("/account/tokens")
@allow(*STAFF)
def tokens_page() -> Response:
    return _page()


@door.post("/account/tokens")
@allow(*STAFF)
def create_token() -> Response:
    browser_session()
    try:
        form = form_body(NewToken)
        with begin(doors.actor()) as work:
            row, text = tokens.create(work, doors.reader().id, form.name, days=form.days or None)
    except Invalid as error:
        return _page(400, error.fields or {"name": error.message})
    return doors.page("auth/token_made.html", name=row.name, text=text)


@door.post("/account/tokens/<id:token_id>/revoke")
@allow(*STAFF)
def revoke_token(token_id: str) -> Response:
    with begin(doors.actor()) as work:
        tokens.revoke(work, doors.reader().id, token_id)
    return doors.go("/account/tokens?note=revoked")


def _page(status: int = 200, errors: dict[str, str] | None = None) -> Response:
    with reading(doors.actor()) as work:
        rows = tokens.of_user(work, doors.reader().id)
    return doors.page("auth/tokens.html", status, rows=rows, errors=errors or {}, note=words.note())
