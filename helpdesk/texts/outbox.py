"""The books of texts that leave: taken in hand by one sender at a time, tried again, given up.

Texts between two numbers leave in the order in which they were written: one that is to be tried
again holds back the next, but not for longer than `HELD_BACK`. A text must never go twice: its row
is claimed before the carrier is asked, and an answer that was lost leaves it unsure, to be looked
for there first. Not for asking (`workflows.texts_sending`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, and_, bindparam, exists, or_, select, update
from sqlalchemy.orm import aliased

from helpdesk.core.ids import is_id, new_id
from helpdesk.core.work import Work
from helpdesk.texts import rules
from helpdesk.texts.events import TextMoved, TextsDue
from helpdesk.texts.models import TextDelivery, TextThread

LEASE = timedelta(minutes=2)
PAUSES = tuple(timedelta(seconds=s) for s in (5, 15, 60, 300, 900))
GIVEN_UP_AFTER = timedelta(hours=4)  # a text that comes half a day late helps nobody
HELD_BACK = timedelta(minutes=30)  # then a later text matters more than the order
OVERDUE = timedelta(seconds=5)
WAITING = ("queued", "sending")
# Word for word as in the indexes of those that wait: SQLite takes them only then.
_WAITS: BindParameter[Any] = bindparam("waits", WAITING, expanding=True, literal_execute=True)


def put(
    work: Work,
    thread: TextThread,
    *,
    conversation_id: str,
    seq: int,
    customer_id: str,
    text: str,
    attachments: Sequence[str] = (),
    content_sid: str = "",
    variables: Mapping[str, str] | None = None,
    is_automatic: bool = False,
) -> TextDelivery:
    """Queue a message of a conversation; it leaves after the commit."""
    row = TextDelivery(
        id=new_id(),
        conversation_id=conversation_id,
        seq=seq,
        customer_id=customer_id,
        channel=thread.channel,
        ours=thread.ours,
        theirs=thread.theirs,
        text=text,
        attachments=list(attachments),
        content_sid=content_sid,
        variables=dict(variables or {}),
        is_automatic=is_automatic,
        state="queued",
        carrier_sid=None,
        error_code=None,
        next_try_at=work.at,
        lease_until=None,
        created_at=work.at,
        changed_at=work.at,
    )
    work.session.add(row)
    work.session.flush()
    work.emit(TextsDue())
    return row


def due(work: Work, *, most: int = 50) -> Sequence[str]:
    """Ids of what is to be tried now, the oldest first; also those whose sender died."""
    return work.session.scalars(
        select(TextDelivery.id)
        .where(_is_due(work))
        .order_by(TextDelivery.next_try_at, TextDelivery.id)
        .limit(most)
    ).all()


def any_overdue(work: Work) -> bool:
    """Whether something waits that its own event should have seen off by now."""
    late = TextDelivery.next_try_at <= work.at - OVERDUE
    return bool(work.session.scalar(select(exists().where(_is_due(work), late))))


def call_sender(work: Work) -> None:
    work.emit(TextsDue())


def take(work: Work, delivery_id: str) -> TextDelivery | None:
    """Take one in hand; None when another has it, or it has left."""
    taken = work.session.execute(
        update(TextDelivery)
        .where(TextDelivery.id == delivery_id, _is_due(work))
        .values(
            state="sending",
            lease_until=work.at + LEASE,
            next_try_at=work.at + LEASE,
            tries=TextDelivery.tries + 1,
            # Whoever had it before may have asked the carrier, and died over the answer.
            is_unsure=or_(TextDelivery.is_unsure, TextDelivery.state == "sending"),
        )
        .returning(TextDelivery.id)
        .execution_options(synchronize_session=False)
    ).first()
    if taken is None:
        return None
    return work.session.get(TextDelivery, delivery_id, populate_existing=True)


def _is_due(work: Work) -> ColumnElement[bool]:
    return and_(
        TextDelivery.state.in_(_WAITS),
        or_(
            and_(TextDelivery.state == "queued", TextDelivery.next_try_at <= work.at),
            and_(TextDelivery.state == "sending", TextDelivery.lease_until < work.at),
        ),
        ~_has_one_before(work),
    )


def _has_one_before(work: Work) -> ColumnElement[bool]:
    """An earlier text from and to the same numbers has not left yet."""
    earlier = aliased(TextDelivery)
    return (
        select(earlier.id)
        .where(
            earlier.theirs == TextDelivery.theirs,
            earlier.ours == TextDelivery.ours,
            earlier.channel == TextDelivery.channel,
            earlier.id < TextDelivery.id,
            earlier.state.in_(_WAITS),
            earlier.created_at > work.at - HELD_BACK,
        )
        .correlate(TextDelivery)
        .exists()
    )


def accepted(work: Work, delivery_id: str, sid: str) -> None:
    """The carrier has it. A report of what became of it may have been here before this answer."""
    row = _held(work, delivery_id)
    row.carrier_sid, row.lease_until, row.is_unsure = sid, None, False
    _move(work, row, "sent")


def not_now(work: Work, delivery_id: str, why: str, *, is_unsure: bool) -> TextDelivery:
    """Back into the queue, for longer at each try; given up after hours."""
    row = _held(work, delivery_id)
    if row.state != "sending":
        return row
    if row.created_at < work.at - GIVEN_UP_AFTER:
        return refused(work, delivery_id, None, f"given up: {why}")
    pause = PAUSES[min(row.tries, len(PAUSES)) - 1]
    row.state, row.lease_until, row.is_unsure = "queued", None, is_unsure
    row.next_try_at, row.error, row.changed_at = work.at + pause, why[:300], work.at
    return row


def refused(work: Work, delivery_id: str, code: int | None, why: str) -> TextDelivery:
    """The carrier will not take it."""
    row = _held(work, delivery_id)
    row.lease_until = None
    _move(work, row, "failed", code, why)
    return row


def reported(
    work: Work, delivery_id: str, sid: str, status: str, code: int | None
) -> TextDelivery | None:
    """What the carrier says has become of it, in any order and however often; None for another's.

    Also heals an answer that was lost: the report names the row, and brings the carrier's id.
    """
    state = rules.HEARD.get(status)
    if not is_id(delivery_id):
        return None
    row = work.session.get(TextDelivery, delivery_id, with_for_update=True, populate_existing=True)
    if row is None or state is None or row.carrier_sid not in (None, sid):
        return None
    row.carrier_sid, row.lease_until, row.is_unsure = sid, None, False
    if row.state in WAITING:  # the next one to that number need not wait any more
        call_sender(work)
    why = rules.said(code) if state in ("failed", "undelivered") else ""
    _move(work, row, state, code, why)
    return row


def of_messages(
    work: Work, conversation_id: str, seqs: Sequence[int]
) -> dict[int, tuple[str, str]]:
    """State and error by place, for a page of messages."""
    if not seqs:
        return {}
    rows = work.session.execute(
        select(TextDelivery.seq, TextDelivery.state, TextDelivery.error).where(
            TextDelivery.conversation_id == conversation_id, TextDelivery.seq.in_(seqs)
        )
    )
    return {row.seq: (_shown(row.state), row.error) for row in rows}


def known_sids(work: Work, theirs: str, sids: Sequence[str]) -> set[str]:
    """Which of these texts to a number are rows of ours already."""
    if not sids:
        return set()
    wanted = select(TextDelivery.carrier_sid).where(
        TextDelivery.carrier_sid.in_(sids), TextDelivery.theirs == theirs
    )
    return {sid for sid in work.session.scalars(wanted) if sid}


def _shown(state: str) -> str:
    return "queued" if state == "sending" else state


def _held(work: Work, delivery_id: str) -> TextDelivery:
    return work.session.get_one(
        TextDelivery, delivery_id, with_for_update=True, populate_existing=True
    )


def _move(
    work: Work, row: TextDelivery, state: str, code: int | None = None, why: str = ""
) -> None:
    if not rules.moves(row.state, state):
        return
    row.state, row.changed_at = state, work.at
    row.error_code, row.error = code, why[:300]
    told: dict[str, Any] = {"conversation_id": row.conversation_id, "seq": row.seq}
    work.emit(TextMoved(customer_id=row.customer_id, state=state, error=row.error, **told))
