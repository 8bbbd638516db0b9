"""Who may see and set business hours: staff see them, administrators set them."""

from __future__ import annotations

from helpdesk.calendars.models import CalendarRow
from helpdesk.core.actors import Actor
from helpdesk.core.errors import Forbidden, NotFound
from helpdesk.core.ids import is_id
from helpdesk.core.work import Work


def can_see(actor: Actor) -> bool:
    return actor.kind == "system" or actor.is_staff


def can_set(actor: Actor) -> bool:
    return actor.kind == "system" or actor.is_admin


def require_set(work: Work) -> None:
    """NotFound for outsiders, Forbidden for staff who may only look."""
    if not can_see(work.actor):
        raise NotFound
    if not can_set(work.actor):
        raise Forbidden("Only an administrator can change business hours.")


def get_calendar(work: Work, calendar_id: str) -> CalendarRow:
    found = work.session.get(CalendarRow, calendar_id) if is_id(calendar_id) else None
    if found is None or not can_see(work.actor):
        raise NotFound
    return found
