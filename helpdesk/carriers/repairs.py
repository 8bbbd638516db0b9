"""What was found to disagree between a carrier and the database, and put right: a list to read."""

from __future__ import annotations

from collections.abc import Sequence

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


def latest(work: Work, *, limit: int = SHOWN) -> Sequence[CarrierRepair]:
    return work.session.scalars(
        select(CarrierRepair)
        .order_by(CarrierRepair.at.desc(), CarrierRepair.id.desc())
        .limit(limit)
    ).all()
