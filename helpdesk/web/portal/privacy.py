"""The privacy page: what may be sent, what is kept, and the ways to get, correct and erase it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import Response, request

from helpdesk.consents import purposes, service
from helpdesk.core.work import Work, begin, reading
from helpdesk.web import doors
from helpdesk.web.doors import allow
from helpdesk.web.portal import door, frame
from helpdesk.web.portal.frame import Here
from helpdesk.web.portal.writing import writes
from helpdesk.workflows import portal_choices

TO = "/portal/privacy"
SHOWN = 50


@dataclass(frozen=True, slots=True)
class Past:
    """One line of the history, in the reader's words."""

    what: str
    how: str
    at: datetime


@door.get("/privacy")
@allow("customer")
def privacy() -> Response:
    with reading(doors.actor()) as work:
        at = frame.mine(work)
        customer = at.signed_in
        return frame.show(
            "privacy.html",
            at,
            area="privacy",
            choices=portal_choices.choices(work, customer.id),
            stops=portal_choices.stops(work, customer.id),
            history=_history(work, at),
        )


@door.post("/privacy/choices")
@allow("customer")
def save_choices() -> Response:
    """Ticked boxes are on; only those that stood on the page are looked at."""
    writes.spend(doors.actor().id)
    ticked, shown = request.form.getlist("on")[:400], request.form.getlist("shown")[:400]
    with begin(doors.actor()) as work:
        portal_choices.choose(work, frame.mine(work).signed_in.id, set(ticked), set(shown))
    return doors.go(f"{TO}?note=chosen")


def _history(work: Work, at: Here) -> Sequence[Past]:
    say, named = at.say, {one.key: one.name(at.say.language) for one in purposes.every(work)}
    rows = service.history(work, [at.signed_in.id], limit=SHOWN).items
    found = []
    for row in rows:
        name = named.get(row.purpose, row.purpose)
        how = [say(f"privacy.channel.{row.channel}"), say(f"privacy.source.{row.source}")]
        if row.address:
            how.append(say("privacy.only_for", address=row.address))
        how.append(say("privacy.version", number=row.text_number))
        found.append(Past(say(f"privacy.said.{row.state}", name=name), ", ".join(how), row.at))
    return found
