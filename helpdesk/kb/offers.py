"""Articles put before somebody who is about to write, and what they did with them.

An offer belongs to a customer, or to a browser that nobody knows and that names itself with a mark
of its own; nobody else changes it. What it proves is decided later (`kb.deflection`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, select, update

from helpdesk.core.db import insert_all_if_absent, insert_if_absent
from helpdesk.core.ids import is_id
from helpdesk.core.work import Work
from helpdesk.kb import deflection
from helpdesk.kb.models import Offer, OfferedArticle
from helpdesk.kb.uses import Case

PLACES = ("portal", "widget")
MOST_ARTICLES = 20
KEPT = timedelta(days=400)
BATCH = 500


@dataclass(frozen=True, slots=True)
class Person:
    """A customer where it is known who it is, else a browser by the hash of its mark."""

    customer_id: str | None = None
    reader: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where and in which language it is offered."""

    name: str
    locale: str


def person(customer_id: str | None, mark: str = "") -> Person:
    """`mark` is the browser's own word for itself; only its hash goes on from here."""
    if customer_id is not None:
        return Person(customer_id)
    return Person(reader=hashlib.sha256(f"offer {mark}".encode()).hexdigest() if mark else "")


def show(work: Work, offer_id: str, who: Person, place: Place, article_ids: Iterable[str]) -> bool:
    """They see these articles while they write; False where the offer is somebody else's."""
    ids = [one for one in article_ids if is_id(one)][:MOST_ARTICLES]
    if not ids or not is_id(offer_id) or who == Person() or place.name not in PLACES:
        return False
    values = {
        "id": offer_id, "place": place.name, "locale": place.locale[:10],
        "customer_id": who.customer_id, "reader": who.reader,
        "is_known": who.customer_id is not None, "shown_at": work.at,
        "due_at": work.at + deflection.WINDOW,
    }  # fmt: skip
    if not insert_if_absent(work.session, Offer, values) and _own(work, offer_id, who) is None:
        return False
    new = [{"offer_id": offer_id, "article_id": one, "opened_at": None} for one in ids]
    insert_all_if_absent(work.session, OfferedArticle, new)
    return True


def opened(work: Work, offer_id: str, article_id: str, who: Person | None = None) -> bool:
    """They read one of its articles. Without `who` whoever has the offer's address counts."""
    row = _own(work, offer_id, who)
    article = work.session.get(OfferedArticle, (offer_id, article_id)) if row else None
    if row is None or article is None:
        return False
    article.opened_at = article.opened_at or work.at
    row.opened_at = row.opened_at or work.at
    _wait(row)
    return True


def declare(work: Work, offer_id: str, article_id: str, who: Person) -> bool:
    """They say that this article answered it. The same said again within days counts once."""
    row = _own(work, offer_id, who)
    if row is None or row.case_id is not None:
        return False
    if work.session.get(OfferedArticle, (offer_id, article_id)) is None:
        return False
    work.session.execute(
        update(Offer)
        .where(_of(who), Offer.settled_at.is_(None), Offer.declared_id == article_id)
        .where(Offer.id != offer_id)
        .values(declared_at=None, declared_id=None)
        .execution_options(synchronize_session=False)
    )
    row.declared_at, row.declared_id = work.at, article_id
    _wait(row)
    return True


def take_back(work: Work, offer_id: str, who: Person) -> bool:
    """They need help all the same."""
    row = _own(work, offer_id, who)
    if row is None:
        return False
    row.declared_at = row.declared_id = None
    _wait(row)
    return True


def wrote(work: Work, offer_id: str, who: Person, case: Case | None = None) -> bool:
    """They sent what they were writing: settled at once. `case` is what it became, where known."""
    row = _own(work, offer_id, who)
    if row is None:
        return False
    settle(work, row, work.at, case)
    return True


def is_of(work: Work, who: Person, customer_id: str) -> int:
    """That browser turned out to be this customer's; answers how many offers it had seen."""
    if not who.reader:
        return 0
    done: Any = work.session.execute(
        update(Offer)
        .where(_of(who), Offer.settled_at.is_(None))
        .values(customer_id=customer_id, is_known=True)
        .execution_options(synchronize_session=False)
    )
    return int(done.rowcount)


def due(work: Work, *, most: int) -> Sequence[Offer]:
    """Offers whose days are over."""
    wanted = select(Offer).where(Offer.settled_at.is_(None), Offer.due_at <= work.at)
    return work.session.scalars(wanted.order_by(Offer.due_at).limit(most)).all()


def settle(work: Work, row: Offer, contact_at: datetime | None, case: Case | None) -> None:
    """Write down what came of it, and forget who it was."""
    facts = deflection.Facts(row.shown_at, row.opened_at, row.declared_at, contact_at)
    outcome = deflection.decide(facts, work.at)
    if outcome is None:
        return
    row.outcome, row.settled_at = outcome, work.at
    row.customer_id, row.reader = None, ""
    if outcome == "contact":
        row.contact_at = contact_at
        row.case_kind, row.case_id = (case.kind, case.id) if case is not None else ("", None)


def forget_old(work: Work) -> int:
    """Rows that no report reads any more."""
    old = select(Offer.id).where(Offer.shown_at < work.at - KEPT).limit(BATCH)
    ids = list(work.session.scalars(old))
    if ids:
        work.session.execute(delete(OfferedArticle).where(OfferedArticle.offer_id.in_(ids)))
        work.session.execute(delete(Offer).where(Offer.id.in_(ids)))
    return len(ids)


def _own(work: Work, offer_id: str, who: Person | None) -> Offer | None:
    """The offer while it is not settled, if it is theirs."""
    row = work.session.get(Offer, offer_id, with_for_update=True) if is_id(offer_id) else None
    if row is None or row.settled_at is not None:
        return None
    if who is None:
        return row
    same = row.customer_id == who.customer_id if who.customer_id else row.reader == who.reader
    return row if same and who != Person() else None


def _of(who: Person) -> ColumnElement[bool]:
    if who.customer_id is not None:
        return Offer.customer_id == who.customer_id
    return Offer.reader == who.reader


def _wait(row: Offer) -> None:
    row.due_at = deflection.until(
        deflection.Facts(row.shown_at, row.opened_at, row.declared_at, None)
    )
