"""What an agent may know of somebody before answering: why they probably come."""

from __future__ import annotations

from flask import Response

from helpdesk.channels.models import Conversation
from helpdesk.core.errors import NotFound
from helpdesk.core.work import reading
from helpdesk.routing.models import Offer, WorkItem
from helpdesk.web import doors
from helpdesk.web.agent import door
from helpdesk.web.doors import allow
from helpdesk.workflows import likely


@door.get("/offers/<id:offer_id>/before")
@allow("agent", "supervisor", "admin")
def before_answering(offer_id: str) -> Response:
    """Three likely reasons, for whom it is offered to; nothing for what is no conversation."""
    with reading(doors.actor()) as work:
        offer = work.session.get(Offer, offer_id)
        if offer is None or offer.agent_id != work.actor.id:
            raise NotFound("There is no such offer for you.")
        item = work.session.get_one(WorkItem, offer.work_item_id)
        # Once it is answered there is nothing to tell any more, least of all to who declined.
        is_live = offer.state == "live"
        about = work.session.get(Conversation, item.subject_id) if is_live else None
        found = likely.of_conversation(work, about) if about is not None else []
        return doors.fragment("agent/_before.html", reasons=found)
