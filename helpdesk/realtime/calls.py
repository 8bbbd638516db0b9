"""Calls at both sockets: ring, come in, hold, ask in, listen, leave, and the pages' own signals.

Sound never passes through here. What two pages say to each other to connect (`call.signal`) is
handed on unread, from a line of a call to another one of the same call and to nobody else.
"""

from __future__ import annotations

from typing import Any

from flask_socketio import SocketIO

from helpdesk.calls import ice
from helpdesk.calls.models import CallLeg
from helpdesk.carriers import port
from helpdesk.channels import queries
from helpdesk.channels.models import Visitor
from helpdesk.core.config import Settings
from helpdesk.core.errors import Conflict, Invalid, NotFound
from helpdesk.core.heartbeats import process_id
from helpdesk.core.work import Work, begin, reading
from helpdesk.realtime import agent, dialling, visitor
from helpdesk.realtime.acks import Answer, answered, id_of, moment_of, text_of, whole_of
from helpdesk.realtime.frames import AGENT, VISITOR, Frame, agent_room, call_room
from helpdesk.realtime.hub import hub
from helpdesk.workflows import (
    calling,
    calling_back,
    calling_off,
    calling_states,
    calling_together,
    chat,
    telephone,
)

LONGEST_SIGNAL = 64_000
LONGEST_PAGE_URL = 500

_settings: Settings


def register(sockets: SocketIO, settings: Settings) -> None:
    """Hang the handlers on the server."""
    global _settings
    _settings = settings
    for namespace, handlers in ((VISITOR, _VISITOR), (AGENT, _AGENT | dialling.EVENTS)):
        for event, handler in handlers.items():
            sockets.on_event(event, handler, namespace=namespace)


def _ways(work: Work, who: str) -> dict[str, Any]:
    """How this page may reach the others'."""
    found = ice.servers(
        _settings.stun_urls,
        _settings.turn_urls,
        secret=_settings.turn_secret,
        who=who,
        at=work.at,
    )
    return {"ice_servers": found, "relay_only": _settings.turn_only}


@answered
def _start(payload: dict[str, Any]) -> Answer:
    """A visitor rings: the call waits in line, and their page is its first party."""
    seat = visitor.seat_here()
    visitor.allow_start(seat)
    name, email = text_of(payload, "name", 160), text_of(payload, "email", 254)
    about = text_of(payload, "about", 120) or ""
    queue, page = text_of(payload, "queue", 80), text_of(payload, "page_url", LONGEST_PAGE_URL)
    client_msg_id = text_of(payload, "client_msg_id", 64)
    with begin(seat.actor) as work:
        site = chat.site_by_id(work, seat.site_id)
        known = work.session.get(Visitor, seat.visitor_id) if seat.visitor_id else None
        rung = calling.start(
            work,
            site,
            known,
            name=name,
            email=email,
            about=about,
            queue=queue,
            page_url=page,
            client_msg_id=client_msg_id,
        )
        seat.of(work.session.get_one(Visitor, rung.visitor_id))
        # Before the commit, so that no frame about this call can miss its caller.
        visitor.follow_call(seat, rung.conversation_id)
        calling.join_as_caller(work, rung.conversation_id, sid=seat.sid, process_id=process_id())
        ways = _ways(work, rung.visitor_id)
    if rung.work_item_id and not rung.offered:
        with begin(seat.actor) as work:
            chat.look_again(work, rung.work_item_id)
    answer: Answer = {"conversation_id": rung.conversation_id, **ways}
    if rung.token:
        answer["token"] = rung.token
    with reading(seat.actor) as work:
        answer["call"] = calling_states.state_for_caller(work, rung.conversation_id)
    return answer


@answered
def _return(payload: dict[str, Any]) -> Answer:
    """The caller's page is back (reloaded, or its net was gone); nothing when the call is over."""
    seat = visitor.seat_here()
    seat.others.take()
    if seat.call_id is None:
        return {"call": None}
    with begin(seat.actor) as work:
        running = queries.open_call_of(work, seat.visitor_id or "")
        if running is None or running.id != seat.call_id:
            return {"call": None}
        calling.join_as_caller(
            work, running.id, sid=seat.sid, process_id=process_id(), keeps=_keeps(payload)
        )
        ways = _ways(work, seat.visitor_id or "")
    with reading(seat.actor) as work:
        return {**ways, "call": calling_states.state_for_caller(work, seat.call_id)}


@answered
def _hang_up(payload: dict[str, Any]) -> Answer:
    seat = visitor.seat_here()
    seat.others.take()
    with begin(seat.actor) as work:
        chat.end_conversation(work, _own(seat), ended_by="visitor")
    return {}


@answered
def _call_back(payload: dict[str, Any]) -> Answer:
    """Ring me instead: in the place I have in line, or when it is my turn, or at a set time."""
    seat = visitor.seat_here()
    number = text_of(payload, "number", 40, needed=True) or ""
    with begin(seat.actor) as work:
        running = queries.open_call_of(work, seat.visitor_id) if seat.visitor_id else None
        if running is not None:
            made, token = calling_back.instead_of_waiting(work, running.id, number), None
        else:
            visitor.allow_start(seat)
            made, asking, token = calling_back.ask_from_page(
                work,
                chat.site_by_id(work, seat.site_id),
                work.session.get(Visitor, seat.visitor_id) if seat.visitor_id else None,
                number=number,
                name=text_of(payload, "name", 160),
                about=text_of(payload, "about", 120) or "",
                at=moment_of(payload, "at"),
            )
            if asking is not None:
                seat.of(asking)  # asked once more from here, they are no second stranger
        told = _told(work, made.id, yours=made.customer_id == seat.customer_id)
    return {**told, "token": token} if token else told


def _told(work: Work, callback_id: str, *, yours: bool) -> Answer:
    """When it comes, to whoever asked for it: knowing a number tells nobody when it is rung."""
    told = calling_back.told(work, callback_id)
    if not yours:
        told = {name: told[name] for name in ("number", "number_shown")}
    return {**told, "yours": yours}


@answered
def _callback(payload: dict[str, Any]) -> Answer:
    """The callback that this browser has asked for, while it is still to come."""
    seat = visitor.seat_here()
    seat.others.take()
    with reading(seat.actor) as work:
        known = work.session.get(Visitor, seat.visitor_id) if seat.visitor_id else None
        found = calling_off.of_visitor(work, known) if known else None
        told = _told(work, found, yours=True) if found else None
    return {"callback": told}


@answered
def _call_off(payload: dict[str, Any]) -> Answer:
    """Don't ring me after all."""
    seat = visitor.seat_here()
    seat.others.take()
    conversation_id = id_of(payload, "conversation_id")
    with begin(seat.actor) as work:
        known = work.session.get(Visitor, seat.visitor_id) if seat.visitor_id else None
        calling_off.by_visitor(work, known, conversation_id)
    return {}


@answered
def _caller_signals(payload: dict[str, Any]) -> Answer:
    seat = visitor.seat_here()
    seat.messages.take()
    with reading(seat.actor) as work:
        _hand_on(work, _own(seat), seat.sid, payload)
    return {}


def _keeps(payload: dict[str, Any]) -> int | None:
    return whole_of(payload, "session") if payload.get("session") is not None else None


def _own(seat: visitor.Seat) -> str:
    if seat.call_id is None:
        raise NotFound("There is no call. Start one first.", code="no_call")
    return seat.call_id


@answered
def _join(payload: dict[str, Any]) -> Answer:
    """One of ours is ready to speak in this window, for the first time or after a reload."""
    seat, conversation_id = _asks(payload)
    with begin(seat.actor) as work:
        if telephone.carries(work, conversation_id):
            answer = _telephone(work, seat.actor.id, conversation_id)
        else:
            leg = calling.join(
                work, conversation_id, sid=seat.sid, process_id=process_id(), keeps=_keeps(payload)
            )
            answer = {"leg": leg.id, "session": leg.session, **_ways(work, seat.actor.id)}
    with reading(seat.actor) as work:
        return {**answer, "call": calling_states.state_for_desk(work, conversation_id)}


def _telephone(work: Work, user_id: str, conversation_id: str) -> Answer:
    """How this page places its call to the carrier. It is in the call once the carrier says so."""
    leg = telephone.line_for(work, conversation_id)
    if not port.carrier().can_mint(_settings):
        raise Conflict(
            "This desk can't telephone yet: an administrator has to finish the set-up.",
            code="no_telephone",
        )
    return {
        "leg": leg.id,
        "session": leg.session,
        "line": "exchange" if _settings.has_exchange else "twilio",
        "leg_line": telephone.line_of(work, leg),
        "token": port.carrier().access_token(_settings, user_id),
        "params": {"call": conversation_id},
    }


@answered
def _mine(payload: dict[str, Any]) -> Answer:
    """The calls that this desk has to show: a page that was loaded anew goes on with them."""
    seat = agent.seat_here()
    seat.others.take()
    with reading(seat.actor) as work:
        return {"calls": calling_states.calls_of(work, seat.actor.id)}


def _asks(payload: dict[str, Any]) -> tuple[agent.Seat, str]:
    """The desk that asks, no more often than it may, and the call it asks about."""
    seat = agent.seat_here()
    seat.others.take()
    return seat, id_of(payload, "conversation_id")


@answered
def _look(payload: dict[str, Any]) -> Answer:
    """How the call stands, for a page that has missed something."""
    seat, conversation_id = _asks(payload)
    with reading(seat.actor) as work:
        queries.get_visible(work, conversation_id)
        return {"call": calling_states.state_for_desk(work, conversation_id)}


@answered
def _hold(payload: dict[str, Any]) -> Answer:
    seat, conversation_id = _asks(payload)
    with begin(seat.actor) as work:
        calling.hold(work, conversation_id, on=payload.get("on") is True)
    return {}


@answered
def _ask(payload: dict[str, Any]) -> Answer:
    seat, conversation_id = _asks(payload)
    user_id = id_of(payload, "user_id")
    question = text_of(payload, "question", 300) or ""
    with begin(seat.actor) as work:
        calling_together.ask_in(work, conversation_id, user_id, question)
    return {}


@answered
def _send_out(payload: dict[str, Any]) -> Answer:
    seat, conversation_id = _asks(payload)
    user_id = id_of(payload, "user_id")
    with begin(seat.actor) as work:
        calling_together.send_out(work, conversation_id, user_id)
    return {}


@answered
def _hand_over(payload: dict[str, Any]) -> Answer:
    seat, conversation_id = _asks(payload)
    user_id = id_of(payload, "user_id")
    with begin(seat.actor) as work:
        calling_together.hand_over(work, conversation_id, user_id)
    return {}


@answered
def _leave(payload: dict[str, Any]) -> Answer:
    seat, conversation_id = _asks(payload)
    with begin(seat.actor) as work:
        calling_together.leave(work, conversation_id)
    return {}


@answered
def _reached(payload: dict[str, Any]) -> Answer:
    """They answered on the agent's own telephone."""
    seat, conversation_id = _asks(payload)
    with begin(seat.actor) as work:
        calling_back.reached(work, conversation_id)
    return {}


@answered
def _not_reached(payload: dict[str, Any]) -> Answer:
    seat, conversation_id = _asks(payload)
    why = text_of(payload, "why", 20, needed=True) or ""
    with begin(seat.actor) as work:
        again = calling_back.not_reached(work, conversation_id, why)
    return {"again_at": again.isoformat() if again else None}


@answered
def _listen(payload: dict[str, Any]) -> Answer:
    seat, conversation_id = _asks(payload)
    mode = text_of(payload, "mode", 10, needed=True) or ""
    with begin(seat.actor) as work:
        calling_together.listen(work, conversation_id, mode)
    return {}


@answered
def _signals(payload: dict[str, Any]) -> Answer:
    seat = agent.seat_here()
    seat.messages.take()
    conversation_id = id_of(payload, "conversation_id")
    with reading(seat.actor) as work:
        _hand_on(work, conversation_id, seat.sid, payload)
    return {}


def _hand_on(work: Work, conversation_id: str, sid: str, payload: dict[str, Any]) -> None:
    words = payload.get("data")
    if not isinstance(words, str) or not 0 < len(words) <= LONGEST_SIGNAL:
        raise Invalid("A signal is a text of at most 64,000 characters.", code="bad_signal")
    mine, other = calling_states.may_signal(work, conversation_id, sid, id_of(payload, "to"))
    data = {
        "conversation_id": conversation_id,
        "to": other.id,
        "to_session": other.session,
        "from": mine.id,
        "from_session": mine.session,
        "data": words,
    }
    hub.send([_signal(other, data)])


def _signal(to: CallLeg, data: dict[str, Any]) -> Frame:
    if to.user_id is None:
        return Frame(VISITOR, (call_room(to.conversation_id),), "call.signal", data)
    return Frame(AGENT, (agent_room(to.user_id),), "call.signal", data)


_VISITOR = {
    "call.start": _start,
    "call.return": _return,
    "call.hang_up": _hang_up,
    "call.call_back": _call_back,
    "call.callback": _callback,
    "call.call_off": _call_off,
    "call.signal": _caller_signals,
}
_AGENT = {
    "call.join": _join,
    "call.mine": _mine,
    "call.look": _look,
    "call.hold": _hold,
    "call.ask": _ask,
    "call.send_out": _send_out,
    "call.hand_over": _hand_over,
    "call.leave": _leave,
    "call.listen": _listen,
    "call.reached": _reached,
    "call.not_reached": _not_reached,
    "call.signal": _signals,
}
