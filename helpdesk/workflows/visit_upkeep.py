"""What was offered long ago is forgotten: windows after a month, questions after two days."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, select

from helpdesk.core.actors import system
from helpdesk.core.work import begin
from helpdesk.field_service.models import SlotAsk, SlotOffer

ACTOR = system("visits")
OFFERS, ASKS = timedelta(days=30), timedelta(days=2)
AT_ONCE = 1000


def forget_old() -> None:
    """A job for the night, in small transactions."""
    for table, age in ((SlotOffer, OFFERS), (SlotAsk, ASKS)):
        while True:
            with begin(ACTOR) as work:
                old = select(table.id).where(table.made_at < work.at - age)
                if table is SlotOffer:
                    old = old.where(SlotOffer.state != "held")
                ids = work.session.scalars(old.limit(AT_ONCE)).all()
                work.session.execute(delete(table).where(table.id.in_(ids)))
            if len(ids) < AT_ONCE:
                break
