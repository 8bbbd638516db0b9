"""What a change of an account means for the floor: nobody who left is offered work."""

from __future__ import annotations

from helpdesk.core.actors import DESK
from helpdesk.core.work import Emitted, Work
from helpdesk.identity.events import RoleChanged, UserAdded, UserDeactivated, UserReactivated
from helpdesk.routing import offers, presence
from helpdesk.workflows import desk


def join_the_floor(work: Work, emitted: list[Emitted]) -> None:
    """Somebody new for the desk gets a state and slots; who left is offered nothing more."""
    for one in emitted:
        event = one.event
        if isinstance(event, UserAdded) and event.role in DESK:
            presence.ensure_agent(work, event.user_id)
        elif isinstance(event, RoleChanged):
            if event.after in DESK:
                presence.ensure_agent(work, event.user_id)
            offers.hold_items_offered_to(work, event.user_id)
            presence.deactivate(work, event.user_id, active=event.after in DESK)
            if event.after not in DESK:
                desk.withdraw_offers(work, event.user_id, "left_the_desk")
        elif isinstance(event, UserReactivated):
            presence.deactivate(work, event.user_id, active=True)
        elif isinstance(event, UserDeactivated):
            offers.hold_items_offered_to(work, event.user_id)
            presence.deactivate(work, event.user_id, active=False)
            desk.withdraw_offers(work, event.user_id, "left_the_desk")
