"""Proofs that did not fit, so that nobody tries digits for long, in one call or in many.

What is counted is the number that was asked about, whoever asks, and whose it is: a caller can hide
their own number. Where they don't, it is counted too, so that nobody tries one thing after another.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import ColumnElement, delete, func, select

from helpdesk.core.ids import new_id
from helpdesk.core.work import Work
from helpdesk.ivr.models import IvrRefusal

MOST, MOST_OF_CUSTOMER, MOST_OF_CALLER = 5, 5, 10
WITHIN = timedelta(hours=24)


def is_closed(work: Work, what: str, number: str, caller: str) -> bool:
    """Whether nothing is read out for now, not even to the right proof."""
    about = (IvrRefusal.what == what) & (IvrRefusal.number == _plain(number))
    if _count(work, about) >= MOST:
        return True
    return bool(caller) and _count(work, IvrRefusal.caller == caller) >= MOST_OF_CALLER


def is_closed_for(work: Work, customer_id: str) -> bool:
    """The same for everything of that customer."""
    theirs = IvrRefusal.customer_id == customer_id
    return bool(customer_id) and _count(work, theirs) >= MOST_OF_CUSTOMER


def note(work: Work, what: str, number: str, *, customer_id: str = "", caller: str = "") -> None:
    work.session.add(
        IvrRefusal(
            id=new_id(),
            what=what,
            number=_plain(number),
            customer_id=customer_id or None,
            caller=caller,
            at=work.at,
        )
    )
    work.session.flush()


def _count(work: Work, those: ColumnElement[bool]) -> int:
    wanted = select(func.count()).where(those, IvrRefusal.at > work.at - WITHIN)
    return work.session.scalar(wanted) or 0


def _plain(number: str) -> str:
    # 0010432 asks about the same as 10432.
    return number.lstrip("0") or "0"


def forget_old(work: Work) -> None:
    """Those that no longer count."""
    work.session.execute(delete(IvrRefusal).where(IvrRefusal.at < work.at - WITHIN))
