"""Why a ticket is due when it is due: its clocks, the time window by window, and what if."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, current_app

from helpdesk.calendars import queries as calendars
from helpdesk.clocks import choosing, stories
from helpdesk.core.errors import NotFound
from helpdesk.core.ids import is_id
from helpdesk.core.work import Work, reading
from helpdesk.identity.queries import names as people_names
from helpdesk.tickets import permissions
from helpdesk.web import doors, sla_words
from helpdesk.web.agent import clock_words, door
from helpdesk.web.agent.shell import show
from helpdesk.web.bodies import query_text
from helpdesk.web.doors import allow


@door.get("/tickets/<id:ticket_id>/clocks")
@allow("agent", "supervisor", "admin")
def ticket_clocks(ticket_id: str) -> Response:
    with reading(doors.actor()) as work:
        ticket = permissions.get_visible(work, ticket_id)
        story = stories.story_of(work, ticket.id)
        clock_id = query_text("clock")
        chosen = clock_id if is_id(clock_id) else clock_words.pressing(story)
        told = stories.explained(story, chosen) if chosen else None
        named = [p.policy for p in story.choice.passed_over]
        conditions = [c for p in [*named, story.choice.policy] if p for c in p.conditions]
        owners = [c.owner_id for c in story.clocks if c.owner_id]
        policies = choosing.chooser(work).policies
        return show(
            work,
            "agent/clocks.html",
            title=f"Clocks of T-{ticket.number}",
            area="tickets",
            ticket=ticket,
            story=story,
            chosen=next((one for one in story.clocks if one.id == chosen), None),
            told=told,
            view=clock_words.view(story, told, doors.reader().timezone),
            names=sla_words.names_of(work, conditions),
            words=sla_words,
            owners=people_names(work, owners),
            ticket_page="agent.ticket" in current_app.view_functions,
            policies=[(one.id, one.name) for one in policies],
            calendars=[(row.id, row.name) for row in calendars.list_calendars(work)],
            asked=_asked(),
            instead=_what_if(work, story),
            say=clock_words,
        )


def _asked() -> Mapping[str, str]:
    return {name: query_text(name) for name in ("priority", "calendar", "policy")}


def _what_if(work: Work, story: stories.Story) -> Any:
    """The comparison that was asked for; nothing for a question that can't be answered."""
    asked = _asked()
    if not any(asked.values()) or asked["priority"] not in ("", *sla_words.PRIORITIES):
        return None
    if asked["calendar"] not in ("", stories.ALWAYS) and not is_id(asked["calendar"]):
        return None
    try:
        return stories.what_if(
            work,
            story,
            priority=asked["priority"],
            calendar_id=asked["calendar"],
            policy_id=asked["policy"],
        )
    except NotFound:
        return None
