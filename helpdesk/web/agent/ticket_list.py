"""Lists of tickets on the desk: views at the side, a dense table, filters as chips, take the next.

The first page of any view costs the same however many tickets there are (see `tickets.listing`).
Not for changing many at once (`ticket_list_bulk`) nor for keeping views (`ticket_list_views`).
"""

from __future__ import annotations

from typing import Any

from flask import Response, request

from helpdesk.core.errors import Conflict
from helpdesk.core.work import begin, reading
from helpdesk.tickets import listing, views
from helpdesk.web import doors
from helpdesk.web.agent import door
from helpdesk.web.agent import ticket_list_view as shown
from helpdesk.web.agent.shell import show
from helpdesk.web.bodies import query_text
from helpdesk.web.doors import allow
from helpdesk.workflows import cases_bulk, cases_line

TRIES = 5


@door.get("/tickets")
@allow("agent", "supervisor", "admin")
def ticket_list() -> Response:
    """One page of a view, or of a filter of one's own."""
    with reading(doors.actor()) as work:
        asked = shown.asked(work)
        page = listing.page(
            work,
            asked.wanted,
            cases_bulk.reader_of(work),
            sort=asked.sort,
            cursor=query_text("cursor", longest=500) or None,
        )
        panel = shown.panel(work, asked) if request.args.get("panel") else None
        return show(
            work,
            "agent/ticket_list/list.html",
            title=asked.title,
            area="tickets",
            asked=asked,
            list=shown.list_view(work, asked, page),
            sides=shown.sides(work, asked),
            panel=panel,
            chips=shown.chips(work, asked),
            nothing=bool(request.args.get("nothing")),
        )


@door.get("/tickets/filter")
@allow("agent", "supervisor", "admin")
def ticket_filter() -> Response:
    """The form behind the chips, fetched when somebody opens it."""
    with reading(doors.actor()) as work:
        asked = shown.asked(work)
        return doors.fragment(
            "agent/ticket_list/_filter.html", asked=asked, panel=shown.panel(work, asked)
        )


@door.get("/tickets/counts")
@allow("agent", "supervisor", "admin")
def ticket_counts() -> dict[str, Any]:
    """How many each view of the reader has, up to 99."""
    with reading(doors.actor()) as work:
        reader = cases_bulk.reader_of(work)
        found = {
            view.key: listing.count(work, view.filter, reader).shown
            for view in views.views_for(work)
        }
    return {"counts": found}


@door.get("/tickets/fresh")
@allow("agent", "supervisor", "admin")
def ticket_fresh() -> dict[str, Any]:
    """What stands on this page now: the browser compares and offers to show it."""
    with reading(doors.actor()) as work:
        asked = shown.asked(work)
        page = listing.page(
            work,
            asked.wanted,
            cases_bulk.reader_of(work),
            sort=asked.sort,
            cursor=query_text("cursor", longest=500) or None,
        )
    return {"stamps": {line.id: shown.stamp(line) for line in page.items}}


@door.post("/tickets/take")
@allow("agent", "supervisor", "admin")
def take_next() -> Response:
    """The most urgent ticket of my queues that is nobody's becomes mine."""
    view = views.get_view_of_house("unassigned")
    for _ in range(TRIES):
        with reading(doors.actor()) as work:
            reader = cases_bulk.reader_of(work)
            page = listing.page(work, view.filter, reader, sort=view.sort, limit=1)
        if not page.items:
            break
        line = page.items[0]
        try:
            with begin(doors.actor()) as work:
                held = cases_line.hold(work, line.id)
                if held.ticket.assignee_id is not None:
                    raise Conflict("Somebody else took it.", code="taken")
                cases_line.pull(work, line.id)
        except Conflict:
            continue  # a colleague was faster: the next one
        return doors.go(f"/desk/tickets/{line.id}")
    return doors.go("/desk/tickets?view=unassigned&nothing=1")
