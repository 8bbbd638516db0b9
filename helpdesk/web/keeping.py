"""Notes that sessions and tokens are in use, at most once a minute each.

After the answer is made, so that a person waits for no write. Not for ending them: idle time is
looked at when a session is found.
"""

from __future__ import annotations

import logging

from flask import Flask, Response, g
from sqlalchemy.exc import SQLAlchemyError

from helpdesk.core import clock
from helpdesk.core.actors import system
from helpdesk.core.work import begin
from helpdesk.identity import sessions, tokens

log = logging.getLogger("helpdesk.web")


def note_use(app: Flask) -> None:
    """Register with `app`."""

    @app.after_request
    def note(response: Response) -> Response:
        try:
            _note_session()
            _note_token()
        except SQLAlchemyError as error:
            # The answer stands; the next request notes it.
            log.warning("use of a session could not be noted: %s", type(error).__name__)
        return response


def _note_session() -> None:
    standing, seen_at = g.get("standing"), g.get("seen_at")
    if not standing or not standing.session or seen_at is None:
        return
    if seen_at < clock.now() - sessions.SEEN_EVERY:
        with begin(system("web")) as work:
            sessions.touch(work, standing.session.id)


def _note_token() -> None:
    found = g.get("token_used")
    if not found:
        return
    token_id, used_at = found
    if used_at is None or used_at < clock.now() - tokens.USED_EVERY:
        with begin(system("web")) as work:
            tokens.touch(work, token_id)
