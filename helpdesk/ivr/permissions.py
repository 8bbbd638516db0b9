"""Who may set call flows up: administrators. The last steps of a caller are for the whole desk."""

from __future__ import annotations

from helpdesk.core.errors import Forbidden
from helpdesk.core.work import Work


def require_set_up(work: Work) -> None:
    if not (work.actor.is_admin or work.actor.kind == "system"):
        raise Forbidden("Only an administrator sets call flows up.")
