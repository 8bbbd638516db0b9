"""Why did this customer wait so long: the router's stored explanation on one page."""

from __future__ import annotations

from flask import Response

from helpdesk.core import reach
from helpdesk.core.errors import NotFound
from helpdesk.core.work import reading
from helpdesk.routing.queries import story
from helpdesk.web import doors
from helpdesk.web.agent import door
from helpdesk.web.agent.shell import show
from helpdesk.web.agent.why_words import tell
from helpdesk.web.agent.work_pane import name_or_unknown
from helpdesk.web.doors import allow
from helpdesk.web.presenting import duration


@door.get("/work/<id:work_item_id>/why")
@allow("agent", "supervisor", "admin")
def why(work_item_id: str) -> Response:
    with reading(doors.actor()) as work:
        found = story(work, work_item_id)
        about = {f"{found.item.subject_kind}_id": found.item.subject_id}
        if reach.hidden(work, [about])[0]:
            raise NotFound("This piece of work does not exist.")
        over = found.item.ended_waiting_at is not None
        name = name_or_unknown(found.customer_name)
        verb = "did" if over else "does"
        return show(
            work,
            "agent/why.html",
            title=f"Why {verb} {name} wait {duration(found.waited_s)}?",
            area="desk",
            story=found,
            told=tell(found),
            name=name,
        )
