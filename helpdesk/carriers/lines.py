"""Lines as a carrier knows them: found by its id, put down, ended. Not for what they mean."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, update

from helpdesk.carriers.models import CarrierCall, CarrierEvent, PhoneNumber
from helpdesk.core.work import Work


def find(work: Work, sid: str, *, anew: bool = False) -> CarrierCall | None:
    """`anew`: as it stands now, whatever this transaction has read before."""
    return work.session.scalar(_ANEW if anew else _ONE, {"line": sid})


_ONE = select(CarrierCall).where(CarrierCall.sid == bindparam("line"))
_ANEW = _ONE.execution_options(populate_existing=True)


def put(
    work: Work, sid: str, *, party: str, number_id: str | None = None, is_closed: bool = False
) -> CarrierCall | None:
    """A line that is new to us; None when another transaction was first."""
    row = CarrierCall(
        sid=sid,
        party=party,
        number_id=number_id,
        room=secrets.token_urlsafe(24) if party == "caller" else "",
        seat={},
        is_closed=is_closed,
        began_at=work.at,
    )
    return row if work.put_if_absent(row) else None


def put_ours(
    work: Work, sid: str, conversation_id: str, leg_id: str, seat: Mapping[str, Any]
) -> CarrierCall | None:
    """The line of a page of ours into a call; None when it is known already."""
    row = CarrierCall(
        sid=sid,
        conversation_id=conversation_id,
        leg_id=leg_id,
        party="ours",
        seat=dict(seat),
        began_at=work.at,
    )
    return row if work.put_if_absent(row) else None


def live(work: Work, conversation_id: str) -> Sequence[CarrierCall]:
    return work.session.scalars(_LIVE, {"call": conversation_id}).all()


def sids(work: Work, conversation_id: str) -> dict[str | None, str]:
    """The carrier's ids of the live lines by their legs; the newest where one replaces another."""
    found = work.session.execute(_SIDS, {"call": conversation_id})
    return {row.leg_id: row.sid for row in found}


_SIDS = (
    select(CarrierCall.leg_id, CarrierCall.sid)
    .where(CarrierCall.conversation_id == bindparam("call"), CarrierCall.ended_at.is_(None))
    .order_by(CarrierCall.began_at, CarrierCall.sid)
)
_LIVE = (
    select(CarrierCall)
    .where(CarrierCall.conversation_id == bindparam("call"), CarrierCall.ended_at.is_(None))
    .order_by(CarrierCall.began_at, CarrierCall.sid)
)


def of_caller(work: Work, conversation_id: str) -> CarrierCall | None:
    """The caller's line, live or not."""
    return work.session.scalar(
        select(CarrierCall)
        .where(CarrierCall.conversation_id == conversation_id, CarrierCall.party == "caller")
        .order_by(CarrierCall.ended_at.is_not(None), CarrierCall.began_at.desc())
        .limit(1)
    )


def live_since_before(work: Work, at: datetime, *, limit: int) -> Sequence[CarrierCall]:
    """Lines that began before that time and are not known to have ended."""
    return work.session.scalars(
        select(CarrierCall)
        .where(CarrierCall.ended_at.is_(None), CarrierCall.began_at < at)
        .order_by(CarrierCall.began_at)
        .limit(limit)
    ).all()


def ended_but(work: Work, sids: Collection[str], before: datetime) -> Sequence[CarrierCall]:
    """Of these lines those that ended, as we know, before that time."""
    found: list[CarrierCall] = []
    for some in _some_of(sorted(sids), 500):
        wanted = CarrierCall.sid.in_(some), CarrierCall.ended_at < before
        found += work.session.scalars(select(CarrierCall).where(*wanted))
    return found


def _some_of(sids: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    return (sids[start : start + size] for start in range(0, len(sids), size))


def end(work: Work, sid: str) -> bool:
    """The carrier says that the line is over; False when that was known."""
    ended = work.session.execute(
        update(CarrierCall)
        .where(CarrierCall.sid == sid, CarrierCall.ended_at.is_(None))
        .values(ended_at=work.at)
        .execution_options(synchronize_session="fetch")
    )
    return bool(getattr(ended, "rowcount", 0))


def told_before(work: Work, sid: str) -> Sequence[CarrierEvent]:
    """What the carrier has told about a line so far; of a call that we never met that is little."""
    return work.session.scalars(
        select(CarrierEvent)
        .where(CarrierEvent.sid == sid)
        .order_by(CarrierEvent.received_at)
        .limit(20)
    ).all()


def number(work: Work, called: str) -> PhoneNumber | None:
    """Our active number of that name (E.164) that takes calls."""
    return work.session.scalar(
        select(PhoneNumber).where(
            PhoneNumber.number == called,
            PhoneNumber.is_active.is_(True),
            PhoneNumber.takes_calls.is_(True),
        )
    )
