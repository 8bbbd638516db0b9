"""Calls over a telephone carrier: they come in, wait, are put through, and end.

The same calls as those from a page (`workflows.calling`): this only knows that their sound is the
carrier's. A caller stands in line or sits in a conference of their call; where is decided by the
call's legs alone, and the carrier is told by orders. Not for the carrier's own language.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from helpdesk.calls import queries as calls
from helpdesk.calls import service
from helpdesk.calls.models import Call, CallLeg
from helpdesk.calls.seats import Seat, seats
from helpdesk.carriers import lines, orders, port
from helpdesk.carriers.models import CarrierCall, PhoneNumber
from helpdesk.carriers.port import Ring
from helpdesk.channels import service as conversations
from helpdesk.core.errors import Conflict, Invalid, NotFound
from helpdesk.core.work import Work
from helpdesk.customers import finding
from helpdesk.customers import service as customers
from helpdesk.customers.models import Customer
from helpdesk.ivr.actions import Enqueue, HangUp, Say, Voicemail
from helpdesk.routing import service as routing
from helpdesk.workflows import (
    calling,
    chat,
    dialling,
    telephone_carrying,
    telephone_consent,
    telephone_dialled,
    telephone_flow,
    telephone_line,
    telephone_voicemail,
)
from helpdesk.workflows.telephone_answers import Answer, Conference
from helpdesk.workflows.telephone_voicemail import AFTER_THE_TONE

CARRIER = dialling.CARRIER
NOT_OURS = "This number is not in service."
AFTER_CLOSING = "We are closed at the moment."


# A call comes in


def arrive(work: Work, ring: Ring) -> Answer | Conference:
    """Somebody rings one of our numbers. The same ring again gets the same answer."""
    row = lines.find(work, ring.sid)
    if row is None:
        number = lines.number(work, ring.called)
        if number is None:
            return Answer((Say(NOT_OURS), HangUp()))
        if any(
            port.carrier().has_ended(event.facts) for event in lines.told_before(work, ring.sid)
        ):
            return Answer((HangUp(),))  # given up before it reached us
        row = _opened(work, number, ring)
    return _greeted(work, row)


def _opened(work: Work, number: PhoneNumber, ring: Ring) -> CarrierCall:
    """A call of ours for this ring; another transaction's, where that was first."""
    line = routing.prefer_queue(work, number.queue_id, None)
    # A flow asks for hours itself, where its author wants it to.
    is_closed = not number.flow_id and chat.opens_at(work, line) is not None
    telephone_consent.know(work, line.id)
    row = lines.put(work, ring.sid, party="caller", number_id=number.id, is_closed=is_closed)
    if row is None:
        first = lines.find(work, ring.sid, anew=True)
        assert first is not None, "a row that could not be put is there"
        return first
    customer, is_new = _customer(work, ring)
    conversation = conversations.open_conversation(
        work,
        channel="call",
        customer_id=customer.id,
        queue_id=line.id,
        reason=f"Call to {number.name}",
        answers={"caller": ring.caller[:80], "called": number.number},
    )
    _, leg = service.begin_with_caller(work, conversation.id, customer.id, carrier=CARRIER)
    row.conversation_id, row.leg_id = conversation.id, leg.id
    if not is_new:
        customers.touch(work, customer.id)
    return row


def _customer(work: Work, ring: Ring) -> tuple[Customer, bool]:
    """Whose number it is, as a hint for our people: a caller id is no proof of anything."""
    try:
        match = finding.find_customer(work, kind="phone", value=ring.caller)
        if match is not None:
            return match.customer, False
        found = finding.find_or_create(work, name=ring.name[:160], phone=ring.caller)
    except Invalid:
        found = finding.find_or_create(work)  # a number that is withheld, or none at all
    return found.customer, found.is_new


def _greeted(work: Work, row: CarrierCall) -> Answer | Conference:
    number = _number(work, row)
    call = telephone_line.call_of(work, row)
    if number.flow_id and call is not None and _is_new(work, call, row):
        answer = telephone_flow.enter(work, row, call, number.flow_id)
        if answer is not None:
            return answer
    here = _whereabouts(work, row)
    if not isinstance(here, Answer) or isinstance(here.actions[0], HangUp):
        return here
    if row.is_closed:
        line = routing.get_queue(work, number.queue_id)
        text = line.closed_text or AFTER_CLOSING
        row.voicemail_queue_id = line.id
        return Answer((Say(text, number.language), Say(AFTER_THE_TONE), Voicemail(line.id)))
    greeting = (Say(number.greeting, number.language),) if number.greeting.strip() else ()
    return Answer((*greeting, *here.actions), here.look_again)


def _is_new(work: Work, call: Call, row: CarrierCall) -> bool:
    """Whether the caller has come no further than the first word."""
    item = telephone_line.item_of(work, call)
    return item is None and call.ended_at is None and row.ended_at is None


def _number(work: Work, row: CarrierCall) -> PhoneNumber:
    number = work.session.get(PhoneNumber, row.number_id)
    assert number is not None, "a number is never deleted"
    return number


def whereabouts(work: Work, sid: str) -> Answer | Conference:
    """Where a caller has to be now: in line, in the conference, or gone."""
    row = lines.find(work, sid)
    return _whereabouts(work, row) if row is not None else Answer((HangUp(),))


def _whereabouts(work: Work, row: CarrierCall) -> Answer | Conference:
    call = telephone_line.call_of(work, row)
    if call is None or call.ended_at is not None or row.ended_at is not None:
        return Answer((HangUp(),))
    if row.place == "room":
        if first := telephone_consent.pending(work, call):
            return Answer((first,))
        return Conference(row.room, row.leg_id or "", waits=True)
    number = _number(work, row)
    item = telephone_line.item_of(work, call)
    if (leaves := telephone_voicemail.asked(row, call, item)) is not None:
        return leaves
    wanted = Enqueue(item.queue_id if item else number.queue_id, reason=f"Call to {number.name}")
    if not row.is_closed and (first := telephone_consent.before_line(work, row, call, wanted)):
        return Answer((first,))
    return Answer((wanted,), None if row.is_closed else telephone_line.enter(work, call, wanted))


# One of ours comes in


def line_for(work: Work, conversation_id: str) -> CallLeg:
    """The leg for which a page may place its call to us.

    NotFound (`not_in_call`) for whoever is not asked into the call, Conflict (`call_ended`).
    """
    return _line_for(work, conversation_id)[1]


def _line_for(work: Work, conversation_id: str) -> tuple[Call, CallLeg]:
    calling.may_come_in(work, conversation_id)
    call = calls.find_call(work, conversation_id, for_update=True)
    if call is None or call.ended_at is not None:
        raise Conflict("This call has ended.", code="call_ended")
    leg = calls.leg_of(work, conversation_id, work.actor.id)
    if leg is None:
        raise NotFound("You are not in this call.", code="not_in_call")
    return call, leg


def carries(work: Work, conversation_id: str) -> bool:
    """Whether the sound of this call is a telephone carrier's."""
    call = calls.find_call(work, conversation_id)
    return call is not None and call.carrier == CARRIER


def line_of(work: Work, leg: CallLeg) -> str | None:
    """The carrier's id of the line that carries this leg now."""
    found = [row.sid for row in lines.live(work, leg.conversation_id) if row.leg_id == leg.id]
    return found[-1] if found else None


def come_in(work: Work, conversation_id: str, sid: str) -> Conference:
    """A page of the actor's stands at the carrier and wants in; a second page replaces the first.

    Refused like `line_for`. The same request again changes nothing.
    """
    call, leg = _line_for(work, conversation_id)
    is_out = call.direction == "out"
    others = lines.live(work, conversation_id)
    room = _room(work, conversation_id, others, is_out=is_out)
    seat = asdict(Seat(muted=leg.mode != "talk"))
    row = lines.put_ours(work, sid, conversation_id, leg.id, seat)
    if row is not None:
        calling.join(work, conversation_id, sid=None, process_id=None, is_let_in=True)
        _replaced(work, row, others)
        if is_out and leg.party == "agent":
            dialling.go(work, conversation_id)
    else:
        row = lines.find(work, sid, anew=True)
    if row is None or row.ended_at is not None:
        raise Conflict("This line is over.", code="call_ended")
    return Conference(
        room,
        row.leg_id or "",
        muted=bool(row.seat.get("muted")),
        rings=is_out and dialling.rings(work, conversation_id),
    )


def _room(work: Work, conversation_id: str, live: Sequence[CarrierCall], *, is_out: bool) -> str:
    room = dialling.room_of(work, conversation_id) if is_out else None
    if room is not None:
        return room
    caller = next((row for row in live if row.party == "caller"), None)
    caller = caller or lines.of_caller(work, conversation_id)
    if caller is None:
        raise NotFound("This call does not exist.", code="no_call")
    return caller.room


def _replaced(work: Work, new: CarrierCall, others: Sequence[CarrierCall]) -> None:
    for row in others:
        if row.leg_id == new.leg_id:
            _order(work, row, "hang_up")


# What the carrier tells


def in_room(work: Work, sid: str, conference_sid: str) -> None:
    """A line is in its conference: what it lacked until now can be told to it."""
    row = lines.find(work, sid)
    if row is None or row.ended_at is not None or row.conversation_id is None:
        return
    row.conference_sid = conference_sid[:40]
    orders.hurry(work, row.conversation_id)
    _carry(work, row.conversation_id)


def over(work: Work, sid: str, status: str = "") -> bool:
    """The carrier says that a line has ended, and how; answers whether that was news."""
    row = lines.find(work, sid)
    if row is None or row.ended_at is not None:
        return False
    row.is_gone = True
    if row.conversation_id is None:
        pass
    elif row.party == "caller" and telephone_dialled.ended(work, row, status):
        pass  # nobody answered a call of ours
    elif row.party == "caller":
        ended_by = "system" if row.is_closed else "visitor"
        telephone_voicemail.none_left(work, row)
        chat.end_conversation(work, row.conversation_id, ended_by=ended_by)
    else:
        _lose(work, row)
    orders.drop(work, sid)
    return lines.end(work, sid)


def _lose(work: Work, row: CarrierCall) -> None:
    """A page of ours is gone from the call; another one of the same person may have replaced it."""
    assert row.conversation_id is not None
    conversation = conversations.get_conversation(work, row.conversation_id)
    call = calls.find_call(work, conversation.id, for_update=True)
    leg = next((one for one in calls.legs(work, conversation.id) if one.id == row.leg_id), None)
    live = lines.live(work, conversation.id)
    others = [
        one
        for one in live
        if one.leg_id == row.leg_id and one.sid != row.sid and one.began_at >= row.began_at
    ]
    if call is None or leg is None or others or row not in live:
        return
    service.lose(work, leg, conversation.customer_id)


# What the carrier is told


def follow(work: Work, call: Call, why: str, leg: CallLeg | None) -> None:
    """After every change of a call its lines are put where they now belong."""
    if call.carrier != CARRIER or why == "began":
        return
    rows = [row for row in lines.live(work, call.conversation_id) if not row.is_gone]
    if call.direction == "out":
        telephone_dialled.follow(work, call)
    if not rows:
        return
    if call.ended_at is not None:
        for row in rows:
            if not (row.party == "caller" and row.is_closed):
                _order(work, row, "hang_up")
        return
    legs = calls.legs(work, call.conversation_id)
    states = {one.id: one.state for one in legs}
    for row in rows:
        if row.party == "caller" and row.leg_id and row.leg_id not in states:
            _order(work, row, "hang_up")
        elif row.party == "caller":
            _place(work, call, row, legs)
    _seat(work, rows, legs)
    if why == "lost" and leg is not None and leg.party == "agent":
        for row in rows:
            if (
                row.party == "caller"
                and row.place == "room"
                and states.get(row.leg_id or "") == "joined"
            ):
                _order(work, row, "announce", room=row.room, text="lost")


def _place(work: Work, call: Call, row: CarrierCall, legs: Sequence[CallLeg]) -> None:
    """In the conference from the moment somebody is to speak with them, else in line."""
    speaks = any(one.party != "caller" and one.mode == "talk" for one in legs)
    place = "room" if speaks else "line"
    if row.place != place:
        row.place, row.seat, row.conference_sid = place, {}, ""
        if speaks and telephone_consent.pending(work, call):
            return  # they come by themselves once they have heard it to its end
        orders.drop(work, row.sid)
        _order(work, row, "move", room=row.room if place == "room" else "")


def _seat(work: Work, rows: Sequence[CarrierCall], legs: Sequence[CallLeg]) -> None:
    agent = next((one.id for one in legs if one.party == "agent"), None)
    seated = seats(calls.joined(legs), agent_id=agent)
    room = next((row.room for row in rows if row.party == "caller"), "")
    sids = {row.leg_id: row.sid for row in rows}
    for row in rows:
        seat = seated.get(row.leg_id or "")
        if seat is None:
            if row.party != "caller" and row.leg_id is not None:
                _order(work, row, "hang_up")
        elif row.place == "room" or row.party != "caller":
            wanted = asdict(seat) | {"coached": sids.get(seat.coached) if seat.coached else None}
            if wanted != asdict(Seat()) | row.seat:
                row.seat = wanted
                _order(work, row, "seat", room=room, **_told(row, wanted))


def _told(row: CarrierCall, wanted: dict[str, object]) -> dict[str, object]:
    """Callers are only ever held, our own people only muted or heard by one."""
    names = ("hold",) if row.party == "caller" else ("muted", "coached")
    return {name: wanted[name] for name in names}


def hang_up(work: Work, row: CarrierCall) -> None:
    """The carrier is to end this line, whatever it is doing."""
    _order(work, row, "hang_up")


def _order(work: Work, row: CarrierCall, what: str, **wanted: object) -> None:
    assert row.conversation_id is not None
    orders.write(work, row.conversation_id, what, row.sid, **wanted)
    _carry(work, row.conversation_id)


def _carry(work: Work, conversation_id: str) -> None:
    work.after_commit(lambda: telephone_carrying.soon(conversation_id))
