"""Contacts that articles spared, as figures with the rows behind them. Not for deciding it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import case, func, select

from helpdesk.core.paging import Page, clamp_limit, cut, keyset
from helpdesk.core.work import Work
from helpdesk.kb import permissions, settings
from helpdesk.kb.deflection import OUTCOMES
from helpdesk.kb.models import Offer, OfferedArticle


@dataclass(frozen=True, slots=True)
class Money:
    """Cents of a currency."""

    cents: int
    currency: str

    def __str__(self) -> str:
        return f"{self.cents // 100:,}.{self.cents % 100:02} {self.currency}"


@dataclass(frozen=True, slots=True)
class Figures:
    """Offers of a time: all, read in, declared, still within their days, and by outcome.

    `unknown` of the solved are browsers that nobody knows: they may have written elsewhere.
    """

    shown: int = 0
    opened: int = 0
    declared: int = 0
    waiting: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)
    unknown: int = 0
    broken: int = 0  # declared, and a contact followed
    each: Money | None = None

    @property
    def solved(self) -> int:
        return self.outcomes.get("solved", 0)

    @property
    def value(self) -> Money | None:
        """Contacts avoided x what one contact costs."""
        return self.each and Money(self.each.cents * self.solved, self.each.currency)


@dataclass(frozen=True, slots=True)
class Line:
    """An offer with the articles that were shown in it."""

    offer: Offer
    shown: Sequence[OfferedArticle]


def figures(work: Work, days: int) -> Figures:
    permissions.require_writing(work)
    declared = case((Offer.declared_at.is_not(None), 1), else_=0)
    rows = work.session.execute(
        select(
            Offer.outcome, Offer.is_known, func.count(), func.count(Offer.opened_at),
            func.sum(declared),
        )
        .where(Offer.shown_at >= work.at - timedelta(days=days))
        .group_by(Offer.outcome, Offer.is_known)
    ).all()  # fmt: skip
    site = settings.get(work)
    return Figures(
        shown=sum(row[2] for row in rows),
        opened=sum(row[3] for row in rows),
        declared=sum(row[4] for row in rows),
        waiting=sum(row[2] for row in rows if row.outcome == ""),
        outcomes={
            one: sum(row[2] for row in rows if row.outcome == one) for one in OUTCOMES
        },
        unknown=sum(row[2] for row in rows if row.outcome == "solved" and not row.is_known),
        broken=sum(row[4] for row in rows if row.outcome == "contact"),
        each=None if site.contact_cents is None else Money(site.contact_cents, site.currency),
    )  # fmt: skip


def by_article(work: Work, days: int, *, most: int) -> Sequence[tuple[str, int]]:
    """The articles that solved most."""
    permissions.require_writing(work)
    times = func.count()
    rows = work.session.execute(
        select(Offer.declared_id, times)
        .where(Offer.outcome == "solved", Offer.shown_at >= work.at - timedelta(days=days))
        .group_by(Offer.declared_id)
        .order_by(times.desc(), Offer.declared_id)
        .limit(most)
    )
    return [(str(one), n) for one, n in rows]


def page(
    work: Work,
    days: int,
    outcome: str,
    *,
    cursor: str | None = None,
    limit: int | None = None,
) -> Page[Line]:
    """The rows behind the figures, the newest first.

    `outcome` "" for all, "waiting", "read" and "declared" whatever came of them, or one of those.
    """
    permissions.require_writing(work)
    most = clamp_limit(limit)
    wanted = select(Offer).where(Offer.shown_at >= work.at - timedelta(days=days))
    if outcome in ("read", "declared"):
        at = Offer.opened_at if outcome == "read" else Offer.declared_at
        wanted = wanted.where(at.is_not(None))
    elif outcome:
        wanted = wanted.where(Offer.outcome == ("" if outcome == "waiting" else outcome))
    keys = [Offer.shown_at, Offer.id]
    rows = work.session.scalars(keyset(wanted, keys, cursor=cursor, limit=most)).all()
    found = cut(rows, most, lambda row: [row.shown_at, row.id])
    shown: dict[str, list[OfferedArticle]] = {}
    ids = [row.id for row in found.items]
    for one in work.session.scalars(select(OfferedArticle).where(OfferedArticle.offer_id.in_(ids))):
        shown.setdefault(one.offer_id, []).append(one)
    return Page([Line(row, shown.get(row.id, [])) for row in found.items], found.next_cursor)
