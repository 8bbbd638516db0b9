"""What carrier, sockets and database disagreed on, and what was put right: a list to read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from helpdesk.carriers.models import CarrierRepair
from helpdesk.core.ids import new_id
from helpdesk.core.work import Work

SHOWN = 50


def note(work: Work, what: str, sid: str, told: str, conversation_id: str | None = None) -> None:
    work.session.add(
        CarrierRepair(
            id=new_id(),
            at=work.at,
            conversation_id=conversation_id,
            sid=sid,
            what=what,
            told=told[:300],
        )
    )


def latest(
    work: Work, *, since: datetime | None = None, limit: int = SHOWN
) -> Sequence[CarrierRepair]:
    """The newest first."""
    wanted = select(CarrierRepair).order_by(CarrierRepair.at.desc(), CarrierRepair.id.desc())
    if since is not None:
        wanted = wanted.where(CarrierRepair.at > since)
    return work.session.scalars(wanted.limit(limit)).all()
