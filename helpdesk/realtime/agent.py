"""The desk's socket: namespace /agent, by session cookie (same origin only) or bearer token.

Every event asks the database who may do it; what a socket was told at its connect is never proof.
Not for pages (see `helpdesk.web.agent`).
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import request
from flask_socketio import SocketIO, join_room, leave_room
from socketio.exceptions import ConnectionRefusedError as Refused

from helpdesk.channels import queries, read_marks, service
from helpdesk.core.actors import Actor, system
from helpdesk.core.config import Settings
from helpdesk.core.errors import Forbidden, HelpdeskError, NotSignedIn
from helpdesk.core.heartbeats import process_id
from helpdesk.core.ids import new_id
from helpdesk.core.work import begin, reading
from helpdesk.customers import permissions as customer_permissions
from helpdesk.identity import sessions, tokens
from helpdesk.realtime import half_open, pulse
from helpdesk.realtime.acks import Answer, answered, id_of, ids_of, text_of, whole_of
from helpdesk.realtime.frames import (
    AGENT,
    FLOOR,
    VISITOR,
    Frame,
    agent_room,
    chat_room,
    conversation_room,
    customer_room,
    ticket_room,
)
from helpdesk.realtime.hub import hub
from helpdesk.realtime.limits import Bucket
from helpdesk.routing import presence
from helpdesk.tickets import permissions as ticket_permissions
from helpdesk.workflows import calling, desk
from helpdesk.workflows.cases_line import threads_of
from helpdesk.workflows.offers_named import live_offers_named

MOST_FILES = 10
SWEEP = system("sockets")


@dataclass(slots=True)
class Seat:
    """One desk socket: who sits there, how they came in, what is on their screen."""

    sid: str
    actor: Actor
    session_id: str | None
    token_id: str | None
    watched: tuple[str, ...] = ()
    looks_on: bool = False  # the dispatch board: nobody sits at a desk there, and gets no offers
    mark: str = field(default_factory=new_id)  # tells two windows of one person apart
    messages: Bucket = field(default_factory=lambda: Bucket(burst=60, per_second=20))
    others: Bucket = field(default_factory=lambda: Bucket(burst=120, per_second=30))


_seats: dict[str, Seat] = {}
_guard = threading.Lock()
_settings: Settings


def register(sockets: SocketIO, settings: Settings) -> None:
    """Hang the handlers on the server."""
    global _settings
    _settings = settings
    for event, handler in _HANDLERS.items():
        sockets.on_event(event, handler, namespace=AGENT)
    sockets.on_event("connect", _connect, namespace=AGENT)
    sockets.on_event("disconnect", _disconnect, namespace=AGENT)


def open_seats() -> int:
    return len(_seats)


def open_sids() -> set[str]:
    with _guard:
        return set(_seats)


def seats_of(user_id: str | None = None) -> list[Seat]:
    """Seats of one person, or all of this process."""
    with _guard:
        return [s for s in _seats.values() if user_id is None or s.actor.id == user_id]


def _sid() -> str:
    return str(request.sid)  # type: ignore[attr-defined]


def seat_here() -> Seat:
    seat = _seats.get(_sid())
    if seat is None:
        raise NotSignedIn("This connection is closed. Load the page again.")
    return seat


def _connect(auth: Any = None) -> None:
    try:
        seat = _identify(auth if isinstance(auth, dict) else {})
    except HelpdeskError as error:
        raise Refused(error.code) from error
    seat.looks_on = isinstance(auth, dict) and auth.get("looks_on") is True
    with _guard:
        _seats[seat.sid] = seat
    if seat.looks_on:
        half_open.came_in()
        return
    join_room(agent_room(seat.actor.id))
    try:
        with begin(seat.actor) as work:
            desk.connect(work, seat.sid, process_id())
        with reading(seat.actor) as work:
            waiting = live_offers_named(work, seat.actor.id)
    except Exception:
        with _guard:
            _seats.pop(seat.sid, None)
        raise
    half_open.came_in()
    pulse.rely_on()
    for offer in waiting:
        hub.send([Frame(AGENT, (agent_room(seat.actor.id),), "offer", offer)])


def _identify(auth: dict[str, Any]) -> Seat:
    """By bearer token, else by cookie; a cookie only counts on a page of our own."""
    address = request.remote_addr
    with reading(Actor("system", "connect", address=address)) as work:
        token = auth.get("token")
        if isinstance(token, str) and token:
            by_token = tokens.find(work, token, address=address)
            if by_token is None:
                raise NotSignedIn("This token is not valid.")
            seat = Seat(_sid(), by_token.actor, None, by_token.id)
        else:
            if not _own_page():
                raise Forbidden("Connect from the desk itself.", code="foreign_origin")
            cookie = request.cookies.get(sessions.cookie_name(_settings.https))
            by_cookie = sessions.find(work, cookie, address=address)
            if by_cookie is None or by_cookie.stage != "full":
                raise NotSignedIn("Sign in first.")
            seat = Seat(_sid(), by_cookie.actor, by_cookie.id, None)
    if not seat.actor.on_desk:
        raise Forbidden("The desk is for agents and supervisors.")
    return seat


def _own_page() -> bool:
    """A browser always sends Origin with a websocket: it must be there, and ours."""
    origin = request.headers.get("Origin")
    return origin in (_settings.origin, f"{request.scheme}://{request.host}")


def _disconnect(*_: Any) -> None:
    with _guard:
        seat = _seats.pop(_sid(), None)
    half_open.went_out()
    if seat is not None and not seat.looks_on:
        _tell_gone(seat, seat.watched)
        with begin(seat.actor) as work:
            desk.disconnect(work, seat.sid)
            calling.lost(work, seat.sid)


def forget_ghosts() -> None:
    """Close in the database what this process has no socket of any more.

    The database may have been away, or busy, when the socket went; nobody else would notice.
    """
    with reading(SWEEP) as work:
        known = presence.connections_of(work, process_id())
    with _guard:
        ghosts = [sid for sid in known if sid not in _seats]
    for sid in ghosts:
        with begin(SWEEP) as work:
            desk.disconnect(work, sid)
            calling.lost(work, sid)


@answered
def _set_presence(payload: dict[str, Any]) -> Answer:
    seat = seat_here()
    seat.others.take()
    state = text_of(payload, "state", 30, needed=True) or ""
    with begin(seat.actor) as work:
        chosen = desk.set_presence(work, state).presence
    return {"state": chosen}


@answered
def _accept(payload: dict[str, Any]) -> Answer:
    seat = seat_here()
    offer_id = id_of(payload, "offer_id")
    with begin(seat.actor) as work:
        _, item = desk.accept_offer(work, offer_id)
    about = {"conversation_id": None, "ticket_id": None, "work_item_id": item.id}
    about["channel"] = item.channel
    about[f"{item.subject_kind}_id"] = item.subject_id
    return about


@answered
def _decline(payload: dict[str, Any]) -> Answer:
    seat = seat_here()
    seat.others.take()
    offer_id, reason = id_of(payload, "offer_id"), text_of(payload, "reason", 200) or ""
    with begin(seat.actor) as work:
        desk.decline_offer(work, offer_id, reason)
    return {}


@answered
def _send(payload: dict[str, Any]) -> Answer:
    seat = seat_here()
    seat.messages.take()
    conversation_id = id_of(payload, "conversation_id")
    text = text_of(payload, "text", service.LONGEST_MESSAGE) or ""
    client_msg_id = text_of(payload, "client_msg_id", 64, needed=True)
    files = ids_of(payload, "attachments", MOST_FILES)
    with begin(seat.actor) as work:
        posted = desk.send_message(
            work,
            conversation_id,
            text=text,
            public=payload.get("public", True) is not False,
            client_msg_id=client_msg_id,
            attachment_ids=files,
        )
    return {"seq": posted.seq}


@answered
def _end(payload: dict[str, Any]) -> Answer:
    seat = seat_here()
    conversation_id = id_of(payload, "conversation_id")
    with begin(seat.actor) as work:
        desk.end_by_agent(work, conversation_id)
    return {}


@answered
def _wrap_up(payload: dict[str, Any]) -> Answer:
    seat = seat_here()
    conversation_id = id_of(payload, "conversation_id")
    outcome = text_of(payload, "outcome", 40, needed=True) or ""
    note, next_step = text_of(payload, "note", 4000) or "", text_of(payload, "next_step", 300) or ""
    with begin(seat.actor) as work:
        desk.finish_wrap_up(work, conversation_id, outcome=outcome, note=note, next_step=next_step)
    return {}


@answered
def _since(payload: dict[str, Any]) -> Answer:
    seat = seat_here()
    seat.others.take()
    conversation_id, seq = id_of(payload, "conversation_id"), whole_of(payload, "seq")
    with reading(seat.actor) as work:
        conversation = queries.get_visible(work, conversation_id)
        rows = queries.messages_since(work, conversation_id, seq, public_only=False)
        return {
            "state": conversation.state,
            "agent_id": conversation.agent_id,
            "visitor_read_seq": conversation.visitor_read_seq,
            "messages": [
                {
                    "conversation_id": conversation_id,
                    "seq": row.seq,
                    "client_msg_id": row.client_msg_id,
                    "from": row.author.split(":", 1)[0],
                    "agent_id": row.author[6:] if row.author.startswith("agent:") else None,
                    "public": row.public,
                    "text": row.text,
                    "attachments": row.attachments,
                    "at": row.at.isoformat(),
                }
                for row in rows
            ],
        }


@answered
def _read(payload: dict[str, Any]) -> Answer:
    seat = seat_here()
    seat.others.take()
    conversation_id, seq = id_of(payload, "conversation_id"), whole_of(payload, "seq")
    with begin(seat.actor) as work:
        conversation = queries.get_visible(work, conversation_id)
        if conversation.agent_id == seat.actor.id:
            read_marks.mark_read(work, conversation_id, reader="agent", seq=seq)
    return {}


@answered
def _typing(payload: dict[str, Any]) -> Answer:
    """Only the agent who has the conversation is seen typing."""
    seat = seat_here()
    seat.others.take()
    conversation_id = id_of(payload, "conversation_id")
    with reading(seat.actor) as work:
        conversation = queries.get_visible(work, conversation_id)
    if conversation.agent_id == seat.actor.id:
        data = {"from": "agent", "on": payload.get("on") is True}
        hub.send([Frame(VISITOR, (chat_room(conversation_id),), "typing", data)])
    return {}


@answered
def _watch(payload: dict[str, Any]) -> Answer:
    """Hear of what is on the screen, and of nothing that was on it before."""
    seat = seat_here()
    seat.others.take()
    rooms: list[str] = []
    with reading(seat.actor) as work:
        if payload.get("conversation_id"):
            found = queries.get_visible(work, id_of(payload, "conversation_id"))
            rooms.append(conversation_room(found.id))
        if payload.get("customer_id"):
            customer = customer_permissions.get_customer(work, id_of(payload, "customer_id"))
            rooms.append(customer_room(customer.id))
        if payload.get("ticket_id"):
            ticket = ticket_permissions.get_visible(work, id_of(payload, "ticket_id"))
            rooms.append(ticket_room(ticket.id))
            rooms += [conversation_room(one.id) for one in threads_of(work, ticket.id)]
    for room in seat.watched:
        leave_room(room)
    for room in rooms:
        join_room(room)
    left = [room for room in seat.watched if room not in rooms]
    seat.watched = tuple(rooms)
    _tell_gone(seat, left)
    return {}


@answered
def _here(payload: dict[str, Any]) -> Answer:
    """Tell who else has the ticket open that somebody looks at it or writes on it.

    Nothing is kept: each browser says so now and then, and forgets those who stopped.
    """
    seat = seat_here()
    seat.others.take()
    room = ticket_room(id_of(payload, "ticket_id"))
    if room in seat.watched:
        state = "writing" if payload.get("writing") is True else "viewing"
        _tell_here(seat, room, state, asks=payload.get("asks") is True)
    return {}


def _tell_here(seat: Seat, room: str, state: str, *, asks: bool = False) -> None:
    data = {
        "ticket_id": room.partition(":")[2],
        "user_id": seat.actor.id,
        "seat": seat.mark,
        "state": state,
        "asks": asks,
    }
    hub.send([Frame(AGENT, (room,), "ticket.here", data)])


def _tell_gone(seat: Seat, rooms: Sequence[str]) -> None:
    for room in rooms:
        if room.startswith("ticket:"):
            _tell_here(seat, room, "gone")


@answered
def _watch_floor(payload: dict[str, Any]) -> Answer:
    seat = seat_here()
    if not seat.actor.is_supervisor:
        raise Forbidden("The floor is for supervisors.")
    if payload.get("on") is False:
        leave_room(FLOOR)
    else:
        join_room(FLOOR)
    return {}


_HANDLERS = {
    "presence.set": _set_presence,
    "offer.accept": _accept,
    "offer.decline": _decline,
    "message.send": _send,
    "conversation.end": _end,
    "wrapup.finish": _wrap_up,
    "conversation.since": _since,
    "conversation.read": _read,
    "typing": _typing,
    "watch": _watch,
    "ticket.here": _here,
    "floor.watch": _watch_floor,
}
