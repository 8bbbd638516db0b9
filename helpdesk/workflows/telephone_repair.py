"""Compares what a carrier says is live with what the database says, and puts right what differs.

Lines with lines, and the legs of calls with the lines that carry them.

A callback that never came would leave a caller's ghost in line, or a line open that costs money.
Every repair is written down and shown to administrators. What a page's socket says does not count:
while the carrier still carries somebody's voice, they are in the call.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select

from helpdesk.calls import service
from helpdesk.calls.models import Call, CallLeg
from helpdesk.carriers import lines, orders, repairs
from helpdesk.carriers.models import CarrierCall
from helpdesk.carriers.port import Line
from helpdesk.channels.service import get_conversation
from helpdesk.core.actors import system
from helpdesk.core.work import Work, begin, reading
from helpdesk.workflows import calling, chat, telephone, telephone_carrying

log = logging.getLogger(__name__)

REPAIRING = system("repair")
SETTLED_AFTER = timedelta(seconds=15)  # callbacks and orders of a call are given that long
MOST = 2000
FEW = 20
NO_LINE = "The call counted this party in, but no line at the carrier brought their voice."
_one_at_a_time = threading.Lock()


def compare() -> None:
    """For the sweeper: in a thread of its own, since a carrier may take long to answer."""
    if telephone_carrying.current() is not None:
        telephone_carrying.apart(_compare)


def _compare() -> None:
    line = telephone_carrying.current()
    if line is None or not _one_at_a_time.acquire(blocking=False):
        return
    try:
        with reading(REPAIRING) as work:
            known = [row.sid for row in _settled(work)]
        live = line.live_calls()
        _end_what_is_gone(line, [sid for sid in known if sid not in live])
        _hang_up_what_is_over(live)
        _lose_what_has_no_line()
    finally:
        _one_at_a_time.release()


def _settled(work: Work) -> Sequence[CarrierCall]:
    return lines.live_since_before(work, work.at - SETTLED_AFTER, limit=MOST)


def _end_what_is_gone(line: Line, sids: Sequence[str]) -> None:
    """Lines of ours that the carrier has no more."""
    for sid in _surely_gone(line, sids):
        with begin(REPAIRING) as work:
            row = lines.find(work, sid)
            if row is not None and telephone.over(work, sid):
                _note(work, row, "ended", "The carrier had ended this line; nobody had told us.")


def _surely_gone(line: Line, sids: Sequence[str]) -> Sequence[str]:
    """Asked a second time: each by itself, or after an outage, when they are many, all in one."""
    if len(sids) > FEW and len(again := line.live_calls()) < MOST:
        return [sid for sid in sids if sid not in again]
    return [sid for sid in sids if not line.is_live(sid)]


def _hang_up_what_is_over(live: set[str]) -> None:
    """Lines that the carrier still holds although the call is over."""
    with reading(REPAIRING) as work:
        before = work.at - SETTLED_AFTER
        stray = [row.sid for row in lines.ended_but(work, live, before)]
        stray += [sid for sid in _of_calls_that_are_over(work, before) if sid in live]
    for sid in stray:
        with begin(REPAIRING) as work:
            row = lines.find(work, sid)
            if row is None or row.conversation_id is None:
                continue
            if orders.is_under_way(work, sid, "hang_up"):
                continue
            telephone.hang_up(work, row)
            _note(work, row, "hung_up", "The call was over, but the carrier still held this line.")


def _lose_what_has_no_line() -> None:
    """Parties that the call counts in although no line at the carrier brings their voice."""
    with reading(REPAIRING) as work:
        found = _without_line(work)
    for leg_id in found:
        with begin(REPAIRING) as work:
            leg = calling.held_leg(work, leg_id)
            if leg is None or leg_id not in _without_line(work):
                continue
            if leg.party == "caller":
                chat.end_conversation(work, leg.conversation_id, ended_by="visitor")
            else:
                customer_id = get_conversation(work, leg.conversation_id).customer_id
                service.lose(work, leg, customer_id)
            log.warning("repaired a leg of a telephone call: %s has no line", leg_id)
            repairs.note(work, "lost", leg_id, NO_LINE, leg.conversation_id)


def _without_line(work: Work, *, limit: int = 200) -> list[str]:
    carried = select(CarrierCall.sid).where(
        CarrierCall.conversation_id == CallLeg.conversation_id,
        CarrierCall.leg_id == CallLeg.id,
        CarrierCall.ended_at.is_(None),
    )
    wanted = (
        select(CallLeg.id)
        .join(Call, Call.conversation_id == CallLeg.conversation_id)
        .where(
            CallLeg.state == "joined",
            CallLeg.lost_at.is_(None),
            CallLeg.joined_at < work.at - SETTLED_AFTER,
            Call.carrier == telephone.CARRIER,
            ~carried.exists(),
        )
    )
    return list(work.session.scalars(wanted.limit(limit)))


def _of_calls_that_are_over(work: Work, before: datetime) -> Sequence[str]:
    """Lines that count as live although their call ended before that time."""
    return work.session.scalars(
        select(CarrierCall.sid)
        .join(Call, Call.conversation_id == CarrierCall.conversation_id)
        .where(CarrierCall.ended_at.is_(None), Call.ended_at < before)
        .order_by(CarrierCall.began_at)
        .limit(MOST)
    ).all()


def _note(work: Work, row: CarrierCall, what: str, told: str) -> None:
    log.warning("repaired a line at the carrier: %s %s", row.sid, what)
    repairs.note(work, what, row.sid, told, row.conversation_id)
