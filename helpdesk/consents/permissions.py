"""Who may set up purposes, and who may write down what a customer says."""

from __future__ import annotations

from helpdesk.core.errors import Forbidden
from helpdesk.core.work import Work


def require_set_up(work: Work) -> None:
    if not (work.actor.is_admin or work.actor.kind == "system"):
        raise Forbidden("Only an administrator can change purposes.")
