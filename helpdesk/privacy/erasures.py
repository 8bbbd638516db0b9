"""The books of erasures: asked, confirmed by mail, waited for, stopped, and how far they came.

Not for erasing (see the workflow `erasing`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, or_, select

from helpdesk.core import secrets
from helpdesk.core.errors import Conflict, NotFound
from helpdesk.core.ids import is_id, new_id
from helpdesk.core.work import Work
from helpdesk.customers.models import Customer
from helpdesk.privacy import settings
from helpdesk.privacy.events import ErasureAsked, ErasureMoved
from helpdesk.privacy.models import Erasure

GOOD_FOR = timedelta(days=2)
STOPPABLE = ("asked", "confirmed", "blocked")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{32}")


def open_of(work: Work, customer_id: str) -> Erasure | None:
    """The one that goes on for this customer, the one that comes first."""
    rows = work.session.scalars(_open(customer_id).order_by(Erasure.due_at.is_(None), Erasure.id))
    return rows.first()


def latest(work: Work, customer_id: str) -> Erasure | None:
    wanted = select(Erasure).where(_of(customer_id))
    return work.session.scalar(wanted.order_by(Erasure.id.desc()).limit(1))


def ask(work: Work, customer_id: str, *, source: str, reason: str = "") -> tuple[Erasure, str]:
    """The erasure and a fresh token for its mail; a second asking gets a new link.

    Conflict (`erasing`) once it is confirmed.
    """
    row = open_of(work, customer_id)
    if row is not None and row.state != "asked":
        raise Conflict("Their data are being erased already.", code="erasing")
    token = secrets.new_token()
    if row is None:
        row = Erasure(
            id=new_id(),
            customer_id=customer_id,
            state="asked",
            source=source,
            reason=" ".join(reason.replace("\0", "").split())[:300],
            asked_by=work.actor.label,
            asked_at=work.at,
            erased={},
            kept=[],
        )
        if not work.put_if_absent(row):
            raise Conflict("Somebody asked for it at this moment.", code="erasing")
        work.emit(ErasureAsked(customer_id=customer_id, erasure_id=row.id, source=source))
        work.audit("customer.erasure_asked", "customer", customer_id, source=source)
    row.token_hash, row.token_until = secrets.token_hash(token), work.at + GOOD_FOR
    work.session.flush()
    return row, token


def by_token(work: Work, token: str, *, lock: bool = False) -> Erasure:
    """The one that this mail's link confirms; NotFound for a wrong, used or old one."""
    row = None
    if _TOKEN.fullmatch(token):
        wanted = select(Erasure).where(Erasure.token_hash == secrets.token_hash(token))
        row = work.session.scalar(wanted.with_for_update() if lock else wanted)
    if row is None or row.token_until is None or row.token_until <= work.at:
        raise NotFound()
    return row


def confirm(work: Work, row: Erasure) -> datetime:
    """It is wanted indeed: the waiting begins; answers its end. Once confirmed it stays so."""
    if row.state == "asked":
        row.state, row.confirmed_at = "confirmed", work.at
        row.due_at = work.at + timedelta(days=settings.of(work).waiting_days)
        _moved(work, row)
        work.audit("customer.erasure_confirmed", "customer", row.customer_id)
    elif row.due_at is None:
        raise NotFound()
    assert row.due_at is not None
    return row.due_at


def stop(work: Work, customer_id: str) -> bool:
    """They changed their mind; False once it has begun."""
    # Held, or what has just begun would be stopped in its middle.
    rows = work.session.scalars(_open(customer_id).order_by(Erasure.id).with_for_update()).all()
    for row in (stoppable := [row for row in rows if row.state in STOPPABLE]):
        row.state, row.due_at, row.token_hash = "stopped", None, None
        _moved(work, row)
        work.audit("customer.erasure_stopped", "customer", customer_id)
    return bool(stoppable)


def due(work: Work, *, most: int = 20) -> Sequence[str]:
    return work.session.scalars(
        select(Erasure.id)
        .where(Erasure.due_at.is_not(None), Erasure.due_at <= work.at)
        .order_by(Erasure.due_at)
        .limit(most)
    ).all()


def hold(work: Work, erasure_id: str) -> Erasure | None:
    """The row of one that is due, held; None when another process was first or it was stopped."""
    if not is_id(erasure_id):
        return None
    row = work.session.get(Erasure, erasure_id, with_for_update=True, populate_existing=True)
    if row is None or row.due_at is None or row.due_at > work.at:
        return None
    return row


def count(row: Erasure, kind: str, number: int) -> None:
    if number:
        row.erased = {**row.erased, kind: row.erased.get(kind, 0) + number}


def end(work: Work, row: Erasure, state: str, due_at: datetime | None) -> None:
    row.state, row.due_at, row.step, row.after = state, due_at, 0, ""
    if state == "done":
        row.done_at = work.at
    _moved(work, row)
    work.audit(
        "customer.erased", "customer", row.customer_id, state=state, erased=row.erased,
        kept=[{"kind": one["kind"], "count": one["count"]} for one in row.kept],
    )  # fmt: skip


def _of(customer_id: str) -> ColumnElement[bool]:
    """Over Erasure: asked for this record, or for one that was merged into it since."""
    merged = select(Customer.id).where(Customer.merged_into_id == customer_id)
    return or_(Erasure.customer_id == customer_id, Erasure.customer_id.in_(merged))


def _open(customer_id: str) -> Select[Erasure]:
    return select(Erasure).where(_of(customer_id), Erasure.state.not_in(("done", "stopped")))


def _moved(work: Work, row: Erasure) -> None:
    work.session.flush()
    work.emit(ErasureMoved(customer_id=row.customer_id, erasure_id=row.id, state=row.state))
