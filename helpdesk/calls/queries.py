"""Reads of calls: legs as they stand, calls in somebody's hands. Not for who may see them.

Legs are read anew each time: whoever has just got hold of the call must not go by what stood there
while they waited for it. Whoever holds it reads them once, since every change holds the call first.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, or_, select

from helpdesk.calls.hearing import Party
from helpdesk.calls.models import Call, CallLeg, CallSpan
from helpdesk.core.errors import NotFound
from helpdesk.core.tables import Heartbeat
from helpdesk.core.work import Work


def find_call(work: Work, conversation_id: str, *, for_update: bool = False) -> Call | None:
    """`for_update` holds it, as it stands then, until the transaction ends."""
    found: Call | None = work.kept.get((Call, conversation_id))
    if found is None:
        found = work.session.scalar(_HELD if for_update else _ONE, {"call": conversation_id})
        if for_update and found is not None:
            work.kept[Call, conversation_id] = found
    return found


_ONE = select(Call).where(Call.conversation_id == bindparam("call"))
_HELD = _ONE.with_for_update().execution_options(populate_existing=True)


def get_call(work: Work, conversation_id: str, *, for_update: bool = False) -> Call:
    call = find_call(work, conversation_id, for_update=for_update)
    if call is None:
        raise NotFound("This call does not exist.", code="no_call")
    return call


def legs(work: Work, conversation_id: str) -> Sequence[CallLeg]:
    """All who ring or are in the call, in the order in which they came."""
    return [leg for leg in _legs(work, conversation_id) if leg.state != "left"]


def _legs(work: Work, conversation_id: str) -> list[CallLeg]:
    """Of a call that is held also those that this transaction took out of it."""
    found: list[CallLeg] | None = work.kept.get((CallLeg, conversation_id))
    if found is None:
        found = list(work.session.scalars(_LEGS, {"call": conversation_id}))
        if (Call, conversation_id) in work.kept:
            work.kept[CallLeg, conversation_id] = found
    return found


def add_leg(work: Work, leg: CallLeg) -> None:
    """One more line into a call that is held."""
    work.session.flush()  # of one person and call one line is live: the old one goes first
    work.session.add(leg)
    if (found := work.kept.get((CallLeg, leg.conversation_id))) is not None:
        found.append(leg)


_LEGS = (
    select(CallLeg)
    .where(CallLeg.conversation_id == bindparam("call"), CallLeg.state != "left")
    .order_by(CallLeg.id)
    .execution_options(populate_existing=True)
)


def leg_of(work: Work, conversation_id: str, who: str) -> CallLeg | None:
    """The live leg of a person ("caller", or a user's id)."""
    if (Call, conversation_id) in work.kept:
        return next((leg for leg in legs(work, conversation_id) if leg.who == who), None)
    return work.session.scalar(_LEG_OF, {"call": conversation_id, "who": who})


_LEG_OF = _LEGS.where(CallLeg.who == bindparam("who"))


def is_unattended(work: Work, conversation_id: str) -> bool:
    """Whether nobody of ours has answered, or whoever has the call now is still on the way."""
    return work.session.scalar(_UNATTENDED, {"call": conversation_id}) is not None


_COMING = select(CallLeg.id).where(
    CallLeg.conversation_id == Call.conversation_id,
    CallLeg.party == "agent",
    CallLeg.state == "ringing",
)
_UNATTENDED = select(Call.conversation_id).where(
    Call.conversation_id == bindparam("call"), or_(Call.answered_at.is_(None), _COMING.exists())
)


def calls_of(work: Work, user_id: str) -> Sequence[CallLeg]:
    """Legs of one of our people in calls that go on."""
    return work.session.scalars(
        select(CallLeg)
        .where(CallLeg.user_id == user_id, CallLeg.state != "left")
        .order_by(CallLeg.id)
    ).all()


def party(leg: CallLeg) -> Party:
    return Party(leg.id, leg.party != "caller", leg.mode, leg.held)


def speaks(leg: CallLeg) -> bool:
    """Whether they are in the call and may be heard by everybody."""
    return leg.state == "joined" and leg.lost_at is None and leg.mode == "talk"


def joined(rows: Sequence[CallLeg]) -> list[Party]:
    return [party(leg) for leg in rows if leg.state == "joined"]


def spans(work: Work, conversation_id: str) -> Sequence[CallSpan]:
    return work.session.scalars(
        select(CallSpan)
        .where(CallSpan.conversation_id == conversation_id)
        .order_by(CallSpan.began_at, CallSpan.id)
    ).all()


def had_by(work: Work, call: Call) -> str | None:
    """Who of ours had the call until now: whoever leaves it at this instant before who takes it."""
    kept: list[CallLeg] | None = work.kept.get((CallLeg, call.conversation_id))
    if kept is not None:
        theirs = [leg for leg in kept if leg.party == "agent" and leg.left_at in (None, work.at)]
        first = min(theirs, key=lambda leg: (leg.left_at is None, leg.id), default=None)
        return first.user_id if first else None
    return work.session.scalar(
        select(CallLeg.user_id)
        .where(
            CallLeg.conversation_id == call.conversation_id,
            CallLeg.party == "agent",
            or_(CallLeg.left_at.is_(None), CallLeg.left_at == work.at),
        )
        .order_by(CallLeg.left_at.is_(None), CallLeg.id)
        .limit(1)
    )


def legs_since(work: Work, conversation_id: str, at: datetime) -> Sequence[CallLeg]:
    """All who ring or are in the call, and whose lines ended at that instant or later: whoever is
    out of the call has to be told so, too."""
    return work.session.scalars(_LEGS_SINCE, {"call": conversation_id, "at": at}).all()


_LEGS_SINCE = (
    select(CallLeg)
    .where(
        CallLeg.conversation_id == bindparam("call"),
        or_(CallLeg.state != "left", CallLeg.left_at >= bindparam("at")),
    )
    .order_by(CallLeg.id)
    .execution_options(populate_existing=True)
)


def gone(work: Work, *, before: datetime, party: str, limit: int = 100) -> Sequence[CallLeg]:
    """Live legs of such a party that were lost, or rung in vain, before that time."""
    return work.session.scalars(
        select(CallLeg)
        .where(
            # SQLite takes the index of live legs only where its very condition stands here, too.
            CallLeg.state != "left",
            CallLeg.state.in_(("joined", "ringing")),
            CallLeg.party == party,
            or_(
                (CallLeg.state == "joined") & (CallLeg.lost_at <= before),
                # A customer's telephone rings as long as the carrier lets it.
                (CallLeg.state == "ringing")
                & (CallLeg.invited_at <= before)
                & (CallLeg.party != "caller"),
            ),
        )
        .limit(limit)
    ).all()


def carried_by(work: Work, process_id: str, *, limit: int = 5000) -> dict[str, str]:
    """Joined legs that sockets of this process carry, not known to be lost: leg by socket."""
    rows = work.session.execute(
        select(CallLeg.id, CallLeg.sid)
        .where(
            CallLeg.state == "joined",
            CallLeg.lost_at.is_(None),
            CallLeg.process_id == process_id,
        )
        .limit(limit)
    )
    return {leg_id: sid for leg_id, sid in rows if sid}


def carried_by_silent(work: Work, silent_since: datetime, *, limit: int = 200) -> Sequence[CallLeg]:
    """Joined legs whose web process has stopped beating, not yet known to be lost."""
    alive = select(Heartbeat.process_id).where(Heartbeat.at > silent_since)
    return work.session.scalars(
        select(CallLeg)
        .where(
            CallLeg.state == "joined",
            CallLeg.lost_at.is_(None),
            CallLeg.joined_at <= silent_since,
            CallLeg.process_id.is_not(None),
            CallLeg.process_id.not_in(alive),
        )
        .limit(limit)
    ).all()


def all_legs(work: Work, conversation_id: str) -> Sequence[CallLeg]:
    """Every line there ever was into the call, in the order in which they came."""
    return work.session.scalars(
        select(CallLeg).where(CallLeg.conversation_id == conversation_id).order_by(CallLeg.id)
    ).all()
