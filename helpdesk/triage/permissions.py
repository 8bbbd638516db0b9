"""Who may set triage up: administrators. What it suggests is seen by whoever sees the ticket."""

from __future__ import annotations

from helpdesk.core.errors import Forbidden
from helpdesk.core.work import Work


def require_set_up(work: Work) -> None:
    if not (work.actor.is_admin or work.actor.kind == "system"):
        raise Forbidden("Only an administrator sets triage up.")
