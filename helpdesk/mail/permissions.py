"""Who may see mails and set up mailboxes: the desk reads what customers wrote, admins set up."""

from __future__ import annotations

from helpdesk.core.errors import Forbidden, NotFound
from helpdesk.core.work import Work


def require_set_up(work: Work) -> None:
    if work.actor.kind != "system" and not work.actor.is_admin:
        raise Forbidden("Only an administrator can set up e-mail.")


def require_desk(work: Work) -> None:
    if work.actor.kind != "system" and not work.actor.on_desk:
        raise NotFound()
