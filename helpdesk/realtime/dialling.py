"""The desk's socket for calls that go out: which number of ours, ring somebody, who answered."""

from __future__ import annotations

from typing import Any

from helpdesk.core.errors import Invalid
from helpdesk.core.work import begin, reading
from helpdesk.realtime import agent
from helpdesk.realtime.acks import Answer, answered, id_of, text_of
from helpdesk.workflows import calling_back_dialled, calling_out
from helpdesk.workflows.calling_out import Wanted


@answered
def _dial(payload: dict[str, Any]) -> Answer:
    """Ring a customer. The same `client_id` again answers the same call."""
    seat = agent.seat_here()
    seat.others.take()
    wanted = Wanted(
        client_id=text_of(payload, "client_id", 64, needed=True) or "",
        point_id=text_of(payload, "point_id", 40) or "",
        customer_id=text_of(payload, "customer_id", 40) or "",
        number=text_of(payload, "number", 40) or "",
        ticket_id=text_of(payload, "ticket_id", 40) or "",
        number_id=text_of(payload, "number_id", 40) or "",
        anyway=payload.get("anyway") is True,
    )
    with begin(seat.actor) as work:
        return {"conversation_id": calling_out.start(work, wanted)}


@answered
def _numbers(payload: dict[str, Any]) -> Answer:
    seat = agent.seat_here()
    seat.others.take()
    with reading(seat.actor) as work:
        return calling_out.numbers(work, text_of(payload, "ticket_id", 40) or "")


@answered
def _answered_by(payload: dict[str, Any]) -> Answer:
    """A machine seemed to answer: the agent left a message, or speaks with a person after all."""
    seat = agent.seat_here()
    seat.others.take()
    who = text_of(payload, "who", 10, needed=True) or ""
    if who not in ("message", "person"):
        raise Invalid("Say message or person.", code="bad_answer")
    with begin(seat.actor) as work:
        calling_back_dialled.say_who_answered(work, id_of(payload, "conversation_id"), who)
    return {}


@answered
def _wrong_number(payload: dict[str, Any]) -> Answer:
    seat = agent.seat_here()
    seat.others.take()
    with begin(seat.actor) as work:
        calling_back_dialled.wrong_number(work, id_of(payload, "conversation_id"))
    return {}


EVENTS = {
    "call.dial": _dial,
    "call.numbers": _numbers,
    "call.answered_by": _answered_by,
    "call.wrong_number": _wrong_number,
}
