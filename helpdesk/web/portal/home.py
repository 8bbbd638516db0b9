"""Home by need: search, what is open and who has to act, and what everybody is told."""

from __future__ import annotations

from flask import Response

from helpdesk.core.work import reading
from helpdesk.customers import households
from helpdesk.kb import queries as articles
from helpdesk.web import doors
from helpdesk.web.doors import allow
from helpdesk.web.portal import door, frame, showing, visits
from helpdesk.workflows import portal_matters, portal_reach, portal_visits

OPEN_SHOWN, DONE_SHOWN = 8, 3


@door.get("")
@allow("customer")
def home() -> Response:
    with reading(doors.actor()) as work:
        at, reach = frame.mine(work), portal_reach.of(work)
        still = portal_matters.page(work, reach, "open", limit=OPEN_SHOWN)
        done = portal_matters.page(work, reach, "done", limit=DONE_SHOWN)
        told = showing.announcements(work, at)
        searches = articles.is_any_live(work)
        invited = households.for_me(work)
        coming = portal_visits.next_of(work, reach) if at.visited else None
    return frame.show(
        "home.html",
        at,
        area="home",
        announcements=told,
        searches=searches,
        invited=invited,
        visit=visits.shown(at.say, coming) if coming is not None else None,
        open=showing.with_steps(at.say, _whose_turn_first(still.items)),
        has_more=still.next_cursor is not None,
        done=showing.with_steps(at.say, done.items),
    )


def _whose_turn_first(lines: portal_matters.Lines) -> portal_matters.Lines:
    """What the reader has to do stands above what others do."""
    return sorted(lines, key=lambda one: one.step.who != "you")
