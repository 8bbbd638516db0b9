"""`/` leads on to where the caller belongs."""

from __future__ import annotations

from flask import Response

from helpdesk.core.work import reading
from helpdesk.identity import queries
from helpdesk.web import doors
from helpdesk.web.auth.base import door
from helpdesk.web.doors import allow


@door.get("/")
@allow("public")
def home() -> Response:
    """The wizard while nobody exists, else the door of the caller's role, or the sign-in."""
    here = doors.standing()
    if here.reader is None:
        with reading(here.actor) as work:
            empty = not queries.anybody_exists(work)
        return doors.go("/setup" if empty else "/sign-in")
    if here.actor.role == "customer":
        return doors.go("/portal")
    return doors.go("/tech" if here.actor.role == "technician" else "/desk")
