"""Which bulletins somebody reads now, and the list for those who write them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import and_, or_, select

from helpdesk.bulletins import permissions
from helpdesk.bulletins.models import Bulletin
from helpdesk.core.paging import Page, clamp_limit, cut, keyset
from helpdesk.core.work import Work

SHOWN = 8
_GRAVEST_FIRST = {"incident": 0, "warning": 1, "news": 2}


def current(
    work: Work, *, signed_in: bool, organisation_id: str | None = None
) -> Sequence[Bulletin]:
    """What holds now for this reader, the gravest first."""
    audience = [Bulletin.audience == "everybody"]
    if signed_in:
        audience.append(Bulletin.audience == "signed_in")
    if organisation_id is not None:
        audience.append(
            and_(Bulletin.audience == "organisation", Bulletin.organisation_id == organisation_id)
        )
    rows = work.session.scalars(
        select(Bulletin)
        .where(
            Bulletin.removed_at.is_(None),
            Bulletin.from_at <= work.at,
            or_(Bulletin.to_at.is_(None), Bulletin.to_at > work.at),
            or_(*audience),
        )
        .order_by(Bulletin.from_at.desc(), Bulletin.id.desc())
        .limit(SHOWN)
    ).all()
    return sorted(rows, key=lambda row: _GRAVEST_FIRST[row.severity])


def page(work: Work, *, cursor: str | None = None, limit: int | None = None) -> Page[Bulletin]:
    """All that were written, the newest first."""
    permissions.require_writing(work)
    most = clamp_limit(limit)
    statement = select(Bulletin).where(Bulletin.removed_at.is_(None))
    columns = (Bulletin.from_at.expression, Bulletin.id.expression)
    rows = work.session.scalars(keyset(statement, columns, cursor=cursor, limit=most)).all()
    return cut(rows, most, lambda row: [row.from_at, row.id])
