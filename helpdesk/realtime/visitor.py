"""The visitor's socket: namespace /visitor, no login, a secret token resumes a chat.

Every handler acts only on the conversation that this socket started or resumed, so there is nothing
to ask for of anybody else's. Not for HTML or files (see `helpdesk.web.widget`).
"""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from flask import request
from flask_socketio import SocketIO, disconnect, join_room
from socketio.exceptions import ConnectionRefusedError as Refused

from helpdesk.channels import pre_chat, queries, read_marks, service, visitors
from helpdesk.channels.models import Conversation, Visitor
from helpdesk.core.actors import Actor
from helpdesk.core.errors import Conflict, HelpdeskError, Invalid, NotFound
from helpdesk.core.work import Work, begin, reading
from helpdesk.realtime import half_open, pulse
from helpdesk.realtime.acks import Answer, answered, ids_of, text_of, whole_of
from helpdesk.realtime.frames import (
    AGENT,
    VISITOR,
    Frame,
    agent_room,
    call_room,
    chat_room,
    conversation_room,
)
from helpdesk.realtime.hub import hub
from helpdesk.realtime.limits import Addresses, Bucket
from helpdesk.surveys import service as surveys
from helpdesk.workflows import calling, chat, surveying_chat, transcripts

LONGEST_PAGE_URL = 500
MOST_FILES = 10


@dataclass(slots=True)
class Seat:
    """What this process knows of one visitor's socket."""

    sid: str
    address: str | None
    site_id: str
    visitor_id: str | None = None
    customer_id: str | None = None
    conversation_id: str | None = None
    call_id: str | None = None  # the conversation of the call this browser is in
    is_typing: bool = False
    is_back: bool = False  # after long enough that the token's life is to be prolonged
    messages: Bucket = field(default_factory=lambda: Bucket(burst=30, per_second=10))
    others: Bucket = field(default_factory=lambda: Bucket(burst=40, per_second=10))
    starts: Bucket = field(default_factory=lambda: Bucket(burst=5, per_second=0.1))

    @property
    def actor(self) -> Actor:
        return Actor(
            "visitor",
            self.visitor_id or "new",
            customer_id=self.customer_id,
            address=self.address,
        )

    def of(self, visitor: Visitor) -> None:
        self.visitor_id, self.customer_id = visitor.id, visitor.customer_id


_seats: dict[str, Seat] = {}
_guard = threading.Lock()
_addresses = Addresses()


def register(sockets: SocketIO) -> None:
    """Hang the handlers on the server."""
    for event, handler in _HANDLERS.items():
        sockets.on_event(event, handler, namespace=VISITOR)
    sockets.on_event("connect", _connect, namespace=VISITOR)
    sockets.on_event("disconnect", _disconnect, namespace=VISITOR)


def open_seats() -> int:
    return len(_seats)


def open_sids() -> set[str]:
    with _guard:
        return set(_seats)


def _sid() -> str:
    return str(request.sid)  # type: ignore[attr-defined]


def seat_here() -> Seat:
    seat = _seats.get(_sid())
    if seat is None:
        disconnect()
        raise NotFound("This connection is closed.")
    return seat


def _connect(auth: Any = None) -> None:
    given = auth if isinstance(auth, dict) else {}
    address = request.remote_addr
    try:
        _addresses.enter(address)
    except HelpdeskError as error:
        raise Refused(error.message) from error
    try:
        seat = _sit_down(_sid(), given, address)
    except HelpdeskError as error:
        _addresses.leave(address)
        raise Refused(error.code) from error
    with _guard:
        _seats[seat.sid] = seat
    half_open.came_in()
    if seat.is_back:
        with begin(seat.actor) as work:
            visitors.saw(work, work.session.get_one(Visitor, seat.visitor_id))


def _sit_down(sid: str, auth: dict[str, Any], address: str | None) -> Seat:
    """A seat for a new socket. A token that is no longer good is told, not ignored."""
    with reading(Actor("visitor", "new", address=address)) as work:
        site = chat.default_site(work, text_of(auth, "site", 60))
        seat = Seat(sid, address, site.id)
        token = auth.get("token")
        if token:
            visitor = visitors.find_visitor(work, token, site.id if auth.get("site") else None)
            if visitor is None:
                raise NotFound("This chat has expired.", code="bad_token")
            seat.of(visitor)
            seat.site_id = visitor.site_id
            seat.is_back = work.at - visitor.seen_at >= visitors.REFRESH
            conversation = queries.latest_for_visitor(work, visitor.id)
            if conversation is not None:
                _follow(seat, conversation.id)
            if (call := queries.open_call_of(work, visitor.id)) is not None:
                follow_call(seat, call.id)
    return seat


def _follow(seat: Seat, conversation_id: str) -> None:
    seat.conversation_id = conversation_id
    join_room(chat_room(conversation_id), sid=seat.sid, namespace=VISITOR)
    pulse.rely_on()


def follow_call(seat: Seat, conversation_id: str) -> None:
    seat.call_id = conversation_id
    join_room(call_room(conversation_id), sid=seat.sid, namespace=VISITOR)
    pulse.rely_on()


def _disconnect(*_: Any) -> None:
    with _guard:
        seat = _seats.pop(_sid(), None)
    if seat is None:
        return
    half_open.went_out()
    _addresses.leave(seat.address)
    if seat.conversation_id and seat.is_typing:
        _tell_agent(seat, "typing", {"conversation_id": seat.conversation_id, "on": False})
    if seat.call_id:
        with begin(seat.actor) as work:
            calling.lost(work, seat.sid)


def allow_start(seat: Seat) -> None:
    """Slow down whoever begins one chat or call after the other."""
    seat.starts.take()
    _addresses.start_chat(seat.address)


@answered
def _start(payload: dict[str, Any]) -> Answer:
    seat = seat_here()
    allow_start(seat)
    text = text_of(payload, "text", service.LONGEST_MESSAGE, needed=True)
    answers = payload.get("answers")
    if answers is not None and not isinstance(answers, dict):
        raise Invalid("answers is not usable.", fields={"answers": "an object"})
    client_msg_id = text_of(payload, "client_msg_id", 64)
    name, email = text_of(payload, "name", 160), text_of(payload, "email", 254)
    queue, page = text_of(payload, "queue", 80), text_of(payload, "page_url", LONGEST_PAGE_URL)
    with begin(seat.actor) as work:
        site = chat.site_by_id(work, seat.site_id)
        checked = pre_chat.check_answers(site.pre_chat, answers) if answers is not None else {}
        visitor = work.session.get(Visitor, seat.visitor_id) if seat.visitor_id else None
        started = chat.start(
            work,
            site,
            visitor,
            text=text or "",
            name=name or checked.get("name"),
            email=email,
            queue=queue,
            answers=checked,
            page_url=page,
            client_msg_id=client_msg_id,
        )
        seat.of(work.session.get_one(Visitor, started.visitor_id))
        # Before the commit, so that no frame about this chat can miss its visitor.
        _follow(seat, started.conversation_id)
    if started.work_item_id and not started.offered:
        with begin(seat.actor) as work:
            chat.look_again(work, started.work_item_id)
    answer: Answer = {"conversation_id": started.conversation_id}
    if started.token:
        answer["token"] = started.token
    if not started.offered:  # else the announcement of the offer has told it
        _tell_state(seat, started.conversation_id)
    return answer


def _tell_state(seat: Seat, conversation_id: str) -> None:
    """Send the chat's state; look again after it, so that an older one is never the last word."""
    told = None
    for _ in range(3):
        with reading(seat.actor) as work:
            conversation = service.get_conversation(work, conversation_id)
            state = chat.state_for_visitor(work, conversation)
        if told is not None and state["state"] == told["state"]:
            return
        hub.send([Frame(VISITOR, (chat_room(conversation_id),), "chat.state", state)])
        told = state


@answered
def _message(payload: dict[str, Any]) -> Answer:
    seat = seat_here()
    seat.messages.take()
    text = text_of(payload, "text", service.LONGEST_MESSAGE) or ""
    client_msg_id = text_of(payload, "client_msg_id", 64, needed=True)
    files = ids_of(payload, "attachments", MOST_FILES)
    with begin(seat.actor) as work:
        posted = chat.say(
            work, _own(seat), text=text, client_msg_id=client_msg_id, attachment_ids=files
        )
    return {"seq": posted.public_seq}


@answered
def _since(payload: dict[str, Any]) -> Answer:
    seat = seat_here()
    seat.others.take()
    seq = whole_of(payload, "seq")
    if seat.conversation_id is None:
        return {"messages": [], "state": None}
    with reading(seat.actor) as work:
        conversation = service.get_conversation(work, seat.conversation_id)
        messages = chat.messages_for_visitor(work, conversation, seq)
        state = chat.state_for_visitor(work, conversation)
    return {"messages": messages, "state": state}


@answered
def _end(payload: dict[str, Any]) -> Answer:
    seat = seat_here()
    seat.others.take()
    with begin(seat.actor) as work:
        chat.end_conversation(work, _own(seat), ended_by="visitor")
    return {}


@answered
def _read(payload: dict[str, Any]) -> Answer:
    seat = seat_here()
    seat.others.take()
    with begin(seat.actor) as work:
        read_marks.read_by_visitor(work, _own(seat), whole_of(payload, "seq"))
    return {}


@answered
def _typing(payload: dict[str, Any]) -> Answer:
    seat = seat_here()
    seat.others.take()
    seat.is_typing = payload.get("on") is True
    on = {"conversation_id": _own(seat), "on": seat.is_typing}
    _tell_agent(seat, "typing", on)
    return {}


@answered
def _identify(payload: dict[str, Any]) -> Answer:
    seat = seat_here()
    seat.others.take()
    external_id = text_of(payload, "external_id", 200, needed=True)
    proof = text_of(payload, "hash", 200) or ""
    email, name = text_of(payload, "email", 254), text_of(payload, "name", 160)
    with begin(seat.actor) as work:
        site = chat.site_by_id(work, seat.site_id)
        visitor, token = chat.visitor_or_new(work, site, seat.visitor_id)
        proved = chat.identify(
            work, site, visitor, external_id=external_id or "", email=email, name=name, proof=proof
        )
        if not proved:
            raise Invalid("The identity could not be proved.", code="identity_not_proved")
        seat.of(visitor)
    return {"ok": True, "token": token} if token else {"ok": True}


@answered
def _transcript(payload: dict[str, Any]) -> Answer:
    seat = seat_here()
    seat.others.take()
    email = text_of(payload, "email", 254)  # none: no transcript after all
    if email is not None and not pre_chat.is_email(email):
        raise Invalid("This does not look like a mail address.", fields={"email": "a mail address"})
    with begin(seat.actor) as work:
        transcripts.want(work, _own(seat), email)
    return {}


@answered
def _survey(payload: dict[str, Any]) -> Answer:
    """The question to ask now that the chat is over, or nothing; asked again, the same."""
    seat = seat_here()
    seat.others.take()
    with begin(seat.actor) as work:
        survey = surveying_chat.ask(work, _own(seat))
        return {"survey": surveying_chat.shown(survey) if survey else None}


@answered
def _rate(payload: dict[str, Any]) -> Answer:
    """What the visitor says to it; sent twice, the first one counts and both are thanked."""
    seat = seat_here()
    seat.others.take()
    score = whole_of(payload, "score") if payload.get("score") is not None else None
    comment = text_of(payload, "comment", surveys.LONGEST_COMMENT) or ""
    with suppress(Conflict), begin(seat.actor) as work:
        surveying_chat.answer(work, _own(seat), score=score, comment=comment)
    return {}


@answered
def _skip_survey(payload: dict[str, Any]) -> Answer:
    seat = seat_here()
    seat.others.take()
    with begin(seat.actor) as work:
        surveying_chat.skip(work, _own(seat))
    return {}


def _own(seat: Seat) -> str:
    if seat.conversation_id is None:
        raise NotFound("There is no chat yet. Start one first.", code="no_chat")
    return seat.conversation_id


def _tell_agent(seat: Seat, name: str, data: dict[str, Any]) -> None:
    with reading(seat.actor) as work:
        agent_id = _agent_of(work, data["conversation_id"])
    rooms = [conversation_room(data["conversation_id"])]
    if agent_id:
        rooms.append(agent_room(agent_id))
    hub.send([Frame(AGENT, tuple(rooms), name, data)])


def _agent_of(work: Work, conversation_id: str) -> str | None:
    conversation = work.session.get(Conversation, conversation_id)
    return conversation.agent_id if conversation else None


_HANDLERS = {
    "chat.start": _start,
    "chat.message": _message,
    "chat.since": _since,
    "chat.end": _end,
    "chat.read": _read,
    "chat.typing": _typing,
    "chat.identify": _identify,
    "chat.transcript": _transcript,
    "chat.survey": _survey,
    "chat.rate": _rate,
    "chat.skip_survey": _skip_survey,
}
