"""Home by need: what is open and who has to act, and what everybody is told."""

from __future__ import annotations

from flask import Response

from helpdesk.core.work import reading
from helpdesk.web import doors
from helpdesk.web.doors import allow
from helpdesk.web.portal import door, frame, showing


@door.get("")
@allow("customer")
def home() -> Response:
    with reading(doors.actor()) as work:
        at = frame.mine(work)
        return frame.show(
            "home.html", at, area="home", announcements=showing.announcements(work, at)
        )
