"""Who wants no texts from us: asked for or told by the carrier, undone in the customer's words."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select, update

from helpdesk.core.errors import Conflict
from helpdesk.core.ids import new_id
from helpdesk.core.paging import Page, clamp_limit, cut, keyset
from helpdesk.core.work import Work
from helpdesk.customers.models import ContactPoint
from helpdesk.texts.events import TextsOptedIn, TextsOptedOut
from helpdesk.texts.models import TextOptOut


def standing(work: Work, number: str) -> TextOptOut | None:
    """The opt-out in force for this number."""
    return work.session.scalar(
        select(TextOptOut).where(TextOptOut.number == number, TextOptOut.undone_at.is_(None))
    )


def standing_since(work: Work, numbers: Collection[str]) -> dict[str, datetime]:
    """By number, since when nobody may text it."""
    if not numbers:
        return {}
    rows = work.session.execute(
        select(TextOptOut.number, TextOptOut.at).where(
            TextOptOut.number.in_(numbers), TextOptOut.undone_at.is_(None)
        )
    )
    return {row.number: row.at for row in rows}


def stop(work: Work, number: str, *, customer_id: str, words: str, told_by: str) -> bool:
    """Keep it, with when and in which words; False when it stands already."""
    point = work.session.scalar(
        select(ContactPoint.id)
        .where(
            ContactPoint.customer_id == customer_id,
            ContactPoint.kind == "phone",
            ContactPoint.value == number,
        )
        .limit(1)
    )
    row = TextOptOut(
        id=new_id(),
        number=number,
        contact_point_id=point,
        told_by=told_by,
        words=words.strip()[:160],
        at=work.at,
        undone_at=None,
    )
    if not work.put_if_absent(row):
        return False
    work.emit(
        TextsOptedOut(customer_id=customer_id, opt_out_id=row.id, number=number, told_by=told_by)
    )
    work.audit("texts.opted_out", "customer", customer_id, number=number, told_by=told_by)
    return True


def lift(work: Work, number: str, *, customer_id: str, words: str) -> TextOptOut:
    """Somebody of ours writes down that the customer wants texts again, and how they said so.

    Conflict (`told_by_carrier`): the carrier sends nothing until the customer tells it themselves.
    """
    row = standing(work, number)
    if row is None:
        raise Conflict("Nothing stands against texts to this number.", code="not_opted_out")
    if row.told_by == "carrier":
        raise Conflict(
            "The carrier keeps this one. It ends when START comes from that number.",
            code="told_by_carrier",
        )
    undo(work, number, customer_id=customer_id, words=words)
    return work.session.get_one(TextOptOut, row.id, populate_existing=True)


def page(
    work: Work, *, number: str, standing: bool, cursor: str | None, limit: int
) -> Page[TextOptOut]:
    """All there ever were, the newest first; of one number, or only those in force."""
    most, wanted = clamp_limit(limit), select(TextOptOut)
    if number:
        wanted = wanted.where(TextOptOut.number == number)
    if standing:
        wanted = wanted.where(TextOptOut.undone_at.is_(None))
    order = [TextOptOut.id.expression]
    rows = work.session.scalars(keyset(wanted, order, cursor=cursor, limit=most)).all()
    return cut(rows, most, lambda row: [row.id])


def undo(work: Work, number: str, *, customer_id: str, words: str) -> bool:
    """The customer wants texts again; False when nothing stood against it."""
    row = work.session.execute(
        update(TextOptOut)
        .where(TextOptOut.number == number, TextOptOut.undone_at.is_(None))
        .values(undone_at=work.at, undone_words=words.strip()[:160])
        .returning(TextOptOut.id)
        .execution_options(synchronize_session=False)
    ).first()
    if row is None:
        return False
    work.session.expire_all()
    work.emit(TextsOptedIn(customer_id=customer_id, opt_out_id=row.id, number=number))
    work.audit("texts.opted_in", "customer", customer_id, number=number)
    return True
