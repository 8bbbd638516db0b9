"""What customers see where there is nothing for them: their brand, their language and two ways on.

Absent and not theirs look the same. Not for programs and fragments (`web.errors_shown`).
"""

from __future__ import annotations

from flask import Response

from helpdesk.core.errors import NotFound
from helpdesk.core.work import reading
from helpdesk.web import doors, errors_shown
from helpdesk.web.portal import frame


def show(error: NotFound) -> Response:
    """404 as a page of the portal; the help centre has the same."""
    if errors_shown.wants_json() or errors_shown.wants_fragment():
        return errors_shown.answer(error.status, code=error.code, detail=error.message)
    with reading(doors.actor()) as work:
        return frame.show("missing.html", frame.here(work), error.status)
