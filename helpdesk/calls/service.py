"""Changes of a call: begin, ring, join, hold, leave, end. Each books the seconds until now.

The call's row is held first by every change, so that two of them are put in order. Not for the
line, the offers or the conversation (see `helpdesk.workflows.calling`), nor for how sound travels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from helpdesk.calls import queries
from helpdesk.calls.events import CallAnswered, CallChanged, CallEnded
from helpdesk.calls.hearing import doing
from helpdesk.calls.models import Call, CallLeg, CallSpan
from helpdesk.core.clock import seconds_between
from helpdesk.core.errors import Conflict, NotFound
from helpdesk.core.ids import new_id
from helpdesk.core.work import Work

MODES = ("talk", "listen", "whisper")

# Told of every change in its own transaction: (work, call, why, leg).
Follower = Callable[[Work, Call, str, CallLeg | None], None]
_followers: list[Follower] = []


def followed_by(follower: Follower) -> None:
    """Let a carrier's side write down, with each change, what its carrier has to be told."""
    if follower not in _followers:
        _followers.append(follower)


def begin(
    work: Work, conversation_id: str, customer_id: str, *, carrier: str, direction: str = "in"
) -> Call:
    """A call that nobody of ours is in yet."""
    call = _new(work, conversation_id, carrier, direction)
    _tell(work, customer_id, call, "began")
    return call


def begin_with_caller(
    work: Work, conversation_id: str, customer_id: str, *, carrier: str
) -> tuple[Call, CallLeg]:
    """The same where the caller is on the line already: one change, and nothing is read."""
    call = _new(work, conversation_id, carrier, "in")
    leg = CallLeg(
        id=new_id(),
        conversation_id=conversation_id,
        who="caller",
        party="caller",
        state="joined",
        session=1,
        invited_at=work.at,
        joined_at=work.at,
    )
    work.put(leg)
    _tell(work, customer_id, call, "began", leg)
    return call, leg


def _new(work: Work, conversation_id: str, carrier: str, direction: str) -> Call:
    call = Call(
        conversation_id=conversation_id,
        carrier=carrier,
        direction=direction,
        doing="waiting",
        doing_since=work.at,
        began_at=work.at,
    )
    work.put(call)
    return call


def in_line(work: Work, call: Call) -> None:
    """The caller waits for a person from now on: what a flow asked them before was no waiting."""
    call.in_line_at = call.in_line_at or work.at


def ring(
    work: Work,
    conversation_id: str,
    customer_id: str,
    *,
    party: str,
    user_id: str,
    mode: str = "talk",
    asked_by: str | None = None,
    question: str = "",
) -> CallLeg:
    """Ask one of our people in; they join when their browser is ready to speak."""
    call = _open_call(work, conversation_id)
    leg = queries.leg_of(work, conversation_id, user_id)
    if leg is None:
        leg = CallLeg(
            id=new_id(),
            conversation_id=conversation_id,
            who=user_id,
            user_id=user_id,
            party=party,
            mode=mode,
            state="ringing",
            invited_at=work.at,
        )
        queries.add_leg(work, leg)
    leg.party, leg.mode, leg.asked_by, leg.question = party, mode, asked_by, question
    leg.invited_at = work.at
    _changed(work, customer_id, call, "rung", leg)
    return leg


def join(
    work: Work,
    conversation_id: str,
    customer_id: str,
    *,
    who: str,
    sid: str | None,
    process_id: str | None,
    keeps: int | None = None,
) -> CallLeg:
    """The party's page is ready to speak, for the first time or anew.

    Without `sid` and `process_id` no page of ours carries the sound, but a telephone carrier.

    `keeps` is the session of a page that was there all the time and only lost its socket: sound
    went on, so nothing is negotiated anew.

    NotFound (`not_in_call`) for one of ours who is not asked. Conflict (`call_ended`).
    """
    call = _open_call(work, conversation_id)
    leg = queries.leg_of(work, conversation_id, who)
    if leg is None:
        if who != "caller":
            raise NotFound("You are not in this call.", code="not_in_call")
        leg = _caller(work, conversation_id)
    back = leg.state == "joined"
    if not back or leg.session != keeps:
        leg.session += 1
    leg.state = "joined"
    leg.sid, leg.process_id, leg.lost_at = sid, process_id, None
    leg.joined_at = leg.joined_at or work.at
    answers = "agent" if call.direction == "in" else "caller"
    if leg.party == answers and call.answered_at is None:
        call.answered_at = work.at
        if call.direction == "in":  # what picks up when we ring may be a machine
            work.emit(CallAnswered(customer_id=customer_id, conversation_id=conversation_id))
        _changed(work, customer_id, call, "answered", leg)
    else:
        _changed(work, customer_id, call, "returned" if back else "joined", leg)
    return leg


def _caller(work: Work, conversation_id: str, state: str = "joined") -> CallLeg:
    leg = CallLeg(
        id=new_id(),
        conversation_id=conversation_id,
        who="caller",
        party="caller",
        mode="talk",
        state=state,
        session=0,
        invited_at=work.at,
    )
    queries.add_leg(work, leg)
    return leg


def dial(work: Work, conversation_id: str, customer_id: str) -> CallLeg:
    """The customer's telephone is rung; they are in the call once they answer."""
    call = _open_call(work, conversation_id)
    leg = queries.leg_of(work, conversation_id, "caller")
    if leg is None:
        leg = _caller(work, conversation_id, "ringing")
        _changed(work, customer_id, call, "dialled", leg)
    return leg


def moved_on(work: Work, conversation_id: str, customer_id: str, why: str) -> None:
    """Something became known of the call that changes nobody's place in it."""
    call = queries.find_call(work, conversation_id, for_update=True)
    if call is not None and call.ended_at is None:
        call.version += 1
        _tell(work, customer_id, call, why)


def connect_outside(work: Work, conversation_id: str, customer_id: str, *, user_id: str) -> None:
    """Both speak over a telephone that is none of ours: no page carries their lines."""
    call = _open_call(work, conversation_id)
    for who, party in (("caller", "caller"), (user_id, "agent")):
        if queries.leg_of(work, conversation_id, who) is None:
            queries.add_leg(
                work,
                CallLeg(
                    id=new_id(),
                    conversation_id=conversation_id,
                    who=who,
                    user_id=None if party == "caller" else user_id,
                    party=party,
                    mode="talk",
                    state="joined",
                    invited_at=work.at,
                    joined_at=work.at,
                ),
            )
    call.answered_at = call.answered_at or work.at
    work.emit(CallAnswered(customer_id=customer_id, conversation_id=conversation_id))
    _changed(work, customer_id, call, "answered")


def hold(work: Work, conversation_id: str, customer_id: str, *, on: bool) -> bool:
    """Put the caller on hold, or take them off it; False when it was so already."""
    call = _open_call(work, conversation_id)
    leg = queries.leg_of(work, conversation_id, "caller")
    if leg is None or leg.state != "joined":
        raise Conflict("The caller is not on the line.", code="no_caller")
    if leg.held == on:
        return False
    leg.held = on
    _changed(work, customer_id, call, "held" if on else "resumed", leg)
    return True


def set_mode(work: Work, conversation_id: str, customer_id: str, user_id: str, mode: str) -> None:
    """Listen, whisper, or speak with everybody."""
    call = _open_call(work, conversation_id)
    leg = queries.leg_of(work, conversation_id, user_id)
    if leg is None:
        raise NotFound("You are not in this call.", code="not_in_call")
    if leg.mode != mode:
        leg.mode = mode
        _changed(work, customer_id, call, mode, leg)


def leave(work: Work, conversation_id: str, customer_id: str, *, who: str, why: str) -> bool:
    """The party is out of the call, if they were in it."""
    call = queries.find_call(work, conversation_id, for_update=True)
    leg = queries.leg_of(work, conversation_id, who)
    if call is None or leg is None:
        return False
    _out(work, leg, why)
    _changed(work, customer_id, call, "left", leg)
    return True


def hand_over(
    work: Work, conversation_id: str, customer_id: str, *, leaves: str, takes: str
) -> None:
    """A colleague who is in the call has it from now on, and who had it is out."""
    call = _open_call(work, conversation_id)
    old, new = (queries.leg_of(work, conversation_id, who) for who in (leaves, takes))
    caller = queries.leg_of(work, conversation_id, "caller")
    if new is None:
        raise NotFound("This colleague is not in the call.", code="not_in_call")
    if old is not None:
        _out(work, old, "transferred")
    if caller is not None:
        caller.held = False
    new.party, new.mode = "agent", "talk"
    _changed(work, customer_id, call, "handed_over", new)


def hand_back(
    work: Work, conversation_id: str, customer_id: str, *, why: str, caller_stays: bool = True
) -> None:
    """Nobody of ours has the call any more: the caller waits, off hold, and hears it.

    Unless they spoke over somebody's own telephone: then they are gone with whoever had it. A
    colleague who speaks with them when its agent is lost goes on doing so.
    """
    call = _open_call(work, conversation_id)
    for leg in queries.legs(work, conversation_id):
        if leg.party == "caller" and caller_stays:
            leg.held = False
        elif not (why == "agent_lost" and leg.party == "colleague" and queries.speaks(leg)):
            _out(work, leg, why)
    _changed(work, customer_id, call, "waiting")


def lose(work: Work, leg: CallLeg, customer_id: str) -> bool:
    """The party's socket went away; they may come back within their time.

    False when they came back by another one while this waited: a reload does both at once.
    """
    sid = leg.sid
    call = queries.find_call(work, leg.conversation_id, for_update=True)
    # As they stand now; who has left meanwhile is none of them.
    if call is None or leg not in queries.legs(work, leg.conversation_id):
        return False
    if leg.sid != sid or leg.state != "joined" or leg.lost_at is not None:
        return False
    leg.lost_at = work.at
    _changed(work, customer_id, call, "lost", leg)
    return True


def end(work: Work, conversation_id: str, customer_id: str, *, why: str) -> bool:
    """The call is over for everybody; ending twice changes nothing.

    Answers whether anybody spoke with the other side until now.
    """
    call = queries.find_call(work, conversation_id, for_update=True)
    if call is None or call.ended_at is not None:
        return False
    legs, before = queries.legs(work, conversation_id), queries.spans(work, conversation_id)
    _book(work, call, "ended", before)
    for leg in legs:
        _out(work, leg, "ended")
    call.ended_at, call.ended_why = work.at, why
    call.version += 1
    _tell(work, customer_id, call, "ended")
    since = call.in_line_at or call.began_at
    waited = seconds_between(since, call.answered_at) if call.answered_at else None
    work.emit(
        CallEnded(
            customer_id=customer_id,
            conversation_id=conversation_id,
            carrier=call.carrier,
            direction=call.direction,
            why=why,
            waited_s=None if waited is None else round(waited),
            talk_s=call.talk_s,
            hold_s=call.hold_s,
        )
    )
    return call.answered_at is not None


def noted(work: Work, conversation_id: str, customer_id: str, why: str) -> None:
    """Something of the call changed that is not its legs: those who show it look again."""
    call = queries.get_call(work, conversation_id, for_update=True)
    call.version += 1
    work.emit(
        CallChanged(customer_id=customer_id, conversation_id=conversation_id, why=why, leg_id=None)
    )


def _out(work: Work, leg: CallLeg, why: str) -> None:
    leg.state, leg.left_at, leg.left_why = "left", work.at, why
    leg.sid = leg.process_id = leg.lost_at = None


def _open_call(work: Work, conversation_id: str) -> Call:
    call = queries.get_call(work, conversation_id, for_update=True)
    if call.ended_at is not None:
        raise Conflict("This call has ended.", code="call_ended")
    return call


def _changed(
    work: Work, customer_id: str, call: Call, why: str, leg: CallLeg | None = None
) -> None:
    rows = queries.legs(work, call.conversation_id)
    caller = next((one.id for one in rows if one.party == "caller"), None)
    # Whoever of ours has lost the line speaks with nobody until they are back.
    there = [one for one in rows if one.party == "caller" or one.lost_at is None]
    now = doing(queries.joined(there), caller_id=caller)
    if now != call.doing or why == "handed_over":
        _book(work, call, now)
    call.version += 1
    _tell(work, customer_id, call, why, leg)


def _book(work: Work, call: Call, now: str, before: Sequence[CallSpan] = ()) -> None:
    """What the call did until now is written down; what it does from now on begins.

    `before` are all spans so far, where the call ends and its seconds are added up.
    """
    last: Sequence[CallSpan] = ()
    if work.at > call.doing_since:
        span = CallSpan(
            id=new_id(),
            conversation_id=call.conversation_id,
            kind=call.doing,
            agent_id=queries.had_by(work, call) if call.doing != "waiting" else None,
            began_at=call.doing_since,
            ended_at=work.at,
        )
        work.put(span)
        last = (span,)
    call.doing, call.doing_since = now, work.at
    if now == "ended":
        seconds = {"talk": 0.0, "hold": 0.0}
        for one in (*before, *last):
            if one.kind in seconds:
                seconds[one.kind] += seconds_between(one.began_at, one.ended_at)
        call.talk_s, call.hold_s = round(seconds["talk"]), round(seconds["hold"])


def _tell(work: Work, customer_id: str, call: Call, why: str, leg: CallLeg | None = None) -> None:
    work.emit(
        CallChanged(
            customer_id=customer_id,
            conversation_id=call.conversation_id,
            why=why,
            leg_id=leg.id if leg else None,
        )
    )
    for follower in _followers:
        follower(work, call, why, leg)
