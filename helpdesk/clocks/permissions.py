"""Who may see and set service levels, and who may promise.

The desk sees deadlines and policies, administrators set them. Promises are made and kept by people
of the desk; another's promise is withdrawn by a supervisor.
"""

from __future__ import annotations

from helpdesk.clocks.models import ClockRow
from helpdesk.core.actors import Actor
from helpdesk.core.errors import Forbidden, NotFound
from helpdesk.core.work import Work


def can_see(actor: Actor) -> bool:
    return actor.kind == "system" or actor.on_desk


def can_set(actor: Actor) -> bool:
    return actor.kind == "system" or actor.is_admin


def can_end(actor: Actor, promise: ClockRow) -> bool:
    own = actor.kind == "user" and promise.owner_id == actor.id
    return actor.kind == "system" or actor.is_supervisor or (actor.on_desk and own)


def require_see(work: Work) -> None:
    if not can_see(work.actor):
        raise NotFound


def require_set(work: Work) -> None:
    """NotFound for outsiders, Forbidden for staff who may only look."""
    require_see(work)
    if not can_set(work.actor):
        raise Forbidden("Only an administrator can change service levels.")
