"""Orders to a carrier: written with the decision, claimed one at a time, done or tried again.

Every order names a state, so carrying it out twice is harmless. Those of one conversation are
claimed in their order and never two at once. Not for speaking to the carrier.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, bindparam, exists, or_, select, update

from helpdesk.carriers.models import CarrierCall, CarrierOrder
from helpdesk.core.db import table_of
from helpdesk.core.ids import new_id
from helpdesk.core.ready import Ready
from helpdesk.core.work import Work

CLAIMED_FOR = timedelta(seconds=25)  # longer than the carrier's answer is waited for
SHORTEST_REST_S, LONGEST_REST_S = 0.5, 30.0
TRIES_OF_WHAT_MAY_COME = 8


@dataclass(frozen=True, slots=True)
class Claimed:
    id: str
    conversation_id: str
    what: str
    target: str
    wanted: Mapping[str, Any]
    tries: int
    conference: str = ""  # the one that the target was last known to sit in


def write(work: Work, conversation_id: str, what: str, target: str, **wanted: Any) -> None:
    """The newest word counts: what the same line was to be told before and was not is dropped."""
    drop(work, target, "" if what == "hang_up" else what)
    work.session.add(
        CarrierOrder(
            id=new_id(),
            conversation_id=conversation_id,
            what=what,
            target=target,
            wanted=wanted,
            created_at=work.at,
            due_at=work.at,
        )
    )


def find(work: Work, what: str, target: str) -> CarrierOrder | None:
    return work.session.scalar(
        select(CarrierOrder)
        .where(CarrierOrder.target == target, CarrierOrder.what == what)
        .order_by(CarrierOrder.created_at.desc())
        .limit(1)
    )


def newest(work: Work, conversation_id: str, what: str, *, since: datetime) -> CarrierOrder | None:
    return work.session.scalar(
        select(CarrierOrder)
        .where(
            CarrierOrder.conversation_id == conversation_id,
            CarrierOrder.what == what,
            CarrierOrder.created_at >= since,
        )
        .limit(1)
    )


def drop(work: Work, target: str, what: str = "") -> None:
    """What the line was still to be told (of that kind alone) has no meaning any more.

    Not what somebody is telling it at this moment: that comes to its end, and the newest after it.
    """
    work.session.flush()
    values = {"target": target, "now": work.at}
    if what:
        _DROP_SAME.run(work.sql, {**values, "what": what})
    else:
        _DROP.run(work.sql, values)


_ORDER = table_of(CarrierOrder)
_NOW = bindparam("now", type_=_ORDER.c.done_at.type)
_UNTOLD = (
    update(_ORDER)
    .where(
        _ORDER.c.target == bindparam("target"),
        _ORDER.c.done_at.is_(None),
        or_(_ORDER.c.claimed_until.is_(None), _ORDER.c.claimed_until <= _NOW),
    )
    .values(done_at=_NOW, error="A later one replaced it.")
)
_DROP = Ready(_UNTOLD)
_DROP_SAME = Ready(_UNTOLD.where(_ORDER.c.what == bindparam("what")))


def claim(work: Work, conversation_id: str) -> Claimed | None:
    """The oldest order of the conversation, if it is due and nobody is at it."""
    found = work.session.execute(_OLDEST, {"of": conversation_id}).first()
    if found is None:
        return None
    row, conference = found
    if row.due_at > work.at or (row.claimed_until or work.at) > work.at:
        return None
    row.claimed_until, row.tries = work.at + CLAIMED_FOR, row.tries + 1
    return Claimed(
        row.id,
        conversation_id,
        row.what,
        row.target,
        dict(row.wanted),
        row.tries,
        conference or "",
    )


_OLDEST = (
    select(
        CarrierOrder,
        select(CarrierCall.conference_sid)
        .where(CarrierCall.sid == CarrierOrder.target)
        .scalar_subquery(),
    )
    .where(CarrierOrder.conversation_id == bindparam("of"), CarrierOrder.done_at.is_(None))
    .order_by(CarrierOrder.id)
    .limit(1)
    .with_for_update(of=CarrierOrder)
)


def done(work: Work, order_id: str, error: str = "") -> None:
    """Carried out, or given up with the reason."""
    row = work.session.get(CarrierOrder, order_id)
    if row is not None:
        row.claimed_until = None
        row.done_at, row.error = row.done_at or work.at, error[:300] or row.error


def again(work: Work, order_id: str, error: str) -> None:
    """It did not get through: once more, after a rest that grows."""
    row = work.session.get(CarrierOrder, order_id)
    if row is not None:
        rest = min(LONGEST_REST_S, SHORTEST_REST_S * 2 ** (row.tries - 1))
        row.claimed_until, row.error = None, error[:300]
        row.due_at = work.at + timedelta(seconds=rest)


OF_A_PLACE = ("move", "seat", "announce")


def is_moot(work: Work, order: Claimed) -> bool:
    """Whether an order that did not get through has lost its meaning while it was claimed, when
    `drop` passes it by: the line is over, or a newer word for it waits behind."""
    if order.what not in OF_A_PLACE:
        return False
    is_over = exists().where(CarrierCall.sid == order.target, CarrierCall.ended_at.is_not(None))
    is_replaced = exists().where(
        CarrierOrder.target == order.target,
        CarrierOrder.id > order.id,
        CarrierOrder.done_at.is_(None),
        CarrierOrder.what.in_((order.what, "move", "hang_up")),
    )
    return bool(work.session.scalar(select(or_(is_over, is_replaced))))


def is_under_way(work: Work, target: str, what: str) -> bool:
    return (
        work.session.scalar(
            select(CarrierOrder.id)
            .where(
                CarrierOrder.target == target,
                CarrierOrder.what == what,
                CarrierOrder.done_at.is_(None),
            )
            .limit(1)
        )
        is not None
    )


def hurry(work: Work, conversation_id: str) -> None:
    """Something came about that waiting orders may have lacked."""
    work.session.execute(
        update(CarrierOrder)
        .where(CarrierOrder.conversation_id == conversation_id, CarrierOrder.done_at.is_(None))
        .values(due_at=work.at)
        .execution_options(synchronize_session=False)
    )


def due(work: Work, *, limit: int = 200) -> Sequence[str]:
    """Conversations with orders that somebody should be at and nobody is."""
    rows = work.session.scalars(
        select(CarrierOrder.conversation_id)
        .where(CarrierOrder.done_at.is_(None), CarrierOrder.due_at <= work.at, _free(work))
        .order_by(CarrierOrder.due_at)
        .limit(limit)
    )
    return list(dict.fromkeys(rows))


def _free(work: Work) -> ColumnElement[bool]:
    return or_(CarrierOrder.claimed_until.is_(None), CarrierOrder.claimed_until <= work.at)
