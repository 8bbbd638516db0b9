"""Administrators set surveys up; supervisors read what customers answered."""

from __future__ import annotations

from helpdesk.core.errors import Forbidden, NotFound
from helpdesk.core.work import Work


def require_set_up(work: Work) -> None:
    if not (work.actor.is_admin or work.actor.kind == "system"):
        raise Forbidden("Only an administrator sets surveys up.")


def require_see(work: Work) -> None:
    if not (work.actor.is_supervisor or work.actor.kind == "system"):
        raise NotFound()
