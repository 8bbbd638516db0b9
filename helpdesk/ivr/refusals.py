"""Proofs that did not fit, so that nobody tries digits for long, in one call or in many.

What is counted is the number that was asked about, whoever asks: a caller can hide their own.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, func, select

from helpdesk.core.ids import new_id
from helpdesk.core.work import Work
from helpdesk.ivr.models import IvrRefusal

MOST = 5
WITHIN = timedelta(hours=24)


def is_closed(work: Work, what: str, number: str) -> bool:
    """Whether nothing is read out about this number for now, not even to the right proof."""
    count = work.session.scalar(
        select(func.count()).where(
            IvrRefusal.what == what,
            IvrRefusal.number == _plain(number),
            IvrRefusal.at > work.at - WITHIN,
        )
    )
    return (count or 0) >= MOST


def note(work: Work, what: str, number: str) -> None:
    work.session.add(IvrRefusal(id=new_id(), what=what, number=_plain(number), at=work.at))
    work.session.flush()


def _plain(number: str) -> str:
    # 0010432 asks about the same as 10432.
    return number.lstrip("0") or "0"


def forget_old(work: Work) -> None:
    """Those that no longer count."""
    work.session.execute(delete(IvrRefusal).where(IvrRefusal.at < work.at - WITHIN))
