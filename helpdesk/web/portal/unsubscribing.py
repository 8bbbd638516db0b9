"""Saying no to a purpose by the link in its mail: no sign-in, no cookie, and looking does nothing.

A mail program's own button posts to the same address (RFC 8058); posting twice is no error.
"""

from __future__ import annotations

from flask import Response, request

from helpdesk.consents import links, purposes
from helpdesk.core.work import Work, begin, reading
from helpdesk.web import doors
from helpdesk.web.doors import allow
from helpdesk.web.portal import brand, door, frame, speech
from helpdesk.web.portal.frame import Here


@door.get("/unsubscribe/<token>")
@allow("public", cookies=False)
def unsubscribe_page(token: str) -> Response:
    with reading(doors.actor()) as work:
        return _page(work, token, done=False)


@door.post("/unsubscribe/<token>")
@allow("public", cookies=False)
def unsubscribe(token: str) -> Response:
    with begin(doors.actor()) as work:
        links.use(work, token)
        return _page(work, token, done=True)


def _page(work: Work, token: str, *, done: bool) -> Response:
    link = links.get(work, token)
    say = speech.of(speech.chosen(request.args.get("lang"), link.language))
    known = purposes.find(work, link.purpose)
    response = frame.show(
        "unsubscribe.html",
        Here(say, brand.of(work), None),
        name=known.name(say.language) if known else link.purpose,
        address=link.address,
        done=done,
    )
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response
