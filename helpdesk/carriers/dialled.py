"""Our tries to ring somebody: written down, moved on, found. Not for what a try is part of."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from sqlalchemy import select, update

from helpdesk.carriers.models import CarrierCall, Dialled, PhoneNumber
from helpdesk.core.errors import Conflict
from helpdesk.core.ids import is_id, new_id
from helpdesk.core.work import Work

# A try only ever goes on: what comes late or again takes nothing back.
RANKS = {"page": 0, "ordered": 1, "ringing": 2, "answered": 3, "over": 4}


def put(
    work: Work, conversation_id: str, number: str, ours: PhoneNumber, *, detects: bool = False
) -> Dialled:
    """A try that begins once the page of whoever rings is on the line.

    Conflict (`rings_already`) while another try at the same number goes on.
    """
    row = Dialled(
        id=new_id(),
        conversation_id=conversation_id,
        number=number,
        number_id=ours.id,
        room=secrets.token_urlsafe(24),
        detects=detects,
        state="page",
        began_at=work.at,
    )
    if not work.put_if_absent(row):
        raise Conflict("This number is being rung now.", code="rings_already")
    return row


def find(work: Work, dialled_id: str) -> Dialled | None:
    """As it stands now, whatever this transaction has read before."""
    if not is_id(dialled_id):
        return None
    wanted = select(Dialled).where(Dialled.id == dialled_id)
    return work.session.scalar(wanted.execution_options(populate_existing=True))


def latest(work: Work, conversation_id: str) -> Dialled | None:
    """The present try of a call that we place; None for a call that came in."""
    return work.session.scalar(
        select(Dialled)
        .where(Dialled.conversation_id == conversation_id)
        .order_by(Dialled.id.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    )


def going_on(work: Work, number: str) -> Dialled | None:
    """A try at this number that is not over."""
    return work.session.scalar(
        select(Dialled).where(Dialled.number == number, Dialled.state != "over").limit(1)
    )


def move(work: Work, row: Dialled, state: str, outcome: str = "", told: str = "") -> bool:
    """Take the try on to that state; False when it has got there, or further, before."""
    before = [name for name, rank in RANKS.items() if rank < RANKS[state]]
    values = {"state": state}
    if state == "over":
        values |= {"outcome": outcome[:12], "told": told[:200]}
    moved = work.session.execute(
        update(Dialled)
        .where(Dialled.id == row.id, Dialled.state.in_(before))
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    work.session.refresh(row)
    return bool(getattr(moved, "rowcount", 0))


def put_line(work: Work, row: Dialled, sid: str, leg_id: str | None) -> CarrierCall | None:
    """The carrier's line of this try; None when it is known already."""
    made = CarrierCall(
        sid=sid[:40],
        conversation_id=row.conversation_id,
        leg_id=leg_id,
        party="caller",
        number_id=row.number_id,
        dialled_id=row.id,
        place="room",
        room=row.room,
        seat={},
        began_at=work.at,
    )
    return made if work.put_if_absent(made) else None


def ours(work: Work) -> Sequence[PhoneNumber]:
    """Numbers that the actor may ring from: those of their queues that take calls, by name."""
    wanted = select(PhoneNumber).where(
        PhoneNumber.is_active.is_(True), PhoneNumber.takes_calls.is_(True)
    )
    if work.actor.is_limited:
        wanted = wanted.where(PhoneNumber.queue_id.in_(sorted(work.actor.queue_ids or ())))
    return work.session.scalars(wanted.order_by(PhoneNumber.name, PhoneNumber.id).limit(100)).all()


def usual(numbers: Sequence[PhoneNumber], queue_id: str | None) -> PhoneNumber | None:
    """The queue's own number, else the first."""
    own = (one for one in numbers if one.queue_id == queue_id)
    return next(own, numbers[0] if numbers else None)


def is_ours(work: Work, number: str) -> bool:
    found = select(PhoneNumber.id).where(PhoneNumber.number == number)
    return work.session.scalar(found) is not None


def is_machine(row: Dialled) -> bool:
    """Whether an answering machine picked up, as the carrier or our people say."""
    return row.answered_by.startswith(("machine", "fax"))
