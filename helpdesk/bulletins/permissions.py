"""Who may write bulletins; who reads them is part of each (`Bulletin.audience`)."""

from __future__ import annotations

from helpdesk.core.actors import Actor
from helpdesk.core.errors import Forbidden
from helpdesk.core.work import Work


def may_write(actor: Actor) -> bool:
    """An incident is told by whoever runs the floor, not only by administrators."""
    return actor.kind == "system" or (actor.kind == "user" and actor.is_supervisor)


def require_writing(work: Work) -> None:
    if not may_write(work.actor):
        raise Forbidden("Your role does not allow this. Ask a supervisor.")
