"""Legal holds: a ticket that is not erased until a supervisor lifts it."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select

from helpdesk.core.errors import Forbidden, Invalid, NotFound
from helpdesk.core.work import Work
from helpdesk.privacy.models import LegalHold


def hold(work: Work, ticket_id: str, reason: str) -> None:
    """The caller has made sure that the actor sees the ticket."""
    _require(work)
    why = " ".join(reason.replace("\0", "").split())[:300]
    if not why:
        raise Invalid(fields={"reason": "Say why it must be kept."})
    row = LegalHold(ticket_id=ticket_id, reason=why, actor=work.actor.label, at=work.at)
    if work.put_if_absent(row):
        work.audit("ticket.held", "ticket", ticket_id, reason=why)


def lift(work: Work, ticket_id: str) -> None:
    _require(work)
    row = work.session.get(LegalHold, ticket_id)
    if row is None:
        raise NotFound()
    work.session.delete(row)
    work.session.flush()
    work.audit("ticket.hold_lifted", "ticket", ticket_id, reason=row.reason)


def among(work: Work, ticket_ids: Collection[str]) -> dict[str, LegalHold]:
    if not ticket_ids:
        return {}
    found = work.session.scalars(select(LegalHold).where(LegalHold.ticket_id.in_(ticket_ids)))
    return {row.ticket_id: row for row in found}


def _require(work: Work) -> None:
    if not (work.actor.is_supervisor or work.actor.kind == "system"):
        raise Forbidden("Only supervisors put tickets on hold.")
